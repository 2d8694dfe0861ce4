"""What is invisible in a text, and how its white space is squeezed: defined once, for every part."""

from __future__ import annotations

import re

BREAKS = "\t-\r\x1c-\x1f\x85\u2028\u2029"
"""Tabs and line breaks of every kind, for a character class."""

INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls, which drive a terminal
    "\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # what hides or turns text round
    "\ud800-\udfff"  # half surrogates, which cannot be encoded
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"  # format controls of scores and shorthand, tags
)
"""Characters that nobody sees, for a character class.

U+200C and U+200D stay visible: scripts and emoji need them.
"""

_BREAKS = re.compile(f"[{BREAKS}]")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")


def visible(text: str) -> str:
    r"""Drops invisible characters and turns tabs and line breaks into spaces.

    Each character is looked at alone, so ``visible(a + b) == visible(a) + visible(b)``.

    Example:
        >>> visible("Harbour\n\x1b[31mre\u202eopens")
        'Harbour [31mreopens'
    """
    return _INVISIBLE.sub("", _BREAKS.sub(" ", text))


def squeeze(text: str) -> str:
    r"""What is visible, on one line: runs of white space become one space, and none is left at the ends.

    Example:
        >>> squeeze("  Harbour \n\u200b reopens ")
        'Harbour reopens'
    """
    return " ".join(visible(text).split())
