"""Messages that only one person sees: sent to the response URL of what they used, or posted in its thread.

A response URL leads to the channel, also if what they used stands in a thread.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.views.blocks import Message, plain_message
from qa_bot.slack.web_api.calls import CALL_ERRORS, call, error_code
from qa_bot.slack.web_api.refused_content import BLOCKS_REFUSED, Note, less, report, send_as_taken

SAID_CHARS = 100

_log = logging.getLogger(__name__)


class ResponseError(SlackClientError):
    """A response URL refused a message, and what it says about that."""

    def __init__(self, response: aiohttp.ClientResponse, said: str) -> None:
        super().__init__(f"HTTP {response.status} {said[:SAID_CHARS]}")
        self.response = response
        self.said = said


async def respond(
    session: aiohttp.ClientSession, url: str, message: Message | None, *, note: Note | None = None, **more: Any
) -> bool:
    """Sends a message, or without one only `more` such as ``delete_original=True``, to the response URL of what a person used.

    Only they see it.  The URL takes five messages in half an hour.  If Slack refuses the blocks, the text is sent, and `note`
    records it.  Returns whether Slack took this one.
    """
    if not url:
        return False
    body = {"response_type": "ephemeral", "replace_original": False, **(message._asdict() if message else {}), **more}

    async def send() -> None:
        async with session.post(url, json=body, allow_redirects=False) as response:
            if response.status != 200:
                raise ResponseError(response, await response.text(errors="replace"))

    try:
        await call(send)
    except CALL_ERRORS as error:
        code = next((code for code in BLOCKS_REFUSED if code in getattr(error, "said", "")), "")
        if less(body, code) and message:
            report(code, "", note)
            return await respond(session, url, message._replace(blocks=[]), note=note, **more)
        _log.warning("a private message could not be sent: %s", error)
        return False
    return True


async def whisper(
    client: AsyncWebClient,
    channel: str,
    person: str,
    message: Message,
    *,
    thread: str | None = None,
    note: Note | None = None,
) -> bool:
    """Shows a message to one person in a channel, or in a thread that has replies; returns whether Slack took it.

    If Slack refuses the blocks, the text is shown, and `note` records it.
    """
    where: dict[str, Any] = {"channel": channel, "user": person, **({"thread_ts": thread} if thread else {})}
    try:
        await send_as_taken(partial(call, client.chat_postEphemeral, **where), message._asdict(), note)
    except CALL_ERRORS as error:
        _log.info("a private message could not be posted in %s: %s", channel, error_code(error) or type(error).__name__)
        return False
    return True


def ephemeral(text: str) -> dict[str, Any]:
    """A fixed text as the answer to a slash command, which only its user sees."""
    return {**plain_message(text)._asdict(), "response_type": "ephemeral"}
