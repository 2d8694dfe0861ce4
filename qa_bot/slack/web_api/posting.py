"""Posts, edits and removes messages at the pace that Slack allows, and never posts one twice.

Slack takes about one message a second in a channel and answers 429 beyond that.  A message that may have arrived although its
call failed is looked up before it is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.views.blocks import Message
from qa_bot.slack.web_api.calls import call, error_code, is_rate_limit, seconds_to_wait
from qa_bot.slack.web_api.refused_content import Note, send_as_taken
from qa_bot.slack.web_api.threads import find_answer, metadata

SPACING = 1.05
"""Seconds between two messages in a channel."""
CHANNELS_PACED = 5000
"""Channels whose pace is remembered; beyond that, quiet ones are forgotten."""


class Abandoned(Exception):
    """What is being done is not wanted any more."""


class Poster:
    """Posts, edits and removes messages.

    Args:
        spacing: seconds between two messages in a channel.
        note: records what Slack refuses of a message, which is posted without.
    """

    def __init__(self, spacing: float = SPACING, note: Note | None = None) -> None:
        self._spacing = spacing
        self._note = note
        self._paces: dict[str, _Pace] = {}

    async def post(
        self,
        client: AsyncWebClient,
        channel: str,
        message: Message,
        *,
        thread: str | None = None,
        payload: Mapping[str, str],
        author: str | None = None,
        again: bool = False,
        abandoned: Callable[[], bool] = bool,
    ) -> str:
        """Posts a message once.

        Args:
            client: of the workspace.
            channel: where.
            message: what.
            thread: timestamp of the message whose thread it belongs to.
            payload: of the message's metadata.  Its `question` names what the message answers and ends in a colon and the
                question's timestamp; a message with the same `question` is not posted a second time.
            author: id of the bot's user; None if it is not known.
            again: whether this may have been tried before, by this process or one that is gone.
            abandoned: says whether the message is not wanted any more; asked just before it is sent.

        Returns:
            The message's timestamp.

        Raises:
            SlackApiError: Slack refuses it.
            Abandoned: it is not wanted any more.
        """

        async def landed() -> str | None:
            return await find_answer(client, channel, thread, payload["question"], author)

        async def send(**arguments: Any) -> str:
            async with self._pace(channel).turn():
                if abandoned():
                    raise Abandoned
                return str((await client.chat_postMessage(**arguments))["ts"])

        send.__name__ = "chat.postMessage"
        if again and (posted := await landed()) is not None:
            return posted
        content = {"metadata": metadata(payload), **message.arguments()}
        post = partial(call, send, landed=landed, channel=channel, thread_ts=thread)
        return str(await send_as_taken(post, content, self._note))

    async def edit(
        self, client: AsyncWebClient, channel: str, timestamp: str, message: Message, payload: Mapping[str, str]
    ) -> None:
        """Replaces a message.

        Raises:
            SlackApiError: Slack refuses it.
        """
        content = {"metadata": metadata(payload), **message._asdict()}
        await send_as_taken(partial(call, client.chat_update, channel=channel, ts=timestamp), content, self._note)

    async def remove(self, client: AsyncWebClient, channel: str, timestamp: str) -> None:
        """Removes a message, if it is still there.

        Raises:
            SlackApiError: Slack refuses it.
        """
        try:
            await call(client.chat_delete, channel=channel, ts=timestamp)
        except SlackApiError as error:
            if error_code(error) not in ("message_not_found", "thread_not_found"):
                raise

    def _pace(self, channel: str) -> _Pace:
        if len(self._paces) > CHANNELS_PACED:
            self._paces = {name: pace for name, pace in self._paces.items() if pace.busy()}
        return self._paces.setdefault(channel, _Pace(self._spacing))


class _Pace:
    """Lets one message into a channel after the other, in order and spaced."""

    def __init__(self, spacing: float) -> None:
        self._spacing = spacing
        self._lock = asyncio.Lock()
        self._next = 0.0

    def busy(self) -> bool:
        return self._lock.locked() or self._next > asyncio.get_running_loop().time()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        loop, wait = asyncio.get_running_loop(), self._spacing
        async with self._lock:
            await asyncio.sleep(max(0.0, self._next - loop.time()))
            try:
                yield
            except Exception as error:
                # A rate limit holds for the whole channel: the next message would run into it, too.
                wait = (seconds_to_wait(error, 1) if is_rate_limit(error) else None) or wait
                raise
            finally:
                self._next = loop.time() + wait
