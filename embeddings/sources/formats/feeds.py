"""RSS and Atom feeds: one article per item, from its page, or from the feed if that has the whole text."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from html.parser import HTMLParser
from typing import Any

from embeddings.articles import web_url
from embeddings.dates import any_date
from embeddings.errors import SourceError
from embeddings.sources import Entry
from embeddings.sources.documents import Document, digest
from embeddings.sources.facts import Facts, any_author, make_article, one_line
from embeddings.sources.formats import Format
from embeddings.sources.web.addresses import normal_url
from embeddings.sources.websites import Link, admitted, page_entry
from embeddings.sources.xml import XmlError, beginning, check_entities

MAX_BYTES = 5_000_000
MAX_TAGS = 200_000
"""Largest feed: a feed names its latest articles only."""
_WHOLE = 1000
"""An item's text of so many characters or more counts as the whole article."""
_BEGINS = beginning("rss|feed|rdf:RDF")
_LEFT_OUT = ("script", "style", "template", "noscript", "svg")
_INLINE = frozenset((
    "a", "abbr", "b", "cite", "code", "em", "i", "img", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "u",
))  # fmt: skip


class FeedFormat(Format):
    """RSS 0.9 to 2.0 and Atom, as feedparser reads them."""

    name = "feed"
    media_types = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")
    complete = False

    def recognises(self, head: bytes) -> bool:
        """By its first element."""
        return _BEGINS.match(head) is not None

    def entries(self, document: Document) -> Iterator[Entry]:
        """One entry per item, newest first as in the feed."""
        feed = _parse(document)
        publisher = one_line(line_of(str(feed.feed.get("title", ""))))
        items = [(_link(item, publisher), item) for item in map(dict[str, Any], feed.entries)]
        by_url = {link.url: item for link, item in reversed(items)}
        for link in admitted((link for link, _ in items if link.url), document.context):
            text = _content(by_url[link.url])
            if len(text) >= _WHOLE:
                yield Entry(link.url, partial(make_article, link.url, text, link.facts._replace(url=web_url(link.url))))
            else:
                yield page_entry(link, document.context)
        for link, item in items:
            if not link.url:
                source = f"{document.source}#{one_line(str(item.get('id', '')))[:200] or link.stamp}"
                text = _content(item) or text_of(str(item.get("summary", "")))
                yield Entry(source, partial(make_article, source, text, link.facts))


def _parse(document: Document) -> Any:
    import feedparser

    data = document.read()
    if len(data) > MAX_BYTES or data.count(b"<") > MAX_TAGS:
        raise SourceError(document.source, f"larger than {MAX_BYTES // 10**6} MB or {MAX_TAGS} tags, which no feed is")
    try:
        check_entities(data)
    except XmlError as error:
        raise SourceError(document.source, str(error)) from error
    charset = f"; charset={document.charset}" if document.charset else ""
    headers = {"content-location": document.url or "", "content-type": f"application/xml{charset}"}
    try:
        feed = feedparser.parse(io.BytesIO(data), response_headers=headers)
    except Exception as error:  # what feedparser's authors did not foresee; one feed must not stop the others
        reason = f"is a feed that cannot be read ({type(error).__name__}: {one_line(str(error))[:200]})"
        raise SourceError(document.source, reason) from error
    if not feed.get("version") and not feed.entries:
        raise SourceError(document.source, "is not an RSS or Atom feed, or is damaged")
    return feed


def _link(item: dict[str, Any], publisher: str) -> Link:
    """What an item says about its page; the URL is empty if there is none that can be fetched."""
    try:
        url = normal_url(str(item.get("link", "")))
    except SourceError:
        url = ""
    detail = item.get("title_detail") or {}
    title = str(item.get("title", ""))
    title = title if detail.get("type") == "text/plain" else line_of(title)
    key = "published" if "published" in item else "updated"
    published = _moment(item.get(f"{key}_parsed")) or any_date(item.get(key))
    author = _author(item)
    seen = (title, item.get("updated"), item.get("published"), item.get("summary"), _content(item))
    stamp = digest("\n".join(map(str, [*seen, *filter(None, [author])])).encode("utf-8", "replace"))
    return Link(url, Facts(one_line(title), None, author, publisher, published), stamp)


def _author(item: dict[str, Any]) -> str:
    """Who wrote an item; feedparser's own split of a name and an address takes long domains for names."""
    names = [str(author.get("name") or "") for author in item.get("authors", ())]
    return any_author([line_of(name) for name in (names if len(names) > 1 else [str(item.get("author") or "")])])


def _content(item: dict[str, Any]) -> str:
    return max((text_of(str(part.get("value", ""))) for part in item.get("content", ())), key=len, default="")


def _moment(parsed: Any) -> date | datetime | None:
    """A moment in UTC, from feedparser's parsed time."""
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, TypeError, OSError):
        return None


def text_of(markup: str) -> str:
    r"""The words of a piece of HTML, with blank lines between its blocks.

    Example:
        >>> text_of("<p>It <b>reopened</b>.</p><script>alert(1)</script><p>On Thursday &amp; after.</p>")
        'It reopened.\n\nOn Thursday & after.'
    """
    parser = _Text()
    parser.feed(markup)
    parser.close()
    blocks = (" ".join(block.split()) for block in "".join(parser.parts).split("\n\n"))
    return "\n\n".join(block for block in blocks if block)


def line_of(markup: str) -> str:
    """The words of a piece of HTML, on one line."""
    return " ".join(text_of(markup).split())


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
