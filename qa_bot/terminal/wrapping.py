"""Text from articles and people, made harmless to a terminal and wrapped to lines, with a range of it marked.

The range is bold.  Without colour it stands between two pairs of asterisks: unlike quotation marks, they are not taken for
the article's own; they are ASCII; and pasted into a chat they turn bold again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from embeddings.sentences import Span
from embeddings.text import INVISIBLE, visible

WIDTH = 100
"""Columns that text is wrapped to at most; longer lines are hard to read."""

NOTHING = Span(0, 0)
"""The range to mark when nothing is to be marked."""

BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
MARK = "**"

_TO_ESCAPE = re.compile(f"[{INVISIBLE}\x1c-\x1f\x85\u2028\u2029]")
_COLUMN = re.compile(r" *\S+(?: \S+)* {2,}(?=\S)")
_LATIN = re.compile("[ -~\xa0-\u02ff\u2010-\u2027]*")
"""One column a character.  Most text needs no more, and the tables of wcwidth take a while to load."""


def escape(text: str) -> str:
    r"""Makes text harmless to a terminal and shows what was in it: ``\u001b`` for the control character.

    JSON stays the JSON of the same value.  Line breaks and tabs stay as they are.
    """
    return _TO_ESCAPE.sub(lambda match: json.dumps(match.group())[1:-1], text)


def wrap(text: str, marked: Span = NOTHING, *, colour: bool, width: int = WIDTH, indent: str = "") -> list[str]:
    """Makes text visible and wraps it to lines, with a range of it marked.

    Args:
        text: any text; a run of white space counts as one space.
        marked: the characters of `text` to mark; none if it is empty.
        colour: mark with bold, on each line that the range touches; else with asterisks around the range.
        width: columns of a line, with the indent; a longer word is broken.
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


def break_line(line: str, width: int) -> list[str]:
    """Breaks a line that is too long between words; what follows is indented as far as its second column of text.

    A line that fits, one with escape sequences, and a word that is longer than a line, an address say, stay as they are.

    Example:
        >>> break_line("  /more   shows more answers, or what came closest", 30)
        ['  /more   shows more answers,', '          or what came closest']
    """
    if len(line) <= width or "\x1b" in line:
        return [line]
    column = _COLUMN.match(line)
    indent = column.end() if column else len(line) - len(line.lstrip())
    if indent > width // 2:
        indent = 0
    from textwrap import wrap as wrap_words

    return wrap_words(
        line,
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    ) or [line]


def hyperlink(url: str, text: str) -> str:
    """Text that opens an address when it is clicked (OSC 8); a terminal that makes no links shows the text alone.

    Args:
        url: of printable ASCII.
        text: harmless to a terminal.

    Raises:
        ValueError: the address has other characters, which could end the link.
    """
    if not (url.isascii() and url.isprintable()):
        raise ValueError(f"not an address of printable ASCII: {url!a}")
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"


def _squeeze(text: str) -> str:
    # A prefix of the text becomes a prefix of the result, so the squeezed prefix tells where a place has moved to.
    return re.sub(" +", " ", visible(text)).lstrip(" ")


def _lines(text: str, width: int) -> Iterator[Span]:
    if _LATIN.fullmatch(text):
        from textwrap import wrap
    else:
        from wcwidth import wrap
    end = 0
    for line in wrap(text, width, break_on_hyphens=False):
        start = text.index(line, end)
        end = start + len(line)
        yield Span(start, end)
