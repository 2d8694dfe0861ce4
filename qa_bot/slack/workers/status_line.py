"""Signs that a message is being worked on: the status line of its thread, or a reaction where there can be none."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.web_api.posting import error_code

WAITING = "hourglass_flowing_sand"

_log = logging.getLogger(__name__)

_NOT_COMING_THROUGH = (SlackClientError, aiohttp.ClientError, OSError, asyncio.TimeoutError)


class Sign:
    """The sign at one message.  A sign that does not come through is no reason to stop answering.

    Args:
        client: of the workspace.
        channel, ts, thread: ids of the channel, the message and the first message of its thread.
    """

    def __init__(self, client: AsyncWebClient, channel: str, ts: str, thread: str) -> None:
        self._client = client
        self._channel, self._ts, self._thread = channel, ts, thread
        self._reactions: set[str] = set()

    async def say(self, status: str) -> bool:
        """Shows a status in the thread, behind the bot's name, until the bot posts there; False if that is not possible."""
        try:
            await self._client.assistant_threads_setStatus(
                channel_id=self._channel, thread_ts=self._thread, status=status
            )
        except _NOT_COMING_THROUGH as error:
            _log.info("no status in %s: %s", self._channel, error_code(error) or type(error).__name__)
            return False
        return True

    async def wait(self, status: str) -> None:
        """Shows that the message waits: by a status, else by a reaction."""
        if not await self.say(status):
            await self.react(WAITING)

    async def react(self, name: str) -> None:
        """Adds a reaction."""
        self._reactions.add(name)
        try:
            await self._client.reactions_add(channel=self._channel, timestamp=self._ts, name=name)
        except _NOT_COMING_THROUGH as error:
            _log.info("no reaction in %s: %s", self._channel, error_code(error) or type(error).__name__)

    async def stop(self) -> None:
        """Takes the reactions away."""
        reactions, self._reactions = self._reactions, set()
        for name in reactions:
            try:
                await self._client.reactions_remove(channel=self._channel, timestamp=self._ts, name=name)
            except _NOT_COMING_THROUGH as error:
                _log.info("a reaction stays in %s: %s", self._channel, error_code(error) or type(error).__name__)

    async def title(self, title: str) -> None:
        """Gives the thread a title."""
        try:
            await self._client.assistant_threads_setTitle(channel_id=self._channel, thread_ts=self._thread, title=title)
        except _NOT_COMING_THROUGH as error:
            _log.info("no title in %s: %s", self._channel, error_code(error) or type(error).__name__)
