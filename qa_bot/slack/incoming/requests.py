"""What events, commands, shortcuts and clicks say, checked: whatever is not as Slack documents it is dropped here."""

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
        thread: the timestamp of its thread's first message; its own if it is not a reply.
        text: as Slack sends it, at most `CHARS_READ` characters.
    """

    channel: str
    person: str
    ts: str
    thread: str
    text: str


class Request(NamedTuple):
    """Who used a command, a shortcut or a button, and where.

    Attributes:
        person: id of the person.
        person_team: id of their workspace.
        channel: id of the channel; None outside channels, as in App Home.
        trigger_id: lets a modal be opened for a few seconds.
        response_url: takes messages that only this person sees; empty if there is none.
        thread: timestamp of the first message of the thread in which they used it; None outside threads.
    """

    person: str
    person_team: str | None
    channel: str | None
    trigger_id: str
    response_url: str
    thread: str | None = None


def read_message(event: Mapping[str, Any], channel: object) -> IncomingMessage | None:
    """Reads a message from an event, or from a message inside one; None if it is incomplete."""
    channel_id, person = read_id(channel), read_id(event.get("user")) or read_id(event.get("bot_id"))
    ts, text = read_timestamp(event.get("ts")), event.get("text")
    if channel_id is None or person is None or ts is None or not isinstance(text, str):
        return None
    return IncomingMessage(channel_id, person, ts, read_timestamp(event.get("thread_ts")) or ts, text[:CHARS_READ])


def read_request(body: Mapping[str, Any]) -> Request | None:
    """Reads who sent a command, a shortcut or a click; None if it is incomplete."""
    user, channel, container = (mapping(body.get(name)) for name in ("user", "channel", "container"))
    person = read_id(user.get("id")) or read_id(body.get("user_id"))
    if person is None:
        return None
    team = read_id(user.get("team_id")) or (read_id(body.get("team_id")) if "command" in body else None)
    channel_id = read_id(channel.get("id")) or read_id(body.get("channel_id")) or read_id(container.get("channel_id"))
    message = mapping(body.get("message"))
    thread = read_timestamp(container.get("thread_ts")) or read_timestamp(message.get("thread_ts"))
    if thread in (container.get("message_ts"), message.get("ts")):
        thread = None  # the first message of a thread stands in the channel
    return Request(person, team, channel_id, _text(body.get("trigger_id")), _text(body.get("response_url")), thread)


def name_of(body: Mapping[str, Any]) -> str:
    """The name of who clicked, as Slack says it; their id if it says none."""
    user = mapping(body.get("user"))
    return _text(user.get("name")) or _text(user.get("username")) or _text(user.get("id"))


def value_of(body: Mapping[str, Any]) -> object:
    """The value of the button that was clicked, or of the field that was filled in."""
    actions = body.get("actions")
    return mapping(actions[0]).get("value") if isinstance(actions, list) and actions else None


def read_id(value: object) -> str | None:
    """An id such as ``C0123456789``, or None."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def read_timestamp(value: object) -> str | None:
    """A message's timestamp such as ``1700000000.000100``, or None."""
    return value if isinstance(value, str) and _TIMESTAMP.fullmatch(value) else None


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; empty if the value is none."""
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
