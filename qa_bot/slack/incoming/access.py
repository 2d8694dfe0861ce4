"""Who is answered where: workspaces, channels, people of other organisations, bots."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from qa_bot.slack.incoming.requests import mapping, read_id
from qa_bot.slack.settings import Mode, SlackSettings

ANSWERED_SUBTYPES = frozenset({None, "file_share", "thread_broadcast", "bot_message"})


class Refusal(Enum):
    """Why nothing is answered."""

    WORKSPACE = "the workspace is not among those that are answered"
    CHANNEL = "the channel is not among those that are answered"
    STRANGER = "people of other organisations are not answered here"


class BotIdentity(NamedTuple):
    """The bot's own identity where an event came from."""

    team: str | None
    enterprise: str | None
    bot_user: str | None
    bot: str | None


def refusal(
    settings: SlackSettings, identity: BotIdentity, channel: str | None, person_team: str | None
) -> Refusal | None:
    """Why a person is not answered in a channel; None if they are.

    Args:
        settings: of the app.
        identity: the bot's in the workspace.
        channel: id; None outside channels.  Direct messages need not be among the allowed channels.
        person_team: id of the person's workspace or organisation; None if they belong to the bot's organisation.
    """
    own = {identity.team, identity.enterprise}
    if (settings.workspaces or settings.uses_oauth) and not own & set(settings.workspaces):
        return Refusal.WORKSPACE
    if channel and not channel.startswith("D"):
        if settings.allowed_channels and channel not in settings.allowed_channels:
            return Refusal.CHANNEL
        if settings.channel(channel).mode is Mode.OFF:
            return Refusal.CHANNEL
    stranger = person_team and person_team not in own.union(settings.workspaces)
    if stranger and not settings.channel(channel).external_people:
        return Refusal.STRANGER
    return None


def is_shared(body: Mapping[str, Any]) -> bool | None:
    """Whether the channel of a request is shared with other organisations; None if the request does not say."""
    shared = body.get("is_ext_shared_channel")
    return shared if isinstance(shared, bool) else None


def team_of(event: Mapping[str, Any], *, shared: bool | None) -> str | None:
    """The workspace or organisation of the person behind an event; None if the person belongs to the bot's organisation.

    Args:
        event: a message or mention.
        shared: whether the channel is shared with other organisations (see `is_shared`): if it is not, nobody there is a
            stranger, though sibling workspaces of an organisation have ids of their own; if it is, a person of no named
            workspace is one.
    """
    if shared is False:
        return None
    for name in ("user_team", "source_team", "team"):
        team = event.get(name)
        if isinstance(team, str) and team:
            return team
    return "unknown" if shared else None


def possible_sibling(body: Mapping[str, Any], identity: BotIdentity) -> tuple[str, str] | None:
    """The ids of the person behind a request and of their workspace, if it may be a sibling of the bot's own.

    In an organisation (Enterprise Grid), a request names a person's workspace, but not always the organisation that it
    belongs to.
    """
    event, user = mapping(body.get("event")), mapping(body.get("user"))
    if identity.enterprise is None or is_shared(body) is False:
        return None
    if event:
        message = mapping(event.get("message")) or event
        person, team = message.get("user"), team_of(message, shared=None)
    else:
        person, team = user.get("id") or body.get("user_id"), user.get("team_id") or body.get("team_id")
    if read_id(person) is None or read_id(team) is None or team in (identity.team, identity.enterprise):
        return None
    return str(person), str(team)


def is_from_bot(event: Mapping[str, Any], settings: SlackSettings, identity: BotIdentity) -> bool:
    """Whether a message is from this bot, or from another that is not answered."""
    author, bot = event.get("user"), event.get("bot_id")
    if author == identity.bot_user or (bot and bot == identity.bot):
        return True
    if not bot and event.get("subtype") != "bot_message":
        return False
    return not {author, bot, event.get("app_id")} & set(settings.answered_bots)
