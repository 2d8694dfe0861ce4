"""Records questions that the articles did not answer, where the settings want questions recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from qa_bot.answering.results import Answer, AnswerVerdict
from qa_bot.slack.services import Services
from qa_bot.slack.views.blocks import Outcome


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
        if isinstance(outcome, Answer) and outcome.verdict is AnswerVerdict.UNANSWERED
    ]
    where = {"team": team or "", "channel": channel_recorded(channel)}
    await asyncio.to_thread(lambda: services.feedback.note_unanswered(message, questions, **where))


def channel_recorded(channel: str | None) -> str:
    """The id of a channel; empty for direct messages, which would name a person, and outside channels."""
    return "" if channel is None or channel.startswith("D") else channel
