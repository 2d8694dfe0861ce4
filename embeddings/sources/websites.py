"""A URL: a page, a feed, a sitemap or a file; its content tells which."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping

from embeddings.sources import Entry, Source
from embeddings.sources.context import SourceContext
from embeddings.sources.documents import page_document
from embeddings.sources.formats import ArticleFormat, format_of
from embeddings.sources.formats.pages import Link, page_entry, page_key
from embeddings.sources.unpacking import Unpacker, UnpackingError
from embeddings.sources.web.fetcher import Fetched

_MOST_REMEMBERED = 1_000_000
"""Longest list that is stored, in characters; a longer one is always fetched in full."""


class WebSource(Source):
    """A URL that a person named.

    The store keeps a feed or sitemap once all of its entries were read, so that the server sends it again only if it has
    changed.

    Args:
        url: in its normal form.
        context: with the way to the web.
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
        if context.sync_facts(page_key(url)) and context.holds(url):
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
        return Fetched(
            known.get("url", self.location),
            True,
            body,
            known.get("media_type", ""),
            known.get("charset") or None,
            validators,
        )


def _packed(fetched: Fetched) -> str:
    body = base64.b64encode(zlib.compress(fetched.body, 9)).decode()
    facts = {"url": fetched.url, "media_type": fetched.media_type, "charset": fetched.charset or "", "body": body}
    return json.dumps({**fetched.validators, **facts} if fetched.validators and len(body) < _MOST_REMEMBERED else {})


def _unpacked(body: str) -> bytes:
    try:
        return b"".join(Unpacker(50_000_000, deflate=True).feed(base64.b64decode(body)))
    except (ValueError, UnpackingError):
        return b""
