"""What slash commands, shortcuts and clicks say about themselves, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from qa_bot.slack.incoming.events import read_id


class Request(NamedTuple):
    """Who used something where.

    Attributes:
        person: id of the person.
        person_team: of their workspace.
        channel: id of the channel; None outside channels, as in App Home.
        trigger: lets a modal be opened for a few seconds.
        response_url: takes what only this person shall see; empty where there is none.
    """

    person: str
    person_team: str | None
    channel: str | None
    trigger: str
    response_url: str


def read_request(body: Mapping[str, Any]) -> Request | None:
    """What a slash command, a shortcut or a click says about itself; None if it is not whole."""
    user, channel, container = (_mapping(body.get(name)) for name in ("user", "channel", "container"))
    person = read_id(user.get("id")) or read_id(body.get("user_id"))
    if person is None:
        return None
    team = read_id(user.get("team_id")) or (read_id(body.get("team_id")) if "command" in body else None)
    where = read_id(channel.get("id")) or read_id(body.get("channel_id")) or read_id(container.get("channel_id"))
    return Request(person, team, where, _text(body.get("trigger_id")), _text(body.get("response_url")))


def value_of(body: Mapping[str, Any]) -> object:
    """The value of what was clicked, or of the field that was filled in."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    return first.get("value") if isinstance(first, dict) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
