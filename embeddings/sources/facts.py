"""Facts about an article: sources give them in any condition, here they are made harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

from embeddings.articles import Article, article_id, opening_words
from embeddings.errors import SourceError
from embeddings.text import squeeze

AUTHOR_CHARS = 200
"""Longest author, in characters: of the thirty authors of a study, the first few are named."""
_MAX_LINE = 500
_DEEPEST = 3  # lists of objects with lists of names
_SURROGATES = re.compile("[\ud800-\udfff]")  # halves of characters, which neither SQLite nor a terminal takes
_JOINERS = "\u200c\u200d"  # part of words in some scripts, and of emoji
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_BY = re.compile(r"(?:written\s+)?by(?:\s*:\s*|\s+)(?=\S)", re.IGNORECASE)
_ADDRESS = re.compile(r"[<(]?\b[^\s@<>()]{1,100}@[^\s@<>()]{1,100}[>)]?")
_NOBODY = frozenset((
    "admin", "administrator", "anonymous", "author", "editor", "microsoft office user", "n/a", "nan", "none", "null",
    "owner", "python-docx", "root", "staff", "unknown", "unknown author", "user", "webmaster", "windows user",
))  # fmt: skip
"""What programs write where nobody gave a name."""


class Facts(NamedTuple):
    """What a source says about an article besides its text; empty where it says nothing.

    Attributes:
        title: on one line or several.
        url: http(s), as `web_url` gives it.
        author: one or several, as `any_author` takes them.
        publisher: on one line or several.
        published_at: a day or a moment.
    """

    title: str = ""
    url: str | None = None
    author: object = None
    publisher: str = ""
    published_at: date | datetime | None = None

    def over(self, others: Facts) -> Facts:
        """These facts, and the others where these are empty."""
        return Facts._make(own or other for own, other in zip(self, others, strict=True))


NO_FACTS = Facts()


def make_article(source: str, text: str, facts: Facts = NO_FACTS) -> Article:
    """An article with harmless facts; its text stays as it is, but for NULs and halves of characters.

    If there is no title in the facts, the opening words become the title.

    Raises:
        SourceError: there are no words in the text.
    """
    text = _SURROGATES.sub("\ufffd", text.replace("\0", "")).strip()
    if not text:
        raise SourceError(source, "holds no text")
    if not any(map(str.isalnum, text)):
        raise SourceError(source, "holds no words")
    return Article(
        id=article_id(source),
        title=one_line(facts.title) or one_line(opening_words(text)) or "…",
        text=text,
        url=facts.url,
        author=any_author(facts.author) or None,
        publisher=one_line(facts.publisher) or None,
        published_at=facts.published_at,
        source=source,
    )


def one_line(text: str) -> str:
    r"""A title or a name on one line of at most 500 characters, without invisible and undefined characters.

    Example:
        >>> one_line("Harbour\n \x1b[31mre\u202eopens")
        'Harbour [31mreopens'
    """
    text = _SURROGATES.sub("\ufffd", text)
    return squeeze("".join(c for c in text if c.isprintable() or c.isspace() or c in _JOINERS))[:_MAX_LINE]


def any_author(value: object) -> str:
    """The names in a value, on one line of at most `AUTHOR_CHARS`; empty if it names nobody.

    Leaves out web and mail addresses, and what programs write where nobody gave a name.

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
    """The texts in a value of a JSON record or a table, where some lists are in Python's notation."""
    if isinstance(value, str):
        text = value[: 20 * AUTHOR_CHARS].strip()
        if text.startswith("[") and text.endswith("]"):
            yield from (double or single for double, single in _QUOTED.findall(text))
        else:
            yield from text.split(";")
    elif isinstance(value, Mapping) and depth < _DEEPEST:
        yield from _texts(value.get("name"), depth + 1)
    elif isinstance(value, list | tuple) and depth < _DEEPEST:
        for item in value[:AUTHOR_CHARS]:
            yield from _texts(item, depth + 1)


def _name(text: str) -> str:
    name = one_line(text)
    if "://" in name or name.startswith("www."):
        return ""
    name = _ADDRESS.sub(" ", _BY.sub("", name, count=1) if _BY.match(name) else name).strip(" ,;|-–—")
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1]
    name = " ".join(name.split())
    return name if name.casefold() not in _NOBODY and any(c.isalpha() for c in name) else ""
