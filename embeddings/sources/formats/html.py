"""HTML pages: the main text, its title, author, date and publisher, as trafilatura finds them.  Nothing in them is run."""

from __future__ import annotations

import codecs
import logging
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from embeddings.articles import Article, web_url
from embeddings.dates import any_date
from embeddings.errors import SourceError
from embeddings.sources.documents import BOMS, Document
from embeddings.sources.facts import Facts, make_article
from embeddings.sources.formats import ArticleFormat

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
        extracted = extract(page, document.url)
        if len(extracted.text.split()) < _FEWEST_WORDS:
            raise SourceError(
                source, "no article text is found in the page; perhaps a script puts it there, or a login"
            )
        url = _address(document.url, extracted.canonical)
        own = Facts(extracted.title, url, extracted.author, extracted.publisher, any_date(extracted.date))
        facts = document.facts._replace(publisher=extracted.publisher or document.facts.publisher).over(own)
        return make_article(source, extracted.text, facts)


class Extracted(NamedTuple):
    """What a page holds; empty where there is none."""

    text: str = ""
    title: str = ""
    author: str = ""
    publisher: str = ""
    date: str = ""
    canonical: str = ""


def extract(page: str, url: str | None) -> Extracted:
    """The text of a page and the facts about it.

    Args:
        page: HTML.
        url: where it is from, if known.
    """
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
        return Extracted()
    paragraphs = [line.strip() for line in (document.text or "").split("\n")]
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    named = document.sitename or ""
    hosts = {document.hostname or "", urlsplit(url or "").netloc.removeprefix("www.")}
    publisher = "" if named.casefold() in {host.casefold() for host in hosts} else named
    return Extracted(
        text,
        document.title or "",
        _written_by(document.author, named),
        publisher,
        document.date or "",
        document.url or "",
    )


def _written_by(author: str | None, site: str) -> str:
    """Who wrote a page, unless it is only the site that says so of itself."""
    return "" if author is None or author.casefold() == site.casefold() else author


def decode_page(data: bytes, charset: str | None) -> str:
    """A page as text: by its mark, else as the server or the page says, else UTF-8, else Windows-1252.

    What is said is often wrong, so it counts only if the bytes bear it out.
    """
    marked = next((name for mark, name in BOMS if data.startswith(mark)), None)
    inside = _META.search(data[:4000])
    for name in (marked, charset, inside and inside[1].decode(), "utf-8"):
        try:
            if name and codecs.lookup(name).name not in ("utf-7", "unicode-escape", "raw-unicode-escape", "punycode"):
                return str(data, name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _address(url: str | None, canonical: str) -> str | None:
    """Where to send people: the page's own idea of its address, but for a page that was fetched only on its own site."""
    own = web_url(canonical)
    if url is None:
        return own
    same_site = own is not None and _site(own) == _site(url)
    return own if same_site else web_url(url)


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
