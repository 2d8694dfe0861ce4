"""Filters as people write them: from words to a filter, and back into words."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from datetime import date

from embeddings.errors import QuestionError
from embeddings.filters import ArticleFilter

CONDITIONS = ("publisher", "source", "since", "until")
_USAGE = "for example: publisher Reuters since 2024-01-31"


def parse_day(text: str, what: str, *, last: bool = False) -> date:
    """A day as ``2024-01-31``; a month ``2024-01`` or a year ``2024`` stands for its first day.

    Args:
        text: what a person wrote.
        what: name of the condition, for the error.
        last: a month or a year stands for its last day instead.

    Raises:
        QuestionError: there is no such day.
    """
    match = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", text.strip(), re.ASCII)
    try:
        if match is None:
            raise ValueError(text)
        year, month, day = (int(part) if part else 0 for part in match.groups())
        month = month if match[2] else 12 if last else 1
        day = day if match[3] else calendar.monthrange(year, month)[1] if last else 1
        return date(year, month, day)
    except (ValueError, calendar.IllegalMonthError) as error:
        raise QuestionError(f"{what}: {text!r} is not a date; write 2024-01-31, 2024-01 or 2024") from error


def make_filter(
    publishers: Sequence[str] = (), sources: Sequence[str] = (), since: str | None = None, until: str | None = None
) -> ArticleFilter:
    """Makes a filter.

    Raises:
        QuestionError: a date is not one, the dates are in the wrong order, or a name is empty.
    """
    first = parse_day(since, "since") if since is not None else None
    final = parse_day(until, "until", last=True) if until is not None else None
    if first is not None and final is not None and final < first:
        raise QuestionError(f"since {first} is later than until {final}; swap the two dates")
    for kind, names in (("publisher", publishers), ("source", sources)):
        if not all(name.strip() for name in names):
            raise QuestionError(f"the name of a {kind} is empty; {_USAGE}")
    return ArticleFilter(
        publishers=tuple(name.strip() for name in publishers), sources=tuple(sources), since=first, until=final
    )


def read_filter(words: Sequence[str]) -> ArticleFilter:
    """Makes a filter from words such as ``publisher Reuters since 2024-01``; a name ends at the next condition.

    Raises:
        QuestionError: the words are not a filter, or as for `make_filter`.
    """
    given: dict[str, list[list[str]]] = {name: [] for name in CONDITIONS}
    values: list[str] | None = None
    for word in words:
        name = word.lower().rstrip(":")
        if name in CONDITIONS and (values is None or values):
            values = []
            given[name].append(values)
        elif values is None:
            raise QuestionError(f"{word}: a filter starts with {', '.join(CONDITIONS[:-1])} or until; {_USAGE}")
        else:
            values.append(word)
    for name, phrases in given.items():
        if not all(phrases):
            raise QuestionError(f"{name}: its value is missing; {_USAGE}")
        if name in ("since", "until") and len(phrases) > 1:
            raise QuestionError(f"{name}: only one is possible; {_USAGE}")
    joined = {name: [" ".join(phrase) for phrase in phrases] for name, phrases in given.items()}
    return make_filter(
        joined["publisher"], joined["source"], next(iter(joined["since"]), None), next(iter(joined["until"]), None)
    )


def describe_filter(only: ArticleFilter) -> str:
    """A filter in words; empty if it admits everything."""
    values = (" or ".join(only.publishers), " or ".join(only.sources), only.since, only.until)
    return ", ".join(f"{name} {value}" for name, value in zip(CONDITIONS, values, strict=True) if value)
