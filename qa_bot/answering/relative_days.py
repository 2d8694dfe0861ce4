"""Days that a sentence names by where they lie from its article's day ("yesterday", "on Thursday"), as dates."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict

from embeddings.dates import MONTHS

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_SHIFTS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_MONTH = "|".join(month[:3] for month in MONTHS)
_DAY = re.compile(
    rf"\b(?P<shift>[Yy]esterday|[Tt]oday|[Tt]omorrow)\b|\b(?:(?P<last>[Ll]ast) )?(?P<weekday>{'|'.join(WEEKDAYS)})\b"
)
_DATED = re.compile(rf"\W{{0,3}}(?:\d|(?:{_MONTH})[a-z]*\.?\s+\d)")
_WORD_BEFORE = re.compile(r"([\w'’]+)\s+$")
_TITLE_AFTER = re.compile(r"\s+[A-Z]")
_REPEATED = frozenset({"every", "each", "next", "coming", "this", "of"})
_PREPOSITIONS = frozenset({"on", "since", "until", "by"})
_AHEAD = re.compile(
    r"\b(?:will|shall|would|may|might|should|is to|are to|was to|were to|(?:due|set|planned|scheduled))\b|['’]ll\b"
)
"""Forms of the verb that tell of what is ahead: which day is meant then is not certain."""
_QUOTED = re.compile(r"“[^”]*”?|\"[^\"]*\"?")


class NamedDay(BaseModel):
    """A day that a sentence names: its words, where they stand, and which day it is."""

    model_config = ConfigDict(frozen=True)

    text: str
    start: int
    end: int
    day: date


def relative_days(sentence: str, published: date | None) -> list[NamedDay]:
    """The days that a sentence names without their dates, in order.

    A weekday is the last one up to the article's own day, as news tells of what has happened.  What may mean another day is
    left out: in what somebody is quoted to have said, in a sentence about what is ahead, and in names ("Black Friday").

    Args:
        sentence: any text.
        published: day of its article; None if that is not known.

    Example:
        >>> [day] = relative_days("The minister resigned on Thursday.", date(2017, 2, 17))
        >>> day.text, day.day
        ('Thursday', datetime.date(2017, 2, 16))
    """
    if published is None:
        return []
    quoted = [match.span() for match in _QUOTED.finditer(sentence)]
    ahead = _AHEAD.search(sentence) is not None
    days = []
    for match in _DAY.finditer(sentence):
        if any(start <= match.start() < end for start, end in quoted) or _is_name(sentence, match):
            continue
        if (weekday := match["weekday"]) and (ahead or _DATED.match(sentence, match.end())):
            continue
        with suppress(OverflowError):
            day = _weekday(weekday, published, bool(match["last"])) if weekday else _shifted(match["shift"], published)
            days.append(NamedDay(text=match.group(), start=match.start(), end=match.end(), day=day))
    return days


def _is_name(sentence: str, match: re.Match[str]) -> bool:
    """Whether a day is a part of a name ("Black Friday", "Sunday Times"), or of what happens again and again."""
    before = _WORD_BEFORE.search(sentence[: match.start()])
    word = before[1] if before else ""
    if word.lower() in _REPEATED or (word[:1].isupper() and word.lower() not in _PREPOSITIONS):
        return True
    follows = _TITLE_AFTER.match(sentence, match.end()) is not None
    if match["weekday"]:
        return follows and word.lower() not in _PREPOSITIONS
    return follows and match["shift"][0].isupper() and bool(word)


def _shifted(word: str, published: date) -> date:
    return published + timedelta(_SHIFTS[word.lower()])


def _weekday(name: str, published: date, before: bool) -> date:
    back = (published.weekday() - WEEKDAYS.index(name)) % 7
    return published - timedelta(back or 7 * before)
