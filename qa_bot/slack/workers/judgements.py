"""Records what people think of answers, with the sentences around the answer as far as the channel may see them."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from qa_bot.feedback import Judgement, Verdict, surroundings
from qa_bot.slack.services import Services
from qa_bot.slack.views.button_values import ButtonValue, Judged, Place
from qa_bot.slack.workers.asking import ask
from qa_bot.slack.workers.unanswered import channel_recorded


class FeedbackForm(ButtonValue):
    """What the feedback modal carries: the judgement that opened it, and the channel."""

    judged: Judged
    channel: str | None


async def record_judgement(
    services: Services,
    judged: Judged,
    verdict: Verdict,
    *,
    person: str,
    channel: str | None,
    team: str | None,
    given: float,
    correction: str = "",
) -> None:
    """Records a judgement.

    Args:
        services: the parts of the app.
        judged: what is judged.
        verdict: on the answer.
        person: id of the person; only its hash is recorded.
        channel: where; its settings decide what may be recorded of the article.  Itself recorded where questions are.
        team: id of the workspace; None if it is not known.
        given: when, in seconds since 1970.
        correction: the right answer in the person's words.

    Raises:
        QABotError: the store cannot be read.
    """
    place = judged.place or await _closest(services, judged.question, channel, team)
    source = await services.archive.article(place, services.only(channel, team)) if place else None
    facts: dict[str, Any] = {}
    if source is not None and place is not None:
        context, start = surroundings(source, place.start, place.end)
        facts = {"article": source.article.id, "title": source.article.title, "context": context}
        if judged.place:
            facts |= {"answer": source.article.text[place.start : place.end], "start": start}
    if services.settings.log_questions:
        facts |= {"channel": channel_recorded(channel), "team": team or ""}
    person_hash = hashlib.sha256(person.encode()).hexdigest()[:16]
    judgement = Judgement(question=judged.question, verdict=verdict, person=person_hash, correction=correction, **facts)
    await asyncio.to_thread(services.feedback.add, judgement, given)


async def _closest(services: Services, question: str, channel: str | None, team: str | None) -> Place | None:
    """The place of the closest answer to a question without one: its sentences answer it, or do not."""
    (outcome,) = await ask(services, channel, [question], team=team)
    alternatives = getattr(outcome, "alternatives", ())
    return Place.of(alternatives[0]) if alternatives else None
