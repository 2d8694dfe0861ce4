"""Calls of Slack's Web API that come through: paced, retried, and never doubled.

Slack takes about one message a second in a channel and answers 429 beyond that; a call may also fail on the way.  A call that
may have come through although it failed is looked up before it is made again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.views.blocks import Message

SPACING = 1.05
"""Seconds between two messages in a channel."""
PATIENCE = 600.0
"""Seconds after which a call that keeps failing is given up."""
EVENT_TYPE = "qa_bot_answer"
REPLIES_READ = 100

PASSING = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited", "rate_limited"}
)
"""Errors of Slack that pass."""

_log = logging.getLogger(__name__)

Call = Callable[..., Awaitable[Any]]


async def call(method: Call, *, landed: Callable[[], Awaitable[Any]] | None = None, **arguments: Any) -> Any:
    """Calls a method of the Web API until it comes through.

    Args:
        method: of the client.
        landed: looks whether a call that failed on its way has come through after all; what it finds is returned, if any.
        arguments: of the method.

    Raises:
        SlackApiError: Slack says no, and would say so again.
        OSError, asyncio.TimeoutError: Slack could not be reached for `PATIENCE` seconds.
    """
    loop = asyncio.get_running_loop()
    began, attempt = loop.time(), 0
    while True:
        attempt += 1
        try:
            return await method(**arguments)
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
            wait = _wait(error, attempt)
            if wait is None or loop.time() - began + wait > PATIENCE:
                raise
            doubtful = not _limited(error)
            level = logging.INFO if attempt < 3 else logging.WARNING
            name = getattr(method, "__name__", "a call")
            _log.log(level, "%s failed (%s); once more in %.1f s", name, _reason(error), wait)
        await asyncio.sleep(wait)
        if doubtful and landed is not None and (found := await landed()) is not None:
            return found


def _reason(error: Exception) -> str:
    if hasattr(error, "response"):
        return f"{error_code(error) or 'error'}, HTTP {_status(error)}"
    return type(error).__name__


def error_code(error: Exception) -> str:
    """Slack's name for an error, such as ``channel_not_found``; empty if it has none."""
    response = getattr(error, "response", None)
    try:
        return str(response.get("error") or "") if response is not None else ""
    except (AttributeError, TypeError, ValueError):
        return ""


def _status(error: Exception) -> int:
    response = getattr(error, "response", None)
    return int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)


def _limited(error: Exception) -> bool:
    return _status(error) == 429 or error_code(error) in ("ratelimited", "rate_limited")


def retry_after(error: Exception, otherwise: float) -> float:
    """Seconds that Slack asks to be left alone for; `otherwise` if it names no sensible number of them."""
    headers: Mapping[str, Any] = getattr(getattr(error, "response", None), "headers", None) or {}
    named = next((value for name, value in headers.items() if name.lower() == "retry-after"), otherwise)
    try:
        seconds = float(named[0] if isinstance(named, list) else named)
    except (TypeError, ValueError):
        return otherwise
    return min(max(seconds, 0.0), PATIENCE / 2) if math.isfinite(seconds) else otherwise


def _wait(error: Exception, attempt: int) -> float | None:
    """Seconds until the next attempt; None if there should be none."""
    if _limited(error):
        return retry_after(error, 1.0) + random.random() / 10
    if hasattr(error, "response") and _status(error) < 500 and error_code(error) not in PASSING:
        return None
    return float(min(0.3 * 2 ** (attempt - 1), 30.0) * (1 + random.random() / 4))


class Poster:
    """Posts, edits and removes messages, at the pace that Slack takes in each channel."""

    def __init__(self) -> None:
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
    ) -> str:
        """Posts a message once.

        Args:
            client: of the workspace.
            channel: where.
            message: what.
            thread: timestamp of the message whose thread it belongs to.
            payload: of the message's metadata; its `question` says what the message is for, and ends in a colon and the
                timestamp of the question; a message with this question is not posted a second time.
            author: id of the bot's user; None if it is not known.
            again: whether this may have been tried before, by this process or one that is gone.

        Returns:
            The message's timestamp.

        Raises:
            SlackApiError: Slack doesn't take it.
        """

        async def landed() -> str | None:
            return await find_answer(client, channel, thread, payload["question"], author)

        async def send(**arguments: Any) -> str:
            async with self._pace(channel):
                return str((await client.chat_postMessage(**arguments))["ts"])

        send.__name__ = "chat.postMessage"
        if again and (found := await landed()) is not None:
            return found
        found = await call(
            send, landed=landed, channel=channel, thread_ts=thread, metadata=_metadata(payload), **message.arguments()
        )
        return str(found)

    async def edit(
        self, client: AsyncWebClient, channel: str, timestamp: str, message: Message, payload: Mapping[str, str]
    ) -> None:
        """Puts another message in a message's place.

        Raises:
            SlackApiError: Slack doesn't take it.
        """
        arguments = {name: value for name, value in message.arguments().items() if name in ("text", "blocks")}
        await call(client.chat_update, channel=channel, ts=timestamp, metadata=_metadata(payload), **arguments)

    async def remove(self, client: AsyncWebClient, channel: str, timestamp: str) -> None:
        """Removes a message; one that is gone already is fine."""
        try:
            await call(client.chat_delete, channel=channel, ts=timestamp)
        except SlackApiError as error:
            if error_code(error) not in ("message_not_found", "thread_not_found"):
                raise

    def _pace(self, channel: str) -> _Pace:
        if len(self._paces) > 5000:
            self._paces = {name: pace for name, pace in self._paces.items() if pace.busy()}
        return self._paces.setdefault(channel, _Pace())


def _metadata(payload: Mapping[str, str]) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": dict(payload)}


class _Pace:
    """Lets one message into a channel after the other, in order, `SPACING` apart."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._next = 0.0

    def busy(self) -> bool:
        return self._lock.locked() or self._next > asyncio.get_running_loop().time()

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        try:
            await asyncio.sleep(max(0.0, self._next - asyncio.get_running_loop().time()))
        except BaseException:
            self._lock.release()
            raise

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        # A rate limit holds for the channel: whoever comes next would only run into it, too.
        limited = isinstance(error, Exception) and _limited(error)
        wait = (_wait(error, 1) if isinstance(error, Exception) and limited else None) or SPACING
        self._next = asyncio.get_running_loop().time() + wait
        self._lock.release()


def is_own(message: Mapping[str, Any], author: str | None) -> bool:
    """Whether a message is the bot's: any app can write the same metadata, but none can write as another."""
    return author is None or message.get("user") == author


async def find_answer(
    client: AsyncWebClient, channel: str, thread: str | None, key: str, author: str | None
) -> str | None:
    """Timestamp of the bot's message in a thread, or at the top level, that was posted with a key, if there is one."""
    where: dict[str, Any] = {"ts": thread} if thread else {}
    method = client.conversations_replies if thread else client.conversations_history
    try:
        found = await call(
            method,
            channel=channel,
            oldest=key.rpartition(":")[2],  # an answer is younger than its question
            limit=REPLIES_READ,
            include_all_metadata=True,
            **where,
        )
    except SlackApiError as error:
        _log.warning("a conversation cannot be read (%s); see: qa-bot slack --check", error_code(error))
        return None
    for message in reversed(found.get("messages") or []):
        metadata = message.get("metadata") or {}
        said = metadata.get("event_payload") if metadata.get("event_type") == EVENT_TYPE else None
        if isinstance(said, dict) and said.get("question") == key and is_own(message, author):
            return str(message["ts"])
    return None
