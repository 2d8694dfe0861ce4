"""What buttons carry: enough to ask again or to look up, never what is shown.

A click comes back with a button's value.  It says which question or which place in an article is meant; whether the person
may see it is decided when the click comes, by the channel's settings.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa_bot.answering.answerer import MAX_QUESTION_CHARS
from qa_bot.answering.results import Answer, Quotation
from qa_bot.slack.views.quoting import units

MAX_VALUE_CHARS = 2000
"""Longest value that Slack takes in a button."""

T = TypeVar("T", bound="Payload")


class Payload(BaseModel):
    """Something that a button carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def dump(self) -> str | None:
        """The value for a button; None if it is longer than Slack takes."""
        value = self.model_dump_json(exclude_none=True)
        return value if units(value) <= MAX_VALUE_CHARS else None

    @classmethod
    def load(cls: type[T], value: object) -> T | None:
        """What a button's value says; None if it is none of ours."""
        try:
            return cls.model_validate_json(value) if isinstance(value, str) else None
        except ValidationError:
            return None


class Place(Payload):
    """An answer's place in an article, in characters of its text."""

    article: str = Field(max_length=64)
    start: int = Field(ge=0)
    end: int = Field(ge=0)

    @classmethod
    def of(cls, quotation: Quotation) -> Place:
        """Where an answer stands."""
        found = quotation.answer
        return cls(article=quotation.article.id, start=found.start, end=found.end)


class Asked(Payload):
    """A question that can be asked again."""

    question: str = Field(max_length=MAX_QUESTION_CHARS)


class Judged(Payload):
    """A judgement of an answer: of the question, and of the place if there was an answer."""

    good: bool
    question: str = Field(max_length=MAX_QUESTION_CHARS)
    place: Place | None = None

    @classmethod
    def of(cls, answer: Answer, quotation: Quotation | None, *, good: bool) -> Judged:
        """A judgement of an answer."""
        return cls(good=good, question=answer.question, place=Place.of(quotation) if quotation else None)
