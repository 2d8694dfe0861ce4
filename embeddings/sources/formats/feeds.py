"""RSS and Atom feeds: one article per item, from its page, or from the feed if that has the whole text."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from html.parser import HTMLParser
from typing import Any, NamedTuple

from embeddings.articles import web_url
from embeddings.dates import any_date
from embeddings.errors import SourceError
from embeddings.sources import Entry
from embeddings.sources.documents import Document, charset_of, digest
from embeddings.sources.facts import Facts, any_author, make_article, one_line
from embeddings.sources.formats import Format
from embeddings.sources.sandbox import checked_reply
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
        read = f"{__name__}:read_items", document.read(), document.source, charset_of(document), document.url
        reply = document.context.sandbox.call(document.source, *read)
        with checked_reply(document.source):
            items = [_Item(*map(str, fields)) for fields in reply]
        by_url = {item.url: item for item in reversed(items)}
        for link in admitted((item.link for item in items if item.url), document.context):
            text = by_url[link.url].content
            if len(text) >= _WHOLE:
                yield Entry(link.url, partial(make_article, link.url, text, link.facts._replace(url=web_url(link.url))))
            else:
                yield page_entry(link, document.context)
        for item in items:
            if not item.url:
                source = f"{document.source}#{item.name or item.stamp}"
                yield Entry(source, partial(make_article, source, item.content or item.summary, item.link.facts))


class _Item(NamedTuple):
    """An item of a feed; `url` is empty if it has no page that can be fetched, `published_at` is in ISO 8601."""

    url: str
    title: str
    author: str
    publisher: str
    published_at: str
    stamp: str
    name: str
    content: str
    summary: str

    @property
    def link(self) -> Link:
        """What it says about its page."""
        kind = datetime if "T" in self.published_at else date
        published_at = kind.fromisoformat(self.published_at) if self.published_at else None
        return Link(self.url, Facts(self.title, None, self.author, self.publisher, published_at), self.stamp)


def read_items(data: bytes, source: str, charset: str | None, url: str | None) -> list[_Item]:
    """The items of a feed, in its order; for `Sandbox.call`.

    Args:
        data: the feed.
        source: of it, for messages.
        charset: as the web server says.
        url: where it came from, to complete links with.

    Raises:
        SourceError: it is no feed, or larger than one.
    """
    import feedparser

    if len(data) > MAX_BYTES or data.count(b"<") > MAX_TAGS:
        raise SourceError(source, f"larger than {MAX_BYTES // 10**6} MB or {MAX_TAGS} tags, which no feed is")
    try:
        check_entities(data)
    except XmlError as error:
        raise SourceError(source, str(error)) from error
    named = f"; charset={charset}" if charset else ""
    headers = {"content-location": url or "", "content-type": f"application/xml{named}"}
    try:
        feed = feedparser.parse(io.BytesIO(data), response_headers=headers)
    except Exception as error:  # what feedparser's authors did not foresee; one feed must not stop the others
        reason = f"is a feed that cannot be read ({type(error).__name__}: {one_line(str(error))[:200]})"
        raise SourceError(source, reason) from error
    if not feed.get("version") and not feed.entries:
        raise SourceError(source, "is not an RSS or Atom feed, or is damaged")
    publisher = one_line(line_of(str(feed.feed.get("title", ""))))
    return [_item(item, publisher) for item in map(dict[str, Any], feed.entries)]


def _item(item: dict[str, Any], publisher: str) -> _Item:
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
    moment = published.isoformat() if published else ""
    name = one_line(str(item.get("id", "")))[:200]
    summary = text_of(str(item.get("summary", "")))
    return _Item(url, one_line(title), author, publisher, moment, stamp, name, _content(item), summary)


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
