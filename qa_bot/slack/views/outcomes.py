"""The outcome of a question: an answer, at a channel's threshold, or a failure that a person is told about."""

from __future__ import annotations

from typing import NamedTuple

from qa_bot.answering.answerer import Answer, iterate
from qa_bot.conversation.conversation import Turn


class Failure(NamedTuple):
    """A question that could not be answered, and what to tell the person."""

    question: str
    text: str


Outcome = Answer | Failure


def at_threshold(answer: Answer, threshold: float | None) -> Answer:
    """An answer as it is with another threshold for the confidence; None for the one it was made with."""
    if threshold is None:
        return answer
    quotations = list(iterate(answer))
    if quotations and quotations[0].answer.confidence >= threshold:
        best = quotations[0]
        told = {"answered": True, "answer": best.answer, "sentence": best.sentence, "article": best.article}
        return answer.model_copy(update=told | {"alternatives": tuple(quotations[1:])})
    told = {"answered": False, "answer": None, "sentence": None, "article": None}
    return answer.model_copy(update=told | {"alternatives": tuple(quotations)})


def turn_of(outcome: Outcome) -> Turn:
    """A question and its answer as a turn of the conversation."""
    if isinstance(outcome, Failure):
        return Turn(outcome.question)
    if outcome.answer is None or outcome.article is None:
        return Turn(outcome.question)
    return Turn(outcome.question, outcome.answer.text, outcome.article.title)
