"""What people say of answers: kept with the sentences around the answer, as the channel may see them."""

from __future__ import annotations

import asyncio
import hashlib

from pydantic import BaseModel, ConfigDict, ValidationError

from qa_bot.feedback import Judgement, Verdict, surroundings
from qa_bot.slack.incoming.payloads import Judged, Place
from qa_bot.slack.services import Desk


class Asking(BaseModel):
    """What the feedback modal carries along: the judgement that opened it, and the channel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    judged: Judged
    channel: str | None

    @classmethod
    def load(cls, private: object) -> Asking | None:
        """What a modal's private metadata says; None if it is none of ours."""
        try:
            return cls.model_validate_json(private) if isinstance(private, str) else None
        except ValidationError:
            return None


async def keep(
    desk: Desk,
    judged: Judged,
    verdict: Verdict,
    *,
    person: str,
    channel: str | None,
    given: float,
    correction: str = "",
) -> None:
    """Keeps a judgement.

    Args:
        desk: the parts of the app.
        judged: what is judged.
        verdict: how.
        person: id of the person and their workspace; it is kept as a hash only.
        channel: where, which says what may be kept of the article.
        given: when they said so, in seconds since 1970.
        correction: the right answer in the person's words.

    Raises:
        QABotError: the store cannot be read.
    """
    place = judged.place or await _closest(desk, judged.question, channel)
    held = await desk.archive.article(place, desk.only(channel)) if place else None
    facts: dict[str, object] = {}
    if held is not None and place is not None:
        context, start = surroundings(held, place.start, place.end)
        answer = held.article.text[place.start : place.end] if judged.place else ""
        facts = {
            "article": held.article.id,
            "title": held.article.title,
            "context": context,
            "start": start if judged.place else 0,
            "answer": answer,
        }
    who = hashlib.sha256(person.encode()).hexdigest()[:16]
    judgement = Judgement.model_validate(
        {"question": judged.question, "verdict": verdict, "person": who, "correction": correction, **facts}
    )
    await asyncio.to_thread(desk.feedback.add, judgement, given)


async def _closest(desk: Desk, question: str, channel: str | None) -> Place | None:
    """Where what came closest stands, for a question without an answer: its sentences say nothing to it, or do."""
    (outcome,) = await desk.asker(channel).ask([question])
    alternatives = getattr(outcome, "alternatives", ())
    return Place.of(alternatives[0]) if alternatives else None
