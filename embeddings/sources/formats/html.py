"""HTML pages: the main text, its title, author, date and publisher, as trafilatura finds them.  No script runs."""

from __future__ import annotations

import contextlib
import logging
import re
from urllib.parse import urlsplit

from embeddings.articles import Article, web_url
from embeddings.dates import any_date
from embeddings.errors import SourceError
from embeddings.sources.documents import BOMS, Document, known_charset
from embeddings.sources.facts import NO_FACTS, Facts, make_article
from embeddings.sources.formats import ArticleFormat
from embeddings.sources.web.addresses import site_of

MAX_CHARS = 5_000_000
MAX_TAGS = 100_000
"""Longest page: all but a few are far smaller, and longer ones would take minutes."""
_FEWEST_WORDS = 5
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-z0-9_:.-]{1,40})", re.IGNORECASE)
_LOOKS = re.compile(rb"<(?:!doctype\s+html|html|head|body|meta|article)\b", re.IGNORECASE)


class HtmlFormat(ArticleFormat):
    """HTML pages."""

    name = "html"
    suffixes = (".html", ".htm", ".xhtml")
    media_types = ("text/html", "application/xhtml+xml")
    version = 2  # which knows authors
    slow = True

    def recognises(self, head: bytes) -> bool:
        """By a tag that a page begins with."""
        return _LOOKS.search(head) is not None

    def article(self, document: Document, data: bytes) -> Article:
        """The main text of the page, without menus, comments and notices."""
        source = document.source
        page = decode_page(data, document.charset).replace("\0", "")
        if len(page) > MAX_CHARS or page.count("<") > MAX_TAGS:
            raise SourceError(source, f"longer than {MAX_CHARS} characters or {MAX_TAGS} tags, which no article is")
        if not self.recognises(page[:2000].encode("utf-8", "replace")):
            page = f"<html><body>{page}</body></html>"  # a piece of a page
        text, own = extract(page, document.url)
        if len(text.split()) < _FEWEST_WORDS:
            raise SourceError(source, "holds no article text; perhaps a script puts it there, or a login")
        listed = document.facts._replace(publisher=own.publisher or document.facts.publisher)
        return make_article(source, text, listed.over(own))


def extract(page: str, url: str | None) -> tuple[str, Facts]:
    """The text of an HTML page and the facts about it; the URL is where it comes from, if known."""
    import trafilatura

    for name in ("trafilatura", "htmldate", "justext"):
        logger = logging.getLogger(name)  # what they log is not for the person at the terminal
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    document = trafilatura.bare_extraction(
        page,
        url=url,
        with_metadata=True,
        include_comments=False,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if document is None or isinstance(document, dict):
        return "", NO_FACTS
    paragraphs = [line.strip() for line in (document.text or "").split("\n")]
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    named = document.sitename or ""
    hosts = {document.hostname or "", urlsplit(url or "").netloc.removeprefix("www.")}
    publisher = "" if named.casefold() in {host.casefold() for host in hosts} else named
    # A site that names itself as the author names nobody.
    author = None if (document.author or "").casefold() == named.casefold() else document.author
    canonical = web_url(document.url)
    if url is not None and (canonical is None or site_of(canonical) != site_of(url)):
        canonical = web_url(url)  # a page of another site is not where this one is
    return text, Facts(document.title or "", canonical, author, publisher, any_date(document.date or ""))


def decode_page(data: bytes, charset: str | None) -> str:
    """A page as text: by its byte order mark, else in the charset that the server or the page names, else UTF-8 or cp1252.

    The named charset is often wrong, so it counts only if the bytes fit it.
    """
    marked = next((name for mark, name in BOMS if data.startswith(mark)), None)
    inside = _META.search(data[:4000])
    for name in (marked, known_charset(charset), known_charset(inside and inside[1].decode()), "utf-8"):
        with contextlib.suppress(UnicodeError):
            if name:
                return str(data, name)
    return data.decode("cp1252", "replace")
