"""What a question says about when: a day, a month, a year, "last week", "the latest"."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from embeddings.dates import MONTHS

_GRACE = timedelta(days=7)
"""What happened is still written about so long afterwards."""

RECENT = timedelta(days=30)
"""Articles no older than this against the newest are looked through for "the latest"."""

_MONTHS = {name.lower(): number for number, name in enumerate(MONTHS, 1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_YEAR = r"(?P<year>(?:1[89]|20)\d\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"

_NAMED = [
    re.compile(rf"\b{pattern}\b", re.IGNORECASE)
    for pattern in (
        _YEAR + r"-(?P<number>[01]?\d)-" + _DAY,
        _DAY + r"\s+(?:of\s+)?" + _MONTH + r",?\s+" + _YEAR,
        _MONTH + r"\s+" + _DAY + r",?\s+" + _YEAR,
        _MONTH + r",?\s+(?:of\s+)?" + _YEAR,
        _YEAR,
    )
]
_LATEST = re.compile(
    r"\b(latest|newest|most\s+recent(ly)?|recently|currently|current|right\s+now|so\s+far|the\s+last\s+time)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\b(today|tonight|yesterday|(?:this|last|past)\s+(?:week|month|year))\b", re.IGNORECASE)


class When(NamedTuple):
    """What a question says about when.

    Attributes:
        since, until: the days that it names, or where what it wants is to be looked for.
        latest: it wants the newest, whichever that is.
    """

    since: date
    until: date
    latest: bool = False

    def closeness(self, published: Sequence[date | None]) -> list[float]:
        """How well articles fit, in [0, 1], 0 without a date.

        The days named: 1 on them, a half in the week after.  The latest: from 1 for the newest of these articles down to 0
        for the oldest, by rank, as a day matters to some news and a year to other.
        """
        if not self.latest:
            return [self._fit(day) if day else 0.0 for day in published]
        days = sorted({day for day in published if day})
        places = {day: place / (len(days) - 1) if len(days) > 1 else 1.0 for place, day in enumerate(days)}
        return [places[day] if day else 0.0 for day in published]

    def _fit(self, day: date) -> float:
        if self.since <= day <= self.until:
            return 1.0
        return 0.5 if timedelta() < day - self.until <= _GRACE else 0.0


def read_when(question: str, newest: Callable[[], date | None]) -> When | None:
    """What a question says about when; None if it says nothing.

    "Today", "last week" and their like count from the newest article, not from the clock: the same question to the same
    store has the same answer, and an archive of another time can be asked as its readers would have.

    Args:
        question: in words.
        newest: the day of the newest article, None if none has a date; called if it matters.
    """
    if (named := _named(question)) is not None:
        return named
    relative, latest = _RELATIVE.search(question), _LATEST.search(question)
    if not (relative or latest) or (today := newest()) is None:
        return None
    if relative:
        return _relative(" ".join(relative[1].lower().split()), today)
    return When(_before(today, RECENT), today, latest=True)


def _named(question: str) -> When | None:
    for pattern in _NAMED:
        if match := pattern.search(question):
            parts = match.groupdict()
            year = int(parts["year"])
            month = int(parts["number"]) if parts.get("number") else _MONTHS.get((parts.get("month") or "").lower(), 0)
            day = int(parts.get("day") or 0)
            try:
                return When(*_days(year, month, day))
            except ValueError:
                continue
    return None


def _days(year: int, month: int, day: int) -> tuple[date, date]:
    """First and last day of a year, of a month, or a day; 0 for what is not said."""
    if not month:
        return date(year, 1, 1), date(year, 12, 31)
    if not day:
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def _before(day: date, time: timedelta) -> date:
    return day - min(time, day - date.min)


def _relative(words: str, today: date) -> When:
    if words in ("today", "tonight"):
        return When(today, today)
    if words == "yesterday":
        return When(_before(today, timedelta(days=1)), today)
    which, unit = words.split()
    if unit == "week":
        return When(_before(today, timedelta(days=6 if which == "this" else 13)), today)
    if unit == "month":
        first = today.replace(day=1)
        shown = today if which == "this" or first == date.min else first - timedelta(days=1)
        return When(*_days(shown.year, shown.month, 0))
    return When(*_days(max(1, today.year - (which != "this")), 0, 0))
