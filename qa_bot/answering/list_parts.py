"""Answers that list several things: the pieces of the answer, each with its place, in the order of the text."""

from __future__ import annotations

import re
from collections.abc import Collection

from embeddings.sentences import Span
from qa_bot.answering.same_answer import Kind, meaning_of

_BETWEEN = re.compile(r"\s*[,;]\s*(?:(?:and|or)\s+)?|\s+(?:and|or|&)\s+")
_THE = re.compile(r"(?:the\s+)?", re.I)
_LAST = re.compile(r"(?:\b(?:and|or)|&)\s+$")

DATE_WORDS = 5
"""Words of the longest date; what is longer names other things, too."""


def list_parts(text: str, answer: Span, others: Collection[Span]) -> list[Span]:
    """The pieces of an answer that is a list.

    A list is written with commas, and "and" or "or" before its last piece.  As names are written so, too ("Johnson and
    Johnson"), and descriptions after a name, the reader must bear the list out: one of its other spans begins or ends
    where a piece does.

    Args:
        text: that the answer is in.
        answer: its range, in characters of the text.
        others: ranges of the other spans that the reader found in the sentence.

    Returns:
        At least two ranges, in the order of the text; none if the answer is no list.
    """
    words = text[answer.start : answer.end]
    if meaning_of(words).kind is Kind.DATE and len(words.split()) <= DATE_WORDS:
        return []
    gaps = [Span(gap.start() + answer.start, gap.end() + answer.start) for gap in _BETWEEN.finditer(words)]
    if not gaps or not _LAST.search(text[gaps[-1].start : gaps[-1].end]):
        return []
    begin, end = {other.start for other in others}, {other.end for other in others}
    if not any(gap.start in end or begin & {gap.end, _THE.match(text, gap.end).end()} for gap in gaps):  # type: ignore[union-attr]
        return []
    starts, ends = [answer.start, *(gap.end for gap in gaps)], [*(gap.start for gap in gaps), answer.end]
    pieces = [Span(start, end) for start, end in zip(starts, ends, strict=True)]
    return pieces if all(any(map(str.isalnum, text[start:end])) for start, end in pieces) else []
