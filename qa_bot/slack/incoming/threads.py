"""A thread as a conversation: what was asked and answered in it, read from Slack, so that any process can go on with it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.conversation.conversation import Turn
from qa_bot.slack.web_api.posting import EVENT_TYPE, call, error_code, is_own

MESSAGES_A_PAGE, PAGES_READ = 200, 5
TURN_CHARS = 1000

_log = logging.getLogger(__name__)


class Conversation(NamedTuple):
    """What happened in a thread before a message.

    Attributes:
        turns: questions and answers, the oldest first.
        joined: whether the bot has answered in it.
    """

    turns: tuple[Turn, ...] = ()
    joined: bool = False


async def read_thread(
    client: AsyncWebClient, channel: str, thread: str, before: str, author: str | None
) -> Conversation:
    """Reads the conversation in a thread.

    Args:
        client: of the workspace.
        channel: of the thread.
        thread, before: timestamps of its first message and of the one before which it is read.
        author: id of the bot's user; what others write as metadata is nothing of ours.
    """
    try:
        messages = [message async for message in _messages(client, channel, thread, before)]
    except SlackApiError as error:
        _log.warning("a thread cannot be read (%s); see: qa-bot slack --check", error_code(error))
        return Conversation()
    own = [message for message in messages if is_own(message, author)]
    payloads = [payload for message in own if (payload := _payload(message)) is not None]
    turns = tuple(turn for payload in payloads if (turn := _turn(payload)) is not None)
    return Conversation(turns, bool(payloads))


async def _messages(client: AsyncWebClient, channel: str, thread: str, before: str) -> AsyncIterator[Mapping[str, Any]]:
    """The messages of a thread, page by page, as Slack gives them: the oldest first."""
    more: dict[str, str] = {}
    for _ in range(PAGES_READ):
        page = await call(
            client.conversations_replies,
            landed=None,
            channel=channel,
            ts=thread,
            latest=before,
            limit=MESSAGES_A_PAGE,
            include_all_metadata=True,
            **more,
        )
        for message in page.get("messages") or []:
            yield message
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
        more = {"cursor": cursor}


def turn_payload(key: str, turn: Turn | None) -> dict[str, str]:
    """What a message's metadata says: which question it answers, and what the turn of the conversation was."""
    said = {"asked": turn.question, "answer": turn.answer, "title": turn.title} if turn else {}
    return {"question": key} | {name: value[:TURN_CHARS] for name, value in said.items() if value}


def _payload(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload")
    return payload if metadata.get("event_type") == EVENT_TYPE and isinstance(payload, dict) else None


def _turn(payload: Mapping[str, Any]) -> Turn | None:
    asked, answer, title = (payload.get(name) for name in ("asked", "answer", "title"))
    if not isinstance(asked, str) or not asked:
        return None
    return Turn(asked, answer if isinstance(answer, str) else None, title if isinstance(title, str) else None)
