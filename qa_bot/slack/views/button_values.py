"""What buttons carry: enough to ask again or to look up, never what is shown.

A click brings a button's value back.  It names a question or a place in an article; the channel's settings decide at each
click whether the person may see it.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa_bot.answering.answerer import MAX_QUESTION_CHARS
from qa_bot.answering.results import Answer, Quotation
from qa_bot.slack.quoting import units

MAX_VALUE_CHARS = 2000
"""Longest value that Slack takes in a button."""

T = TypeVar("T", bound="ButtonValue")


class ButtonValue(BaseModel):
    """A button's value, as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def dump(self) -> str | None:
        """The value for a button; None if it is longer than Slack takes."""
        value = self.model_dump_json(exclude_none=True)
        return value if units(value) <= MAX_VALUE_CHARS else None

    @classmethod
    def load(cls: type[T], value: object) -> T | None:
        """Reads a button's value; None if it is not one of these."""
        try:
            return cls.model_validate_json(value) if isinstance(value, str) else None
        except ValidationError:
            return None


class Place(ButtonValue):
    """An answer's place in an article, in characters of its text."""

    article: str = Field(max_length=64)
    start: int = Field(ge=0)
    end: int = Field(ge=0)

    @classmethod
    def of(cls, quotation: Quotation) -> Place:
        """The place of an answer."""
        return cls(article=quotation.article.id, start=quotation.answer.start, end=quotation.answer.end)


class Asked(ButtonValue):
    """A question that can be asked again; `thread` is the timestamp of the message in whose thread it is shared."""

    question: str = Field(max_length=MAX_QUESTION_CHARS)
    thread: str | None = Field(None, pattern=r"^\d{1,12}\.\d{1,9}$")


class Referred(ButtonValue):
    """A question that people have been asked, and the id of the person who wanted to know."""

    question: str = Field(max_length=MAX_QUESTION_CHARS)
    person: str = Field(max_length=32)


class Judged(ButtonValue):
    """Whether an answer is right: the question, and the place of its answer if there was one."""

    good: bool
    question: str = Field(max_length=MAX_QUESTION_CHARS)
    place: Place | None = None

    @classmethod
    def of(cls, answer: Answer, quotation: Quotation | None, *, good: bool) -> Judged:
        """A judgement of an answer."""
        return cls(good=good, question=answer.asked, place=Place.of(quotation) if quotation else None)
