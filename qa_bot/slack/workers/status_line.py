"""Shows that a message is being worked on: by the state of its session, in a line of text, or by a reaction."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.services import MessageOrigin, Services
from qa_bot.slack.web_api.calls import CALL_ERRORS, error_code

WAITING = "hourglass_flowing_sand"

_log = logging.getLogger(__name__)


class StatusLine:
    """The status of one message; if Slack refuses to show it, the answer comes nevertheless.

    Args:
        services: the parts of the app.
        client: of the workspace.
        about: the message.
    """

    def __init__(self, services: Services, client: AsyncWebClient, about: MessageOrigin) -> None:
        self._sessions = services.sessions
        self._client = client
        self._workspace = about.team or about.enterprise
        self._channel, self._ts, self._thread = about.channel, about.ts, about.thread
        self._where = {"channel_id": about.channel, "thread_ts": about.thread}
        self._reactions: set[str] = set()
        self._begun = False

    async def show(self, status: str) -> bool:
        """Shows that the bot works, with a button to stop it, and a line of text; False if neither is possible."""
        if not self._begun:
            self._begun = True
            self._sessions.begin(self._channel, self._thread)
        session, line = await asyncio.gather(self._session("processing"), self._line(status))
        return session or line

    async def wait(self, status: str) -> None:
        """Shows that the message waits: by a line of text, else by the state of the session, else by a reaction."""
        shown = await self._line(status) or await self.show(status)
        if not shown:
            await self.react(WAITING)

    async def react(self, name: str) -> None:
        """Adds a reaction."""
        self._reactions.add(name)
        await self._try(self._client.reactions_add, name)

    async def end(self) -> None:
        """Takes the reactions away, and says that the bot works no more; the line of text goes when it posts."""
        reactions, self._reactions = self._reactions, set()
        for name in reactions:
            await self._try(self._client.reactions_remove, name)
        begun, self._begun = self._begun, False
        if begun and self._sessions.finish(self._channel, self._thread):
            await self._session("active")

    async def clear(self) -> None:
        """Takes everything away although nothing is posted."""
        await asyncio.gather(self.end(), self._line(""))

    async def rest(self) -> None:
        """Says that nothing works in the thread any more, whichever process did."""
        await asyncio.gather(self._session("active"), self._line(""))

    async def title(self, title: str) -> None:
        """Gives the thread a title, unless a person has chosen one."""
        attempt, client = self._sessions.attempt, self._client
        if self._sessions.is_renamed(self._channel, self._thread):
            return
        if not await attempt(self._workspace, client.agents_sessions_rename, **self._where, title=title):
            await attempt(self._workspace, client.assistant_threads_setTitle, **self._where, title=title)

    async def _session(self, status: str) -> bool:
        method = self._client.agents_sessions_setStatus
        return await self._sessions.attempt(self._workspace, method, **self._where, status=status)

    async def _line(self, status: str) -> bool:
        method = self._client.assistant_threads_setStatus
        return await self._sessions.attempt(self._workspace, method, **self._where, status=status)

    async def _try(self, method: Callable[..., Awaitable[Any]], name: str) -> None:
        try:
            await method(channel=self._channel, timestamp=self._ts, name=name)
        except CALL_ERRORS as error:
            reason = error_code(error) or type(error).__name__
            _log.info("a reaction could not be changed in %s: %s", self._channel, reason)
