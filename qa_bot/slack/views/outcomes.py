"""The outcome of a question: an answer, or a failure that a person is told about."""

from __future__ import annotations

from typing import NamedTuple

from qa_bot.answering.results import Answer
from qa_bot.conversation.referring import Turn


class Failure(NamedTuple):
    """A question that could not be answered, and what to tell the person."""

    question: str
    text: str


Outcome = Answer | Failure


def turn_of(outcome: Outcome) -> Turn:
    """A question and its answer as a turn of the conversation."""
    if isinstance(outcome, Failure):
        return Turn(outcome.question)
    if outcome.answer is None or outcome.article is None:
        return Turn(outcome.question)
    return Turn(outcome.question, outcome.answer.text, outcome.article.title)
