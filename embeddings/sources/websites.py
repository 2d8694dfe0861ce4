"""What a URL leads to: a page, a feed, a sitemap or a file; its content tells which.

A page is fetched when it is read, and only if it may have changed.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources import Entry, Source
from embeddings.sources.context import SourceContext
from embeddings.sources.documents import digest, page_document
from embeddings.sources.facts import NO_FACTS, Facts
from embeddings.sources.formats import ArticleFormat, format_named, format_of, read_article
from embeddings.sources.globs import matches
from embeddings.sources.unpacking import Unpacker, UnpackingError
from embeddings.sources.web.fetcher import Fetched

_MOST_REMEMBERED = 1_000_000
"""Longest list that is stored, in characters; a longer one is always fetched in full."""


class Link(NamedTuple):
    """What a list says about a page.

    Attributes:
        url: of the page, in its normal form.
        facts: about the article on it.
        stamp: what changes when the page changes, its date of change for instance; empty if the list does not say.
    """

    url: str
    facts: Facts = NO_FACTS
    stamp: str = ""


def page_entry(link: Link, context: SourceContext, fetched: Fetched | None = None) -> Entry:
    """The article on a page.

    Its sync state is the server's validators and what the list said.  It counts only while the store holds the article, so
    an article that was removed, or never committed, is fetched again.  `fetched` is the page, if it was fetched already.
    """
    sync_state: dict[str, str] = {}
    return Entry(link.url, partial(_read_page, link, context, fetched, sync_state), lambda: sync_state)


def _read_page(
    link: Link, context: SourceContext, fetched: Fetched | None, sync_state: dict[str, str]
) -> Article | None:
    key = f"page:{link.url}"
    known = context.sync_facts(key) if context.holds(link.url) else {}
    title, _, author, publisher, published_at = link.facts
    facts_digest = digest("\n".join([title, publisher, str(published_at), *([str(author)] if author else [])]).encode())
    if known.get("said") != facts_digest:
        known = {}  # the article would differ, even if the page does not
    if link.stamp and known.get("stamp") == link.stamp:
        return None
    fetched = fetched or context.fetcher.fetch(link.url, known)
    article = _article(link, context, fetched) if fetched.modified else None
    validators = {name: value for name, value in fetched.validators.items() if name not in ("said", "stamp")}
    sync_state[key] = json.dumps({**validators, "said": facts_digest, "stamp": link.stamp})
    return article


def _article(link: Link, context: SourceContext, fetched: Fetched) -> Article:
    name = context.options.format
    if name is not None and not isinstance(format_named(name), ArticleFormat):  # named for the list, not for its pages
        context = replace(context, options=context.options.model_copy(update={"format": None}))
    document = replace(page_document(link.url, fetched, context), facts=link.facts)
    page_format = format_of(document)
    if not isinstance(page_format, ArticleFormat):
        raise SourceError(link.url, f"is a list of articles ({page_format.name}), not an article; index it by itself")
    return read_article(page_format, document, document.read())


def admitted(links: Iterable[Link], context: SourceContext) -> Iterator[Link]:
    """The links whose paths the options admit, each page once."""
    include, exclude = context.options.include, context.options.exclude
    seen = set()
    for link in links:
        path = unquote(urlsplit(link.url).path).lstrip("/")
        let_in = not include or any(matches(path, pattern) for pattern in include)
        if let_in and link.url not in seen and not any(matches(path, pattern) for pattern in exclude):
            seen.add(link.url)
            yield link


class WebSource(Source):
    """A URL that a person named.

    The store keeps a feed or sitemap once all of its entries were read, so that the server sends it again only if it has
    changed.
    """

    nothing_found = "names no articles"

    def __init__(self, url: str, context: SourceContext) -> None:
        super().__init__(url)
        # Nor is a page complete: where a list was before, it is more likely an error page than news that all is gone.
        self.complete = False
        self._context = context
        self._sync_state: dict[str, str] = {}

    def entries(self) -> Iterator[Entry]:
        """The page itself, or what the feed or sitemap leads to."""
        url, context = self.location, self._context
        if context.sync_facts(f"page:{url}") and context.holds(url):
            yield page_entry(Link(url), context)
            return
        fetched = self._fetch()
        document = page_document(url, fetched, context)
        page_format = format_of(document)
        if isinstance(page_format, ArticleFormat):
            yield page_entry(Link(url), context, fetched)
            return
        self._sync_state = {f"list:{url}": _packed(fetched)}
        yield from page_format.entries(document)
        self.complete = page_format.complete and not document.missing

    def sync_state(self) -> Mapping[str, str]:
        """The feed or sitemap, with the server's validators."""
        return self._sync_state

    def _fetch(self) -> Fetched:
        """The list as it is now; the stored copy if the server says that nothing changed."""
        known = self._context.sync_facts(f"list:{self.location}")
        body = _unpacked(known.get("body", ""))
        fetched = self._context.fetcher.fetch(self.location, known if body else {})
        if fetched.modified:
            return fetched
        validators = {name: value for name, value in fetched.validators.items() if name in ("etag", "last-modified")}
        url, media_type = known.get("url", self.location), known.get("media_type", "")
        return Fetched(url, True, body, media_type, known.get("charset") or None, validators)


def _packed(fetched: Fetched) -> str:
    body = base64.b64encode(zlib.compress(fetched.body, 9)).decode()
    facts = {"url": fetched.url, "media_type": fetched.media_type, "charset": fetched.charset or "", "body": body}
    return json.dumps({**fetched.validators, **facts} if fetched.validators and len(body) < _MOST_REMEMBERED else {})


def _unpacked(body: str) -> bytes:
    try:
        return b"".join(Unpacker(50_000_000, deflate=True).feed(base64.b64decode(body)))
    except (ValueError, UnpackingError):
        return b""
