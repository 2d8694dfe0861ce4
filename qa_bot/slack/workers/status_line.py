"""Shows that a message is being worked on: in the status line of its thread, or by a reaction where there is none."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.web_api.calls import CALL_ERRORS, error_code

WAITING = "hourglass_flowing_sand"

_log = logging.getLogger(__name__)


class StatusLine:
    """The status of one message; if Slack refuses to show it, the answer comes nevertheless.

    Args:
        client: of the workspace.
        channel, ts, thread: ids of the channel, the message and the first message of its thread.
    """

    def __init__(self, client: AsyncWebClient, channel: str, ts: str, thread: str) -> None:
        self._client = client
        self._channel, self._ts = channel, ts
        self._where = {"channel_id": channel, "thread_ts": thread}
        self._reactions: set[str] = set()

    async def show(self, status: str) -> bool:
        """Shows a status behind the bot's name until it posts in the thread; False if that is not possible."""
        return await self._try(self._client.assistant_threads_setStatus, "status", **self._where, status=status)

    async def wait(self, status: str) -> None:
        """Shows that the message waits: by a status, else by a reaction."""
        if not await self.show(status):
            await self.react(WAITING)

    async def react(self, name: str) -> None:
        """Adds a reaction."""
        self._reactions.add(name)
        await self._try(self._client.reactions_add, "reaction", channel=self._channel, timestamp=self._ts, name=name)

    async def stop(self) -> None:
        """Removes the reactions."""
        reactions, self._reactions = self._reactions, set()
        for name in reactions:
            await self._try(
                self._client.reactions_remove, "reaction", channel=self._channel, timestamp=self._ts, name=name
            )

    async def title(self, title: str) -> None:
        """Gives the thread a title."""
        await self._try(self._client.assistant_threads_setTitle, "title", **self._where, title=title)

    async def _try(self, method: Callable[..., Awaitable[Any]], what: str, **arguments: Any) -> bool:
        try:
            await method(**arguments)
        except CALL_ERRORS as error:
            reason = error_code(error) or type(error).__name__
            _log.info("a %s could not be changed in %s: %s", what, self._channel, reason)
            return False
        return True
