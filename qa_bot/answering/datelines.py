"""The day on which an article without a date was published, where its first lines say so."""

from __future__ import annotations

import re
from datetime import date, datetime

from embeddings.dates import any_date

LOOKED_AT = 800
"""Characters of a text that are looked at."""

_LONGEST = 120
_WORDS = 12
_DATE = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th)?\s+[a-z]{3,9}\.?,?\s+\d{4}|[a-z]{3,9}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4}"
    r"|\d{4}-\d{2}-\d{2})\b",
    re.IGNORECASE,
)
_DATELINE = re.compile(r"\s*(?:\([^()]{1,30}\)\s*)?(?:[-–—:]|--)\s")


def date_in_text(text: str) -> date | None:
    """The day that an article's first lines give as their own; None if they give none.

    That is a date in a short line that is no sentence ("Thursday, October 10, 2019", "Published on 3 May 2014", "For Immediate
    Release March 3, 2009"), or in a dateline ("BRUSSELS, Feb. 16, 2017 (Reuters) - ").  A date inside a sentence is what the
    article tells of.

    Example:
        >>> date_in_text("BRUSSELS, Feb. 16, 2017 (Reuters) - The minister spoke.")
        datetime.date(2017, 2, 16)
        >>> date_in_text("On August 20, 1977, a probe left for Neptune.")
    """
    for line in text[:LOOKED_AT].split("\n"):
        squeezed = " ".join(line.replace("_", " ").split())
        for match in _DATE.finditer(squeezed):
            if _is_label(squeezed) or _opens(squeezed, match):
                moment = any_date(match.group())
                if moment is not None:
                    return moment.date() if isinstance(moment, datetime) else moment
    return None


def _is_label(line: str) -> bool:
    """Whether a line is too short to be a sentence, and does not end like one."""
    return len(line) <= _LONGEST and len(re.findall(r"[^\W\d_]+", line)) <= _WORDS and line[-1] not in '.!?;,:…"”'


def _opens(line: str, date_in_line: re.Match[str]) -> bool:
    """Whether a date is in the dateline before a report: after a place, before a dash."""
    before = re.findall(r"[^\W\d_]+", line[: date_in_line.start()])
    place = 0 < len(before) <= 4 and all(word[0].isupper() for word in before)
    return place and bool(_DATELINE.match(line, date_in_line.end()))
