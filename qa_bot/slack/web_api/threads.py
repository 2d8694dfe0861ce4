"""Reads the bot's own messages in Slack again: the answer to a question, and a thread as a conversation.

Each message says in its metadata what it answers, so a process without a record of it (`qa_bot.slack.jobs.threads`) can
continue a conversation.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.conversation.history import Turn
from qa_bot.slack.jobs.threads import TURN_CHARS, Conversation
from qa_bot.slack.web_api.calls import call, error_code

EVENT_TYPE = "qa_bot_answer"
REPLIES_READ = 100
MESSAGES_A_PAGE, PAGES_READ = 200, 5

_log = logging.getLogger(__name__)


async def find_answer(
    client: AsyncWebClient, channel: str, thread: str | None, key: str, author: str | None
) -> str | None:
    """The timestamp of the bot's message that answers a question, in a thread or at the top level; None if there is none.

    Args:
        client: of the workspace.
        channel: id of the channel.
        thread: timestamp of the thread's first message; None for the top level.
        key: of the question; it ends in a colon and the question's timestamp.
        author: id of the bot's user; None if it is not known.
    """
    where: dict[str, Any] = {"ts": thread} if thread else {}
    method = client.conversations_replies if thread else client.conversations_history
    try:
        page = await call(
            method,
            channel=channel,
            oldest=key.rpartition(":")[2],  # an answer is younger than its question
            limit=REPLIES_READ,
            include_all_metadata=True,
            **where,
        )
    except SlackApiError as error:
        _log.warning("cannot read a conversation (%s); run: qa-bot slack --check", error_code(error))
        return None
    for message in reversed(page.get("messages") or []):
        if (_payload(message, author) or {}).get("question") == key:
            return str(message["ts"])
    return None


async def read_thread(
    client: AsyncWebClient, channel: str, thread: str, before: str, author: str | None
) -> Conversation | None:
    """Reads the conversation in a thread; None if Slack does not give it.

    Args:
        client: of the workspace.
        channel: of the thread.
        thread: timestamp of its first message.
        before: timestamp of the message before which it is read.
        author: id of the bot's user; the metadata of other users' messages is ignored.
    """
    try:
        messages = [message async for message in _messages(client, channel, thread, before)]
    except SlackApiError as error:
        _log.warning("cannot read a thread (%s); run: qa-bot slack --check", error_code(error))
        return None
    payloads = [payload for message in messages if (payload := _payload(message, author)) is not None]
    turns = tuple(turn for payload in payloads if (turn := _turn(payload)) is not None)
    return Conversation(turns, bool(payloads))


def metadata(payload: Mapping[str, str]) -> dict[str, Any]:
    """The metadata of a message with such a payload."""
    return {"event_type": EVENT_TYPE, "event_payload": dict(payload)}


def turn_payload(key: str, turn: Turn | None) -> dict[str, str]:
    """The payload of an answer's metadata: the key of its question, and the turn of the conversation."""
    fields = {"asked": turn.question, "answer": turn.answer, "title": turn.title} if turn else {}
    return {"question": key} | {name: value[:TURN_CHARS] for name, value in fields.items() if value}


async def _messages(client: AsyncWebClient, channel: str, thread: str, before: str) -> AsyncIterator[Mapping[str, Any]]:
    """The messages of a thread, page by page, as Slack gives them: the oldest first."""
    more: dict[str, Any] = {}
    for _ in range(PAGES_READ):
        page = await call(
            client.conversations_replies,
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


def _payload(message: Mapping[str, Any], author: str | None) -> Mapping[str, Any] | None:
    """What the metadata of one of the bot's messages says; None for other messages."""
    if author is not None and message.get("user") != author:
        return None  # any app can write the same metadata, but none can write as another
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload")
    return payload if metadata.get("event_type") == EVENT_TYPE and isinstance(payload, dict) else None


def _turn(payload: Mapping[str, Any]) -> Turn | None:
    question, answer, title = (payload.get(name) for name in ("asked", "answer", "title"))
    if not isinstance(question, str) or not question:
        return None
    return Turn(question, answer if isinstance(answer, str) else None, title if isinstance(title, str) else None)
