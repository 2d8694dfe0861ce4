"""What articles say that cannot all be right: each answer, how many articles give it, and the newest of these."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from qa_bot.answering.results import Answer, Quotation, day_of, iterate


class Standpoint(NamedTuple):
    """One of several answers that contradict each other.

    Attributes:
        text: the answer.
        articles: how many give it.
        newest: day of the newest of these; None if none has a date.
    """

    text: str
    articles: int
    newest: date | None


def standpoints(answer: Answer) -> list[Standpoint]:
    """The answer and those that contradict it, in the order of confidence; none if nothing contradicts it."""
    if answer.answer is None:
        return []
    first, *others = iterate(answer)
    against = [other for other in others if other.contradicts]
    return [_standpoint(quotation) for quotation in (first, *against)] if against else []


def _standpoint(quotation: Quotation) -> Standpoint:
    articles = [quotation.article, *quotation.also, *(source.article for source in quotation.agreeing)]
    days = [day for article in articles if (day := day_of(article))]
    return Standpoint(quotation.answer.text, len(articles) + quotation.also_more, max(days, default=None))
