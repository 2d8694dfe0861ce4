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
from embeddings.sources.facts import any_author, make_article, one_line

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_MAX_CHARS = 20_000
_AUTHOR_KEYS = ("author", "authors", "byline")


class FrontMatter(NamedTuple):
    """A text and the facts above it.

    Attributes:
        text: what comes after the front matter.
        present: whether there is any.
        title, author, publisher: empty if not given.
        url, published_at: None if not given.
    """

    text: str = ""
    present: bool = False
    title: str = ""
    author: str = ""
    publisher: str = ""
    url: str | None = None
    published_at: date | datetime | None = None

    def article(self, document: Document, text: str, title: str = "") -> Article:
        """The article: what the front matter says counts before what the text or a list says.

        Raises:
            SourceError: there is no text.
        """
        if not text.strip():
            reason = " after its front matter" if self.present else "; it is empty"
            raise SourceError(document.source, f"holds no text{reason}")
        return make_article(
            document.source,
            text=text,
            title=self.title or document.title or title,
            url=self.url or (web_url(document.url) if document.url else None),
            author=self.author or document.author,
            publisher=self.publisher or document.publisher,
            published_at=self.published_at or document.published_at,
        )

    def override(self, article: Article) -> Article:
        """The article with these facts in place of its own."""
        facts = {
            "title": one_line(self.title),
            "url": self.url,
            "author": any_author(self.author),
            "publisher": one_line(self.publisher),
            "published_at": self.published_at,
        }
        return article.model_copy(update={name: value for name, value in facts.items() if value})


def read_front_matter(source: str, text: str) -> FrontMatter:
    """Parts a text from the front matter above it.

    Raises:
        SourceError: a line of it cannot be understood; it names the line.
    """
    match = _FRONT_MATTER.match(text[:_MAX_CHARS])
    return _parse(source, match[1], 2, text[match.end() :]) if match else FrontMatter(text)


def read_side_car(document: Document) -> FrontMatter:
    """The facts in a side-car.

    Args:
        document: the side-car itself.

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


def _parse(source: str, block: str, first_line: int, text: str = "") -> FrontMatter:
    facts: dict[str, tuple[int, str]] = {}
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
            facts["published_at" if key == "date" else key] = (number, value)
    return FrontMatter(
        text,
        True,
        facts.get("title", (0, ""))[1],
        next((facts[key][1] for key in _AUTHOR_KEYS if key in facts), ""),
        facts.get("publisher", (0, ""))[1],
        _url(source, *facts["url"]) if "url" in facts else None,
        _date(source, *facts["published_at"]) if "published_at" in facts else None,
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
