"""Makes texts of articles and people safe and short enough for Slack.

What they wrote is data: it goes into rich text and plain text elements, in which nothing is markup, and is escaped in mrkdwn.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import accumulate
from urllib.parse import urlsplit

import regex

from embeddings.articles import web_url
from embeddings.text import INVISIBLE

URL_CHARS = 3000
"""Longest address that Slack takes in a link."""

_WORD_JOINER = "\u2060"
_GRAPHEME = regex.compile(r"\X")
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
"""The flag of a region: a black flag, and tags that say which."""
_UNSEEN = regex.compile(f"({_FLAG})|[{INVISIBLE}\x0b-\r\x1c-\x1f\x85]")
_DOTS = str.maketrans(dict.fromkeys("\u3002\u0701\u0702\ua60e\ua4f8\U00010a50\U0001d16d", "."))
"""Characters that browsers take for a dot or that Unicode's table of confusables (UTS 39) says look like one, after NFKC."""
_LABEL = r"[\p{L}\p{N}\p{M}_-]+"
_ADDRESS = regex.compile(
    rf"(?i)https?://[^\s<>\"'»”]*|\bwww\.[\w-]+\.[^\s<>\"'»”]*"
    rf"|{_LABEL}(?:\.{_LABEL})*\.(?:xn--[a-z0-9-]+|\p{{L}}[\p{{L}}\p{{M}}]+)"
    r"|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"
)
_COMES_ALIVE = regex.compile(r"<(?=[!@#]|\w[\w+.-]*:)")


def clean(text: str) -> str:
    """Drops invisible characters; lines, tabs and flags stay."""
    return str(_UNSEEN.sub(r"\1", text))


def cut(text: str, limit: int) -> str:
    """Cuts a text to `limit` UTF-16 units, which Slack counts in; between graphemes, with an ellipsis."""
    if units(text) <= limit:
        return text
    return "".join(_as_many(_GRAPHEME.findall(text[: limit + 1]), limit - 1)).rstrip() + "…"


def cut_around(text: str, start: int, end: int, limit: int) -> tuple[str, int, int]:
    """Cuts a text to `limit` UTF-16 units around a range of it, between graphemes.

    Returns:
        The text, and where the range lies in it; the range is cut itself if it is longer than the limit.
    """
    if units(text) <= limit:
        return text, start, end
    if units(text[start:end]) > limit - 2:
        shown = cut(text[start:end], limit)
        return shown, 0, len(shown)
    answer = text[start:end]
    around = (limit - units(answer)) // 2
    after = cut(text[end:], max(around, limit - units(text[:end])))
    before = _cut_before(text[:start], limit - units(answer) - units(after))
    return before + answer + after, len(before), len(before) + len(answer)


def _cut_before(text: str, limit: int) -> str:
    """The end of a text."""
    if units(text) <= limit:
        return text
    return "…" + "".join(reversed(_as_many(_GRAPHEME.findall(text)[::-1], limit - 1))).lstrip()


def _as_many(graphemes: Sequence[str], limit: int) -> list[str]:
    """The first graphemes, as many as fit into `limit` UTF-16 units."""
    ends = accumulate(map(units, graphemes))
    return [grapheme for grapheme, end in zip(graphemes, ends, strict=True) if end <= limit]


def escape(text: str) -> str:
    """Escapes a text for mrkdwn: no mention, link or entity is in it, and addresses do not become links."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("://", f":{_WORD_JOINER}//")


def inert(text: str) -> str:
    """Disarms mentions and links in a text that a workflow may show as mrkdwn or as it is."""
    return str(_COMES_ALIVE.sub(f"<{_WORD_JOINER}", clean(text)))


def misleads(label: str, url: str) -> bool:
    """Whether a link's label names another host than the one that it leads to, or one in letters that may only look like it."""
    shown = unicodedata.normalize("NFKC", regex.sub(r"\p{Cf}", "", clean(label))).translate(_DOTS)
    hosts = [_host_in(address) for address in _ADDRESS.findall(shown)]
    return any(not host.isascii() or host != _host_in(url) for host in hosts)


def _host_in(address: str) -> str:
    """The host of an address without a port and a leading `www.`; empty if it has none."""
    try:
        host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    return host.casefold().rstrip(".").removeprefix("www.")


def unescape(text: str) -> str:
    """Undoes Slack's escaping of what a person typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def web_address(url: str | None) -> str | None:
    """An address if it is safe to link (see `web_url`) and Slack takes one so long, else None."""
    return web_url(url) if url and len(url) <= URL_CHARS else None


def units(text: str) -> int:
    """The length of a text in UTF-16 units, as Slack counts."""
    return len(text) + sum(character > "\uffff" for character in text)
