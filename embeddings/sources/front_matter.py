"""Facts that a person writes above a text, or in a side-car beside a file.

Front matter is a block of ``key: value`` lines between two ``---`` lines at the top of a text. `title`, `published_at`
(or `date`), `url`, `author` and `publisher` are used, other keys are left alone::

    ---
    title: Harbour reopens after storm
    published_at: 2024-02-29
    url: https://news.example/harbour
    author: Ann Reed
    publisher: The Example
    ---

    The harbour reopened on Thursday ...

The side-car of `harbour.txt` is the file `harbour.txt.meta` in the same folder.  It holds the same lines, with or
without the ``---``, and counts before what the file says itself.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

from embeddings.articles import Article, web_url
from embeddings.errors import SourceError
from embeddings.sources.documents import Document, decode
from embeddings.sources.facts import NO_FACTS, Facts, make_article

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_MAX_CHARS = 20_000
_AUTHOR_KEYS = ("author", "authors", "byline")


class FrontMatter(NamedTuple):
    """The facts above a text, None if there is no front matter, and the text below it."""

    facts: Facts | None
    text: str

    def article(self, document: Document, text: str, title: str = "") -> Article:
        """The article: what the front matter says counts before what a list or the text says.

        Raises:
            SourceError: there is no text.
        """
        if not text.strip():
            reason = "; it is empty" if self.facts is None else " after its front matter"
            raise SourceError(document.source, f"holds no text{reason}")
        own = Facts(title=title, url=web_url(document.url))
        return make_article(document.source, text, (self.facts or NO_FACTS).over(document.facts).over(own))


def read_front_matter(source: str, text: str) -> FrontMatter:
    """Separates a text from the front matter above it.

    Raises:
        SourceError: a line of it cannot be understood; it names the line.
    """
    match = _FRONT_MATTER.match(text[:_MAX_CHARS])
    return FrontMatter(_parse(source, match[1], 2), text[match.end() :]) if match else FrontMatter(None, text)


def read_side_car(document: Document) -> Facts:
    """The facts in a document that is a side-car.

    Raises:
        SourceError: it cannot be read, or a line of it cannot be understood; it names the line and the next step.
    """
    try:
        text = decode(document, document.read())
        if len(text) > _MAX_CHARS:
            raise SourceError(document.source, f"is longer than {_MAX_CHARS:,} characters, which no list of facts is")
        return _parse(document.source, text, 1)
    except SourceError as error:
        reason = f"{error.reason}; correct this file: until then its article is indexed without it"
        raise SourceError(error.source, reason) from error


def _parse(source: str, block: str, first_line: int) -> Facts:
    lines: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(block.split("\n"), start=first_line):
        key, colon, value = line.partition(":")
        if not line.strip() or line.lstrip().startswith("#") or line[:1].isspace() or line.startswith("-"):
            continue
        if not colon:
            raise SourceError(source, f"line {number} of the front matter is not `key: value`")
        key, value = key.strip().lower(), " ".join(value.split())
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1].strip()
        if value:
            lines["published_at" if key == "date" else key] = (number, value)
    return Facts(
        title=lines.get("title", (0, ""))[1],
        url=_url(source, *lines["url"]) if "url" in lines else None,
        author=next((lines[key][1] for key in _AUTHOR_KEYS if key in lines), None),
        publisher=lines.get("publisher", (0, ""))[1],
        published_at=_date(source, *lines["published_at"]) if "published_at" in lines else None,
    )


def _url(source: str, line: int, value: str) -> str:
    url = web_url(value)
    if url is None:
        raise SourceError(source, f"line {line}: url {value!r} is not an http or https address")
    return url


def _date(source: str, line: int, value: str) -> date | datetime:
    try:
        return date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
    except ValueError as error:
        raise SourceError(source, f"line {line}: published_at {value!r} is not a date like 2024-02-29") from error
