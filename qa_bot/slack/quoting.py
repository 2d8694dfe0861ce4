"""Texts of articles and people, made safe and short enough for Slack.

What they wrote is data: it is put into rich text and plain text elements, in which nothing is markup, and escaped where a
text is mrkdwn.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import regex

URL_CHARS = 3000
"""Longest address that Slack takes in a link."""

_WORD_JOINER = "\u2060"
_GRAPHEME = regex.compile(r"\X")
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069\uFEFF--[\n\t]]", regex.V1)
"""Control characters, lone surrogates and those that turn the direction of writing: nobody misses them in a quotation."""


def clean(text: str) -> str:
    """A text without characters that cannot be seen or that hide what can."""
    return str(_UNSEEN.sub("", text))


def cut(text: str, limit: int) -> str:
    """A text of at most `limit` UTF-16 units (Slack counts in these), cut between graphemes, with an ellipsis if it is cut."""
    if _units(text) <= limit:
        return text
    kept, used = [], 1
    for grapheme in _GRAPHEME.findall(text[: limit + 1]):
        used += _units(grapheme)
        if used > limit:
            break
        kept.append(grapheme)
    return "".join(kept).rstrip() + "…"


def cut_around(text: str, start: int, end: int, limit: int) -> tuple[str, int, int]:
    """A text of at most `limit` characters around a range of it, cut between graphemes.

    Returns:
        The text, and where the range lies in it; the range is cut itself if it is longer than the limit.
    """
    if _units(text) <= limit:
        return text, start, end
    if _units(text[start:end]) > limit - 2:
        shown = cut(text[start:end], limit)
        return shown, 0, len(shown)
    answer = text[start:end]
    around = (limit - _units(answer)) // 2
    after = cut(text[end:], max(around, limit - _units(text[:end])))
    before = _cut_before(text[:start], limit - _units(answer) - _units(after))
    return before + answer + after, len(before), len(before) + len(answer)


def _cut_before(text: str, limit: int) -> str:
    """The end of a text."""
    if _units(text) <= limit:
        return text
    kept, used = [], 1
    for grapheme in reversed(_GRAPHEME.findall(text)):
        used += _units(grapheme)
        if used > limit:
            break
        kept.append(grapheme)
    return "…" + "".join(reversed(kept)).lstrip()


def escape(text: str) -> str:
    """A text in which mrkdwn finds no mention, link or entity; addresses are parted, so that they do not become links."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("://", f":{_WORD_JOINER}//")


def unescape(text: str) -> str:
    """What a person typed, from what Slack made of it."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def web_address(url: str | None) -> str | None:
    """An address that may be a link, or None: http(s), with a host, without spaces or a password, and not too long."""
    if not url or len(url) > URL_CHARS or any(c.isspace() or c in '<>|"' or not c.isprintable() for c in url):
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    return url if usable else None


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
