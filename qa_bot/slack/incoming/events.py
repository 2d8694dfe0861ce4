"""What Slack's events say, checked: whatever is not as Slack documents it is dropped here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from qa_bot.slack.incoming.messages import CHARS_READ

_ID = re.compile(r"[A-Z][A-Z0-9]{1,30}")
_TIMESTAMP = re.compile(r"\d{1,12}\.\d{1,9}")


class IncomingMessage(NamedTuple):
    """A message.

    Attributes:
        channel, person: ids.
        ts: its timestamp, which is its name within the channel.
        thread: that of its thread's first message; its own if it is not a reply.
        text: as Slack sends it, at most `CHARS_READ` characters.
    """

    channel: str
    person: str
    ts: str
    thread: str
    text: str


def read_message(event: Mapping[str, Any], channel: object) -> IncomingMessage | None:
    """A message from an event, or from a message inside one; None if it is not whole."""
    found, person = read_id(channel), read_id(event.get("user")) or read_id(event.get("bot_id"))
    ts, text = read_timestamp(event.get("ts")), event.get("text")
    if found is None or person is None or ts is None or not isinstance(text, str):
        return None
    return IncomingMessage(found, person, ts, read_timestamp(event.get("thread_ts")) or ts, text[:CHARS_READ])


def read_id(value: object) -> str | None:
    """An id such as ``C0123456789``, or None."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def read_timestamp(value: object) -> str | None:
    """A message's timestamp such as ``1700000000.000100``, or None."""
    return value if isinstance(value, str) and _TIMESTAMP.fullmatch(value) else None
