"""Messages that only one person sees, sent to the response URL of what they used."""

from __future__ import annotations

import logging
from typing import Any

import aiohttp
from slack_sdk.errors import SlackClientError

from qa_bot.slack.views.blocks import Message, plain_message
from qa_bot.slack.web_api.calls import CALL_ERRORS, call

_log = logging.getLogger(__name__)


class ResponseError(SlackClientError):
    """A response URL refused a message."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        super().__init__(f"HTTP {response.status}")
        self.response = response


async def respond(session: aiohttp.ClientSession, url: str, message: Message | None, **more: Any) -> bool:
    """Sends a message, or without one only `more` such as ``delete_original=True``, to the response URL of what a person used.

    Only they see it.  The URL takes five messages in half an hour.  Returns whether Slack took this one.
    """
    if not url:
        return False
    content = message._asdict() if message else {}
    body = {"response_type": "ephemeral", "replace_original": False, **content, **more}

    async def send() -> None:
        async with session.post(url, json=body, allow_redirects=False) as response:
            if response.status != 200:
                raise ResponseError(response)

    try:
        await call(send)
    except CALL_ERRORS as error:
        _log.warning("a private message could not be sent: %s", error)
        return False
    return True


def ephemeral(text: str) -> dict[str, Any]:
    """A fixed text as the answer to a slash command, which only its user sees."""
    return {**plain_message(text)._asdict(), "response_type": "ephemeral"}
