"""Pages: fetched one at a time, when they are read, and only if they may have changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources import Entry
from embeddings.sources.context import SourceContext
from embeddings.sources.documents import digest, page_document
from embeddings.sources.facts import NO_FACTS, Facts
from embeddings.sources.formats import ArticleFormat, format_named, format_of, read_article
from embeddings.sources.globs import matches
from embeddings.sources.web.fetcher import Fetched


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

    Args:
        link: to the page.
        context: with the way to the web.
        fetched: the page, if it was fetched already.
    """
    page = _Page(link, context, fetched)
    return Entry(link.url, page.read, page.sync_state)


def page_key(url: str) -> str:
    """The key of a page's sync state."""
    return f"page:{url}"


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


class _Page:
    """A page and its sync state: the server's validators and what the list said.

    The state counts only while the store holds the article, so an article that was removed, or never committed, is fetched
    again.
    """

    def __init__(self, link: Link, context: SourceContext, fetched: Fetched | None) -> None:
        self._link = link
        self._context = context
        self._fetched = fetched
        self._sync_state: dict[str, str] = {}

    def read(self) -> Article | None:
        link, key = self._link, page_key(self._link.url)
        known = self._context.sync_facts(key) if self._context.holds(link.url) else {}
        title, _, author, publisher, published_at = link.facts
        facts_digest = digest(
            "\n".join([title, publisher, str(published_at), *([str(author)] if author else [])]).encode()
        )
        if known.get("said") != facts_digest:
            known = {}  # the article would differ, even if the page does not
        if link.stamp and known.get("stamp") == link.stamp:
            return None
        fetched = self._fetched or self._context.fetcher.fetch(link.url, known)
        article = self._article(fetched) if fetched.modified else None
        validators = {name: value for name, value in fetched.validators.items() if name not in ("said", "stamp")}
        self._sync_state = {key: json.dumps({**validators, "said": facts_digest, "stamp": link.stamp})}
        return article

    def sync_state(self) -> Mapping[str, str]:
        return self._sync_state

    def _article(self, fetched: Fetched) -> Article:
        link = self._link
        document = replace(page_document(link.url, fetched, _for_pages(self._context)), facts=link.facts)
        page_format = format_of(document)
        if not isinstance(page_format, ArticleFormat):
            raise SourceError(
                link.url, f"is a list of articles ({page_format.name}), not an article; index it by itself"
            )
        return read_article(page_format, document, document.read())


def _for_pages(context: SourceContext) -> SourceContext:
    """The context without a format that a person named for the list, not for its pages."""
    name = context.options.format
    if name is None or isinstance(format_named(name), ArticleFormat):
        return context
    return replace(context, options=context.options.model_copy(update={"format": None}))
