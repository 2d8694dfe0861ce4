"""A question as it comes in: where, from whom, and whether a message is one at all."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from qa_bot.slack.incoming.messages import is_question, mentions, typed
from qa_bot.slack.settings import ChannelSettings, FollowUps, Mode


class How(StrEnum):
    """How a message came to be a question to the bot."""

    MENTION = "mention"
    DIRECT = "direct"
    FOLLOW_UP = "follow-up"
    AUTO = "auto"
    SHORTCUT = "shortcut"


class QuestionPayload(BaseModel):
    """What a job about a message carries.

    Attributes:
        team, enterprise: the workspace whose token answers.
        channel, ts, thread: ids of the channel, the message and its thread's first message (its own if it is not in one).
        person: who wrote it.
        bot_user: id of the bot's user there.
        text: of the message, as Slack sends it.
        how: see `How`.
        about: names the message among all, so that jobs about it keep their order.
        response_url: takes what only the person sees who used a shortcut; empty where none was used.
        sent_again: whether Slack says so: then another machine may have answered.
    """

    model_config = ConfigDict(frozen=True)

    team: str | None
    enterprise: str | None
    channel: str
    ts: str
    thread: str
    person: str
    bot_user: str | None
    text: str
    how: How
    about: str
    response_url: str = ""
    sent_again: bool = False

    @property
    def key(self) -> str:
        """Names the message among all; ends in its timestamp."""
        return f"{self.channel}:{self.ts}"


def how_meant(
    text: str, settings: ChannelSettings, *, direct: bool, in_thread: bool, bot_user: str | None
) -> How | None:
    """How a message in a channel or direct message is a question to the bot; None if it is not.

    Args:
        text: of the message, as Slack sends it.
        settings: of the channel.
        direct: whether it is a direct message.
        in_thread: whether it is a reply.
        bot_user: id of the bot's user.
    """
    if direct:
        return How.DIRECT
    mentioned = mentions(text)
    if bot_user in mentioned:
        return How.MENTION
    if in_thread:
        asks = settings.follow_ups is FollowUps.ALWAYS or (
            settings.follow_ups is FollowUps.QUESTIONS and not mentioned and is_question(typed(text))
        )
        return How.FOLLOW_UP if asks else None
    if settings.mode is Mode.AUTO and not mentioned and is_question(typed(text)):
        return How.AUTO
    return None
