"""Text from articles and people made harmless to a terminal, wrapped to lines, with a range of it marked.

The range is bold.  Without colour it stands between two pairs of asterisks: unlike quotation marks they do not look
like the article's own, they are ASCII, and pasted into a chat they turn bold again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from unicodedata import category, east_asian_width

from embeddings.sentences import Span

WIDTH = 100
"""Columns that text is wrapped to at most; longer lines are hard to read."""

NOTHING = Span(0, 0)
"""The range to mark when nothing is to be marked."""

BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
MARK = "**"

_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]")
# Controls, which drive a terminal; bidirectional overrides and invisible characters, which make it show what is not
# there; half surrogates, which cannot be printed.  The two joiners stay: scripts and emoji need them.
_HARMFUL = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_UNSEEN = re.compile(f"{_HARMFUL.pattern}|[\x1c-\x1f\x85\u2028\u2029]")


def clean(text: str) -> str:
    """Makes text from an article or a person harmless to a terminal.

    Line breaks and tabs turn into spaces; control characters (so no escape sequence survives), bidirectional overrides
    and invisible characters go; everything else stays.  Each character is looked at alone, so that
    ``clean(a + b) == clean(a) + clean(b)``.
    """
    return _HARMFUL.sub("", _BREAKS.sub(" ", text))


def escape(text: str) -> str:
    """Makes text harmless to a terminal and shows what was there: ``\\u001b`` for the control character.

    JSON stays the JSON of the same value.  Line breaks and tabs are left alone.
    """
    return _UNSEEN.sub(lambda found: json.dumps(found.group())[1:-1], text)


def wrap(text: str, marked: Span = NOTHING, *, colour: bool, width: int = WIDTH, indent: str = "") -> list[str]:
    """Cleans text and wraps it to lines, with a range of it marked.

    Args:
        text: any text; runs of white space count as one space.
        marked: the characters of `text` to mark; none if it is empty.
        colour: mark with bold, on each line that the range touches; else with asterisks around the range.
        width: columns of a line, the indent included; a word that is longer is broken.
        indent: put before each line.
    """
    before, inside = _squeeze(text[: marked.start]), _squeeze(text[: marked.end])
    squeezed = _squeeze(text).rstrip(" ")
    start, end = len(before), min(len(inside), len(squeezed))
    if start < end and not colour:
        squeezed = f"{squeezed[:start]}{MARK}{squeezed[start:end]}{MARK}{squeezed[end:]}"
    lines = []
    for line in _lines(squeezed, max(width - len(indent), 10)):
        first, last = max(line.start, start), min(line.end, end)
        if colour and first < last:
            bold = f"{BOLD}{squeezed[first:last]}{RESET}"
            lines.append(f"{indent}{squeezed[line.start : first]}{bold}{squeezed[last : line.end]}")
        else:
            lines.append(indent + squeezed[line.start : line.end])
    return lines


def _squeeze(text: str) -> str:
    # Of any beginning of a text it makes a beginning of what it makes of the whole: that is how a place is found again.
    return re.sub(" +", " ", clean(text)).lstrip(" ")


def _lines(text: str, width: int) -> Iterator[Span]:
    line = NOTHING
    for word in re.finditer("[^ ]+", text):
        for bit in _bits(text, Span(*word.span()), width):
            if line.end and _columns(text[line.start : bit.end]) > width:
                yield line
                line = NOTHING
            line = Span(line.start if line.end else bit.start, bit.end)
    if line.end:
        yield line


def _bits(text: str, word: Span, width: int) -> Iterator[Span]:
    start, used = word.start, 0
    for at in range(word.start, word.end):
        columns = _columns(text[at])
        if used + columns > width:
            yield Span(start, at)
            start, used = at, 0
        used += columns
    yield Span(start, word.end)


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if category(c) in ("Mn", "Me", "Cf") else 1 + (east_asian_width(c) in "WF") for c in text)
