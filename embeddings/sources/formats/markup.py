"""Bits of HTML, as feeds carry them, as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_LEFT_OUT = ("script", "style", "template", "noscript", "svg")
_INLINE = (
    "a",
    "abbr",
    "b",
    "cite",
    "code",
    "em",
    "i",
    "img",
    "mark",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
)


def text_of(markup: str) -> str:
    """The words of some HTML, its blocks apart by blank lines.

    Example:
        >>> text_of("<p>It <b>reopened</b>.</p><script>alert(1)</script><p>On Thursday &amp; after.</p>")
        'It reopened.\\n\\nOn Thursday & after.'
    """
    parser = _Text()
    parser.feed(markup)
    parser.close()
    blocks = (" ".join(block.split()) for block in "".join(parser.parts).split("\n\n"))
    return "\n\n".join(block for block in blocks if block)


def line_of(markup: str) -> str:
    """The words of some HTML on one line."""
    return re.sub(r"\s+", " ", text_of(markup)).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._left_out = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._left_out += tag in _LEFT_OUT
        self.parts.append("" if tag in _INLINE else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        self._left_out -= tag in _LEFT_OUT and self._left_out > 0
        self.parts.append("" if tag in _INLINE else "\n\n")

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self.parts.append(re.sub(r"\s+", " ", data))
