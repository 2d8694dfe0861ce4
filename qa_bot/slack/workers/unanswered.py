"""Records questions that the articles did not answer, and gathers them for whoever can write what is missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import date, timedelta

from slack_sdk.models.blocks import Block
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError
from qa_bot.answering.results import Answer, AnswerVerdict
from qa_bot.slack.incoming.requests import mapping
from qa_bot.slack.services import Services
from qa_bot.slack.views.blocks import Outcome
from qa_bot.slack.views.texts import Texts
from qa_bot.slack.views.unanswered import CHANNELS_NAMED, GROUPS_SHOWN, unanswered_blocks
from qa_bot.slack.web_api.calls import CALL_ERRORS, error_code
from qa_bot.unanswered import DEFAULT_DAYS, UnansweredReport, report

WORDINGS_COMPARED = 500
"""The newest; to encode them takes one or two seconds, once."""

_log = logging.getLogger(__name__)


async def note_unanswered(
    services: Services, message: str, outcomes: Sequence[Outcome], *, team: str | None, channel: str | None
) -> None:
    """Records those of a message's questions that have no answer, in place of what was recorded of it.

    Args:
        services: the parts of the app.
        message: names it; who wrote it is not recorded.
        outcomes: of its questions; none if it is deleted.
        team: id of the workspace; None if it is not known.
        channel: id of the channel; None outside channels.
    """
    if outcomes and not services.settings.log_questions:
        return
    questions = [
        outcome.asked
        for outcome in outcomes
        if isinstance(outcome, Answer) and outcome.verdict is AnswerVerdict.UNANSWERED and not outcome.helps
    ]
    await asyncio.to_thread(
        services.feedback.note_unanswered, message, questions, team=team or "", channel=channel_recorded(channel)
    )


def channel_recorded(channel: str | None) -> str:
    """The id of a channel; empty for direct messages, which would name a person, and outside channels."""
    return "" if channel is None or channel.startswith("D") else channel


async def unanswered_below(services: Services, client: AsyncWebClient, person: str, team: str) -> list[Block]:
    """What admins see below their App Home: what was not answered; nothing for others."""
    if person not in services.settings.admins:
        return []
    today, texts = date.today(), services.texts(None, person)
    try:
        found = await gather_unanswered(services, today - timedelta(days=DEFAULT_DAYS - 1), today, team)
    except QABotError as error:
        _log.error("App Home cannot show what was not answered: %s", error)
        return []
    return unanswered_blocks(found, await channel_names(services, client, found, texts), texts)


async def gather_unanswered(services: Services, since: date, until: date, team: str) -> UnansweredReport:
    """What was not answered in a period: in a workspace, if several have installed the app.

    Raises:
        QABotError: the record cannot be read, or the encoder cannot be used.
    """
    settings = services.settings
    notice = None if settings.log_questions else "slack.log_questions is false"
    return await asyncio.to_thread(
        report,
        services.feedback,
        services.encode_question,
        since,
        until,
        notice=notice,
        team=team if settings.uses_oauth else None,
        most=WORDINGS_COMPARED,
    )


async def channel_names(
    services: Services, client: AsyncWebClient, found: UnansweredReport, texts: Texts
) -> dict[str, str]:
    """The names of the channels that are shown, by their ids; private ones are not named, and those that Slack hides stay ids."""
    shown = (group.channels[:CHANNELS_NAMED] for group in found.groups[:GROUPS_SHOWN])
    channels = dict.fromkeys(one.channel for ones in shown for one in ones if one.channel)
    names = {channel: await _name(services, client, channel) for channel in channels}
    return {channel: texts.unanswered_private if name == "" else name or channel for channel, name in names.items()}


async def _name(services: Services, client: AsyncWebClient, channel: str) -> str | None:
    """A channel's name, asked for once; empty for a private one, None if Slack does not tell."""
    if channel not in services.channel_names:
        try:
            info = mapping((await client.conversations_info(channel=channel)).get("channel"))
        except CALL_ERRORS as error:
            _log.info("the name of %s is not known: %s", channel, error_code(error) or type(error).__name__)
            return None
        services.channel_names[channel] = f"#{info.get('name')}" if info.get("is_private") is False else ""
    return services.channel_names[channel]
