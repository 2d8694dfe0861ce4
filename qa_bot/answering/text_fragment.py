"""Links that open a page at a sentence: text fragments, which browsers scroll to and mark, and others ignore."""

from __future__ import annotations

from urllib.parse import quote

_WHOLE = 12
_ENDS = 5
_DIRECTIVE = ":~:"


def link_to_words(url: str, words: str) -> str:
    """The address of some words of a page (https://wicg.github.io/scroll-to-text-fragment/).

    Args:
        url: of the page; one that has such a directive already is returned as it is.
        words: of the page, such as a sentence; of a long one, the first and the last words name it.

    Example:
        >>> link_to_words("https://example.org/a#top", "It is a well-known fact, he said.")
        'https://example.org/a#top:~:text=It%20is%20a%20well%2Dknown%20fact%2C%20he%20said.'
    """
    split = words.split()
    if not split or _DIRECTIVE in url:
        return url
    pieces = [split] if len(split) <= _WHOLE else [split[:_ENDS], split[-_ENDS:]]
    text = ",".join(_encoded(" ".join(piece)) for piece in pieces)
    return f"{url}{'' if '#' in url else '#'}{_DIRECTIVE}text={text}"


def _encoded(text: str) -> str:
    """Percent-encoded, with the hyphen, which means something in a directive."""
    return quote(text, safe="", errors="replace").replace("-", "%2D")
