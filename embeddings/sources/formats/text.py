"""Plain text, with or without front matter.

Front matter is a block of ``key: value`` lines between two ``---`` lines at the top of the file; `title`,
`published_at` (or `date`), `url`, `author` and `publisher` are used, other keys are left alone::

    ---
    title: Harbour reopens after storm
    published_at: 2024-02-29
    url: https://news.example/harbour
    author: Ann Reed
    publisher: The Example
    ---

    The harbour reopened on Thursday ...
"""

from __future__ import annotations

import codecs
import re
from datetime import date, datetime
from typing import NamedTuple

from embeddings.articles import Article, web_url
from embeddings.errors import SourceError
from embeddings.sources.documents import Document
from embeddings.sources.facts import make_article
from embeddings.sources.formats import ArticleFormat

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_MAX_FRONT_MATTER = 20_000
_AUTHOR_KEYS = ("author", "authors", "byline")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class TextFormat(ArticleFormat):
    """Plain text, kept as it is."""

    name = "text"
    suffixes = (".txt", ".text")
    media_types = ("text/plain",)

    def article(self, document: Document, data: bytes) -> Article:
        """The text as an article, with the facts of its front matter."""
        front = read_front_matter(document.source, decode(document, data))
        return front.article(document, front.text)


class FrontMatter(NamedTuple):
    """A text and the facts above it.

    Attributes:
        text: what comes after the front matter.
        there: whether there is any.
        title, author, publisher: empty if not given.
        url, published_at: None if not given.
    """

    text: str
    there: bool = False
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
            raise SourceError(
                document.source, "holds no text" + (" after its front matter" if self.there else "; it is empty")
            )
        return make_article(
            document.source,
            text=text,
            title=self.title or document.title or title,
            url=self.url or (web_url(document.url) if document.url else None),
            author=self.author or document.author,
            publisher=self.publisher or document.publisher,
            published_at=self.published_at or document.published_at,
        )


def decode(document: Document, data: bytes) -> str:
    """Bytes as text: by their byte order mark, else as the web server says, else as UTF-8.

    Raises:
        SourceError: they are no text, or none in this encoding; it names the line.
    """
    source = document.source
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), _said(document) or "utf-8")
    if not encoding.startswith("utf-16") and b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise SourceError(source, f"line {line} holds a NUL byte; it looks like a binary file, not a text")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        read = error.object  # without the mark that the file may begin with
        line = read[: error.start].count(b"\n") + 1
        shown = encoding.removesuffix("-sig").upper()
        raise SourceError(
            source, f"not {shown}: byte 0x{read[error.start]:02x} in line {line}; convert it, for instance with iconv"
        ) from error
    if "\0" in text:
        raise SourceError(source, "holds NUL characters; it looks like a binary file, not a text")
    return text


def _said(document: Document) -> str | None:
    """The charset that a web server names, if it is one that text can be in."""
    try:
        name = codecs.lookup(document.charset or "").name
        "".encode(name)  # some codecs are for other things than text
    except (LookupError, UnicodeError, ValueError):
        return None
    return name


def read_front_matter(source: str, text: str) -> FrontMatter:
    """Parts a text from the front matter above it.

    Raises:
        SourceError: a line of it cannot be understood; it names the line.
    """
    match = _FRONT_MATTER.match(text[:_MAX_FRONT_MATTER])
    if match is None:
        return FrontMatter(text)
    facts = _parse(source, match.group(1))
    return FrontMatter(
        text[match.end() :],
        True,
        facts.get("title", (0, ""))[1],
        next((facts[key][1] for key in _AUTHOR_KEYS if key in facts), ""),
        facts.get("publisher", (0, ""))[1],
        _url(source, *facts["url"]) if "url" in facts else None,
        _date(source, *facts["published_at"]) if "published_at" in facts else None,
    )


def _parse(source: str, block: str) -> dict[str, tuple[int, str]]:
    facts = {}
    for number, line in enumerate(block.split("\n"), start=2):
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
    return facts


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
