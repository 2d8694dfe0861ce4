"""An article: what is indexed, quoted and linked to."""

from __future__ import annotations

import hashlib
import os
from datetime import date, datetime
from functools import cached_property
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

ID_DIGITS = 32


class Article(BaseModel, frozen=True):
    """One article as it was read from its source.

    Attributes:
        id: 32 hexadecimal digits (128 bits) of the SHA-256 of `source`; the same file keeps its id when its text changes.
        title: from the source, else the opening words of the text.
        text: the text as indexed.  Offsets of passages, sentences and answers count its characters.
        url: where a person can read it, http(s) only, if known.
        author: who wrote it, one or several names, if known.
        publisher: who published it, if known.
        published_at: when, a date or a moment, if known.
        source: an absolute path, a path with `#` and the record in that file, or a URL.
    """

    id: str
    title: str
    text: str = Field(repr=False)
    url: str | None = None
    author: str | None = None
    publisher: str | None = None
    published_at: date | datetime | None = None
    source: str

    @cached_property
    def text_hash(self) -> str:
        """SHA-256 of the text, 64 hexadecimal digits; equal for the same text from two sources."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of everything that a reindex must notice: the text and the facts about it."""
        facts = [self.title, self.url, self.publisher, self.published_at and self.published_at.isoformat()]
        if self.author:  # one without has the hash that it had before authors were kept
            facts.append(self.author)
        return hashlib.sha256("\0".join([self.text_hash, *(fact or "" for fact in facts)]).encode()).hexdigest()


def article_id(source: str) -> str:
    """The id of the article from a source.

    That two of a million sources get the same one by chance has a probability of about 10^12 / 2^129, or 1.5e-27; to make two
    that do takes some 2^64 attempts.  The store refuses the second.
    """
    return hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()[:ID_DIGITS]


def opening_words(text: str, limit: int = 72) -> str:
    """A title for a text that has none: its opening words, at most `limit` characters, cut between words."""
    words = " ".join(text[: limit * 4].split())
    if len(words) <= limit:
        return words
    cut = words[:limit].rsplit(" ", 1)[0]
    return cut.rstrip(" ,;:.-–—") + "…"


def shown_source(source: str, folder: str, home: str) -> str:
    """Where an article comes from, as people see it: a path from the current folder or from their home folder.

    Args:
        source: of the article: an absolute path, a path with `#` and a record in it, or a URL, which stays as it is.
        folder: the current folder, absolute; empty if there is none.
        home: the home folder, absolute.

    Example:
        >>> shown_source("/home/ann/news/a.txt", "/home/ann/news", "/home/ann")
        'a.txt'
        >>> shown_source("/home/ann/news/a.txt", "/srv", "/home/ann")
        '~/news/a.txt'
    """
    for base, shown in ((folder, ""), (home, "~" + os.sep)):
        start = base.rstrip(os.sep) + os.sep
        if len(start) > 1 and source.startswith(start):
            return shown + source[len(start) :]
    return source


def web_url(value: object) -> str | None:
    """An address that a person can be sent to: http(s), with a host, without a password; else None."""
    if not isinstance(value, str):
        return None
    value = value.strip()
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return None
    return value if usable and value.isprintable() and not any(c.isspace() or c in '<>|"\\' for c in value) else None


def real_host(url: str) -> str:
    """The host of an address as a browser asks for it: in ASCII, so that no letter looks like another.

    Returns:
        The host in lower case, an IPv6 address in brackets, with its port if that is not the scheme's; empty if it has none.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else _in_ascii(host)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return host if port in (None, usual) else f"{host}:{port}"


def url_with_real_host(url: str) -> str:
    """An address for a person to read: one whose host is not in ASCII shows its `real_host`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return url if parts.netloc.isascii() else parts._replace(netloc=real_host(url)).geturl()


def _in_ascii(host: str) -> str:
    if host.isascii():
        return host
    import idna

    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError:  # no browser can open it
        return host.encode("punycode").decode()
