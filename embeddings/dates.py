"""Dates in the ways that data sets, pages and feeds write them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
"""Names of the months in English, January first."""

_RFC_2822 = re.compile(r"(?:[a-z]{3}, *)?\d{1,2} [a-z]{3} \d{2,4} \d{1,2}:\d{2}", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[ ./-]+([a-z]{3,9})\.?,?[ ./-]+(\d{4})\b", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})\b", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})\b")


def any_date(value: object) -> date | datetime | None:
    """The date or moment that a value means, or None.

    ISO 8601, RFC 2822, `2024/02/29`, `26-FEB-1987 15:01:01.79`, `29 February 2024`, `Feb. 29, 2024 1:05 pm`, seconds
    since 1970.  A date that can mean two days, such as 3/4/2024, gives None.

    Example:
        >>> any_date("26-FEB-1987 15:01:01.79"), any_date("February 29, 2024"), any_date("3/4/2024")
        (datetime.datetime(1987, 2, 26, 15, 1, 1), datetime.date(2024, 2, 29), None)
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _since_1970(float(value))
    text = " ".join(str(value).split())[:60]
    if text.isdecimal() and len(text) != 8:
        return _since_1970(float(text)) if len(text) in (9, 10, 12, 13) else None
    with suppress(ValueError):
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    with suppress(ValueError, IndexError, OverflowError):
        return parsedate_to_datetime(text) if _RFC_2822.match(text) else _in_words(text)
    return None


def _since_1970(seconds: float) -> datetime | None:
    if seconds > 1e11:  # milliseconds
        seconds /= 1000
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(seconds, UTC) if seconds > 1e8 else None
    return None


def _in_words(text: str) -> date | datetime | None:
    if match := _NUMBERS.search(text):
        day = date(int(match[1]), int(match[2]), int(match[3]))
    elif match := _DAY_FIRST.search(text):
        day = date(int(match[3]), _month(match[2]), int(match[1]))
    elif match := _MONTH_FIRST.search(text):
        day = date(int(match[3]), _month(match[1]), int(match[2]))
    else:
        return None
    clock = _CLOCK.search(text, match.end())
    if clock is None:
        return day
    half = text[clock.end() :].strip().lower()[:2].replace(".", "")
    hour = int(clock[1]) % 12 + (12 if half.startswith("p") else 0) if half[:1] in ("a", "p") else int(clock[1])
    return datetime(day.year, day.month, day.day, hour, int(clock[2]), int(clock[3] or 0))


def _month(name: str) -> int:
    """The number of a month, 1 to 12, by its name or the first three letters; ValueError for other names."""
    return [month[:3] for month in MONTHS].index(name[:3].title()) + 1
