"""Texts of articles and people, made safe and short enough for Slack.

What they wrote is data: it is put into rich text and plain text elements, in which nothing is markup, and escaped where a
text is mrkdwn.
"""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

import regex

from embeddings.articles import web_url

URL_CHARS = 3000
"""Longest address that Slack takes in a link."""

_WORD_JOINER = "\u2060"
_GRAPHEME = regex.compile(r"\X")
_UNSEEN = regex.compile(
    r"[\p{Cc}\p{Cs}\u180E\u202A-\u202E\u2061-\u2064\u2066-\u2069\uFEFF\uFFF9-\uFFFB--[\n\t]]"
    r"|(?<![\U0001F3F4\U000E0020-\U000E007E])[\U000E0000-\U000E007F]+",  # in a flag they say which it is
    regex.V1,
)
"""Control characters, lone surrogates, those that turn the direction of writing, and letters that nobody can see."""
_ADDRESS = regex.compile(
    r"(?i)https?://[^\s<>\"'»”]*|\bwww\.[\w-]+\.[^\s<>\"'»”]*|^[\w-]+(?:\.[\w-]+)*\.\p{L}{2,}(?:/\S*)?$"
)
_COMES_ALIVE = regex.compile(r"<(?=[!@#]|\w[\w+.-]*:)")


def clean(text: str) -> str:
    """A text without characters that cannot be seen or that hide what can."""
    return str(_UNSEEN.sub("", text))


def cut(text: str, limit: int) -> str:
    """A text of at most `limit` UTF-16 units (Slack counts in these), cut between graphemes, with an ellipsis if it is cut."""
    if units(text) <= limit:
        return text
    kept, used = [], 1
    for grapheme in _GRAPHEME.findall(text[: limit + 1]):
        used += units(grapheme)
        if used > limit:
            break
        kept.append(grapheme)
    return "".join(kept).rstrip() + "…"


def cut_around(text: str, start: int, end: int, limit: int) -> tuple[str, int, int]:
    """A text of at most `limit` characters around a range of it, cut between graphemes.

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
    kept, used = [], 1
    for grapheme in reversed(_GRAPHEME.findall(text)):
        used += units(grapheme)
        if used > limit:
            break
        kept.append(grapheme)
    return "…" + "".join(reversed(kept)).lstrip()


def escape(text: str) -> str:
    """A text in which mrkdwn finds no mention, link or entity; addresses are parted, so that they do not become links."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("://", f":{_WORD_JOINER}//")


def inert(text: str) -> str:
    """A text for whoever may read it as mrkdwn or may not, as a workflow does: as it is, but no mention or link in it."""
    return str(_COMES_ALIVE.sub(f"<{_WORD_JOINER}", clean(text)))


def misleads(label: str, url: str) -> bool:
    """Whether a link's label reads like the address of another place than the one that the link leads to."""
    shown = regex.sub(r"\p{Cf}", "", unicodedata.normalize("NFKC", label)).strip()
    addresses = _ADDRESS.findall(shown)
    return any(host_of(address) != host_of(url) for address in addresses)


def host_of(address: str) -> str:
    """The host of an address, with or without its scheme, as people read it; empty if it has none."""
    try:
        found = urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    return found.casefold().rstrip(".").removeprefix("www.")


def unescape(text: str) -> str:
    """What a person typed, from what Slack made of it."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def web_address(url: str | None) -> str | None:
    """An address that may be a link, or None: http(s), with a host, without spaces or a password, and not too long."""
    return web_url(url) if url and len(url) <= URL_CHARS else None


def units(text: str) -> int:
    """How long a text is as Slack counts: in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)
