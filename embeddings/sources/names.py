"""Titles and names as sources give them, in any condition."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

AUTHOR_CHARS = 200
"""Longest author: of the thirty authors of a study, the first few are named."""
_MAX_LINE = 500
_DEEPEST = 3  # lists of objects with lists of names
_JOINERS = "\u200c\u200d"  # part of words in some scripts, and of emoji
_SURROGATES = re.compile("[\ud800-\udfff]")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_BY = re.compile(r"(?:written\s+)?by(?:\s*:\s*|\s+)(?=\S)", re.IGNORECASE)
_ADDRESS = re.compile(r"[<(]?\b[^\s@<>()]{1,100}@[^\s@<>()]{1,100}[>)]?")
_NOBODY = frozenset(
    (
        *(
            "admin",
            "administrator",
            "anonymous",
            "author",
            "editor",
            "n/a",
            "nan",
            "none",
            "null",
            "owner",
            "root",
            "staff",
        ),
        *("microsoft office user", "python-docx", "unknown", "unknown author", "user", "webmaster", "windows user"),
    )
)


def one_line(text: str) -> str:
    """A title or a name on one line: without control characters, bidirectional overrides and invisible characters.

    Example:
        >>> one_line("Harbour\\n \\x1b[31mre\\u202eopens")
        'Harbour [31mreopens'
    """
    text = " ".join(whole_characters(text).split())
    kept = (c for c in text if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cn", "Co"))
    return " ".join("".join(kept).split())[:_MAX_LINE]


def any_author(value: object) -> str:
    """The names that a value means, on one line of at most `AUTHOR_CHARS`; empty if it names nobody.

    Web and mail addresses are left out, and so is what programs write where nobody gave a name.

    Example:
        >>> any_author("By Ann Reed"), any_author(["Ann Reed", {"name": "Bo Li"}]), any_author("ann@news.example (Ann Reed)")
        ('Ann Reed', 'Ann Reed, Bo Li', 'Ann Reed')
    """
    names = dict.fromkeys(filter(None, map(_name, _texts(value))))
    joined = ", ".join(names)
    if len(joined) <= AUTHOR_CHARS:
        return joined
    whole = joined[: AUTHOR_CHARS - 1].rpartition(", ")[0] or joined[: AUTHOR_CHARS - 1]
    return f"{whole.rstrip()}…"


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    """The texts in a value of a JSON record or a table, where lists are sometimes written as Python writes them."""
    if isinstance(value, str):
        text = value[: 20 * AUTHOR_CHARS].strip()
        if text.startswith("[") and text.endswith("]"):
            yield from (double or single for double, single in _QUOTED.findall(text))
        else:
            yield from text.split(";")
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        yield from _texts(value.get("name"), depth + 1)
    elif isinstance(value, list | tuple) and depth < _DEEPEST:
        for one in value[:AUTHOR_CHARS]:
            yield from _texts(one, depth + 1)


def _name(text: str) -> str:
    name = one_line(text)
    if "://" in name or name.startswith("www."):
        return ""
    name = _ADDRESS.sub(" ", _BY.sub("", name, count=1) if _BY.match(name) else name).strip(" ,;|-–—")
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    name = " ".join(name.split())
    return name if name.casefold() not in _NOBODY and any(c.isalpha() for c in name) else ""


def whole_characters(text: str) -> str:
    """A text without halves of characters, which neither SQLite nor a terminal takes."""
    return _SURROGATES.sub("\ufffd", text)
