"""The formats that articles come in.

A format is a subclass of `ArticleFormat` (one article in a document) or of `Format` (many), in its own file.  It is
found by an entry point of the group `qa_bot.sources`, so that other packages can add formats::

    [project.entry-points."qa_bot.sources"]
    epub = "my_package.epub:EpubFormat"
"""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cache, partial
from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import ClassVar

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources import Entry
from embeddings.sources.documents import Document, digest
from embeddings.sources.facts import NO_FACTS, Facts, make_article, one_line
from embeddings.sources.front_matter import read_side_car

GROUP = "qa_bot.sources"
_OURS = {
    "pdf": "embeddings.sources.formats.pdf:PdfFormat",
    "docx": "embeddings.sources.formats.docx:DocxFormat",
    "feed": "embeddings.sources.formats.feeds:FeedFormat",
    "sitemap": "embeddings.sources.formats.sitemaps:SitemapFormat",
    "html": "embeddings.sources.formats.html:HtmlFormat",
    "jsonl": "embeddings.sources.formats.jsonl:JsonLinesFormat",
    "csv": "embeddings.sources.formats.tables:TableFormat",
    "markdown": "embeddings.sources.formats.markdown:MarkdownFormat",
    "text": "embeddings.sources.formats.text:TextFormat",
}
"""In the order in which they are asked whether they recognise a document."""


class Format(ABC):
    """A way to write articles.

    Attributes:
        name: for the option `format`.
        suffixes: of file names, in lower case, without `.gz`; they choose the files of a folder.
        media_types: what web servers call it.
        complete: whether a document in this format lists everything, so that what it no longer lists is gone.
    """

    name: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]] = ()
    media_types: ClassVar[tuple[str, ...]] = ()
    complete: ClassVar[bool] = True

    def recognises(self, head: bytes) -> bool:
        """Whether the first 2,000 bytes of a document can only be in this format."""
        return False

    @abstractmethod
    def entries(self, document: Document) -> Iterator[Entry]:
        """The articles in a document.

        Raises:
            SourceError: it cannot be read as a whole; one article that cannot be read fails when it is read.
        """


class ArticleFormat(Format):
    """A format with one article in a document.

    Attributes:
        version: to be increased when the same document gives another article than before.
        slow: whether reading takes long, so that an unchanged document is recognised by its digest, and any other is read in the
            sandbox.
    """

    version: ClassVar[int] = 1
    slow: ClassVar[bool] = False

    @abstractmethod
    def article(self, document: Document, data: bytes) -> Article:
        """The article in a document, of which `data` is all the bytes.

        Raises:
            SourceError: there is none in it, or it is damaged.
        """

    def entries(self, document: Document) -> Iterator[Entry]:
        """The article; after it an entry that fails, if the side-car cannot be read."""
        facts = NO_FACTS
        broken: SourceError | None = None
        if document.side_car is not None:
            try:
                facts = read_side_car(document.side_car)
            except SourceError as error:
                broken = error
        sync_state: dict[str, str] = {}
        yield Entry(document.source, partial(_read, self, document, facts, sync_state), lambda: sync_state)
        if broken is not None:
            yield Entry(broken.source, partial(refuse, broken))


def refuse(error: SourceError) -> Article:
    """Reads an entry that cannot be read.

    Raises:
        SourceError: this one.
    """
    raise error


def read_article(article_format: ArticleFormat, document: Document, data: bytes) -> Article:
    """The article in a document; turns every failure of the parser into an error for people.

    Raises:
        SourceError: there is none in it, or it is damaged.
    """
    try:
        if article_format.slow:
            kind, document_facts = type(article_format), (document.media_type, document.charset, document.url)
            place = f"{kind.__module__}:{kind.__qualname__}"
            read = (place, data, document.source, *document_facts, document.facts)
            fields = document.context.sandbox.call(document.source, f"{__name__}:read_in_sandbox", *read)
            return Article.model_validate_json(fields)
        return article_format.article(document, data)
    except SourceError:
        raise
    except Exception as error:  # one document must not stop the others
        reason = f"cannot be read as {article_format.name} ({type(error).__name__}: {one_line(str(error))[:200]})"
        raise SourceError(document.source, reason) from error


def read_in_sandbox(
    place: str, data: bytes, source: str, media_type: str, charset: str | None, url: str | None, facts: Facts
) -> str:
    """The article in a document, as JSON; for `Sandbox.call`.

    Args:
        place: of the format's class, as `module:name`.
        data: all the bytes of the document.
        source: and what follows, attributes of the document.
        media_type: of it.
        charset: of it.
        url: of it.
        facts: of it.

    Raises:
        SourceError: there is none in it, or it is damaged.
    """
    document = Document(source, partial(io.BytesIO, data), media_type=media_type, charset=charset, url=url, facts=facts)
    article_format: ArticleFormat = resolve_name(place)()
    return article_format.article(document, data).model_dump_json()


def _read(
    article_format: ArticleFormat, document: Document, facts: Facts, sync_state: dict[str, str]
) -> Article | None:
    """The article, with the facts of its side-car before its own; None if a slow format would give the stored one again."""
    data, key = document.read(), f"file:{document.source}"
    if article_format.slow:
        stamp = f"{article_format.name} {article_format.version} {digest(data)}"
        stamp += f" {digest(repr(facts).encode())}" if facts != NO_FACTS else ""
        if document.context.sync_state(key) == stamp and document.context.holds(document.source):
            return None
    article = read_article(article_format, document, data)
    if facts != NO_FACTS:
        own = Facts(article.title, article.url, article.author, article.publisher or "", article.published_at)
        article = make_article(article.source, article.text, facts.over(own))
    if article_format.slow:
        sync_state[key] = stamp
    return article


@cache
def known_formats() -> dict[str, Format]:
    """All formats by name: ours, then those of other packages.

    Raises:
        SourceError: one of those cannot be loaded; it names the package.
    """
    formats: dict[str, Format] = {name: resolve_name(place)() for name, place in _OURS.items()}
    for point in entry_points(group=GROUP):
        if point.value in _OURS.values():
            continue
        package = point.dist.name if point.dist else point.value
        try:
            added = point.load()()
        except Exception as error:  # whatever somebody else's code does
            raise SourceError(package, f"its format {point.name} cannot be loaded ({error}); uninstall it") from error
        if not isinstance(added, Format):
            reason = f"its format {point.name} is not an embeddings.sources.formats.Format; uninstall it"
            raise SourceError(package, reason)
        formats[point.name] = added
    return formats


def format_named(name: str) -> Format:
    """The format with a name that a person gave.

    Raises:
        SourceError: there is no such format.
    """
    formats = known_formats()
    if name not in formats:
        raise SourceError(f"format {name}", f"there is no such format; use one of {', '.join(sorted(formats))}")
    return formats[name]


def format_of_file(path: str) -> Format | None:
    """The format that a file name tells, by its suffix in upper or lower case; that of a packed file is before `.gz`."""
    suffix = os.path.splitext(path.lower().removesuffix(".gz"))[1]
    return next((known for known in reversed(known_formats().values()) if suffix in known.suffixes), None)


def format_of(document: Document) -> Format:
    """The format of any document: from the options, its suffix or its beginning, else plain text."""
    formats = known_formats()
    if document.context.options.format:
        return format_named(document.context.options.format)
    named = format_of_file(document.source.partition("?")[0] if document.url else document.source)
    if named is not None and document.url is None:
        return named
    head = document.head()
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    recognised = next((known for known in formats.values() if known.recognises(head)), None)
    if recognised is not None:
        return recognised
    typed = [known for known in formats.values() if document.media_type in known.media_types]
    if named is not None and (not typed or document.media_type == "text/plain"):
        return named
    return typed[-1] if typed else formats["text"]
