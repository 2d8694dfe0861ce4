"""The same story twice: in other papers, under another headline, cut, corrected or updated.

Stories are compared by their shingles, runs of `SHINGLE_WORDS` words (Broder, 1997, "On the resemblance and containment
of documents"), as numbers that depend on the words alone.  An article's signature is the smallest of them: two articles
that share much text share some of those, even if one is several times as long, and finding these is one look into an
index.  Whatever is found so is then compared in full.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article

SHINGLE_WORDS = 5
SIGNATURE_SHINGLES = 16
BAND_BYTES = 8

SHARED = 0.6
"""Share of the shorter story's shingles that the longer one must have, if there are no numbers in it ..."""

SHARED_MORE = 2.0
"""... and what is added to that for each number a word: tables and market reports keep their words and change figures."""

LENGTHS = 4.0
"""A story that is so many times as long is no version of the other: a digest that holds it, say."""

SHORT_WORDS = 40
"""A text of fewer words is told apart by its headline: `Qtly div 11 cts` is declared by many companies."""

SHARED_NUMBERS = 0.7
"""Share of the numbers that both must have: this week's weather is told in last week's words.  One may be corrected."""

_WORD = re.compile(r"\d+(?:[.,/:-]\d+)*|[^\W\d_]+|\d")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Fingerprint(NamedTuple):
    """What of a story is compared.

    Attributes:
        shingles: the distinct shingles' numbers, ascending, shape (n,).
        numbers: how often each number stands in the text.
        words: words of the text.
        title: the words of its headline.
    """

    shingles: NDArray[np.uint64]
    numbers: Counter[str]
    words: int
    title: frozenset[str]

    @property
    def figures(self) -> float:
        """Share of the text's words that are numbers, in [0, 1]."""
        return self.numbers.total() / max(self.words, 1)

    @property
    def signature(self) -> bytes:
        """Its smallest shingles, `BAND_BYTES` each; no more than `SIGNATURE_SHINGLES`."""
        return self.shingles[:SIGNATURE_SHINGLES].astype(">u8").tobytes()


def fingerprint(article: Article) -> Fingerprint:
    """What of an article is compared; the same on every machine."""
    words = _WORD.findall(article.text.casefold())
    return Fingerprint(
        _shingles(words),
        Counter(word for word in words if word[0].isdigit()),
        len(words),
        frozenset(_WORD.findall(article.title.casefold())),
    )


def bands(signature: bytes) -> list[bytes]:
    """The pieces of a signature that an index is asked for."""
    return [signature[at : at + BAND_BYTES] for at in range(0, len(signature), BAND_BYTES)]


def same_story(one: Fingerprint, other: Fingerprint) -> float:
    """How alike two versions of the same story are, in (0, 1]; 0 for different stories.

    Args:
        one: a version.
        other: the other version; the order does not matter.
    """
    shorter, longer = sorted((len(one.shingles), len(other.shingles)))
    if not shorter or longer > LENGTHS * shorter:
        return 0.0
    shared = len(np.intersect1d(one.shingles, other.shingles, assume_unique=True)) / shorter
    if shared < min(0.95, SHARED + SHARED_MORE * max(one.figures, other.figures)):
        return 0.0
    if _lacks(one.numbers, other.numbers) > max(1, (1 - SHARED_NUMBERS) * _fewer(one.numbers, other.numbers)):
        return 0.0
    if min(one.words, other.words) < SHORT_WORDS and not (one.title <= other.title or other.title <= one.title):
        return 0.0
    return shared


def _shingles(words: list[str]) -> NDArray[np.uint64]:
    distinct = {word: zlib.crc32(word.encode("utf-8", "replace")) for word in set(words)}
    hashes = np.array([distinct[word] for word in words], np.uint64)
    width = min(SHINGLE_WORDS, len(hashes))
    mixed = np.zeros(max(len(hashes) - width + 1, 0), np.uint64)
    for at in range(width):
        mixed = _scatter(mixed + hashes[at : at + len(mixed)])
    return np.unique(mixed)


def _scatter(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spreads numbers over all 64 bits, so that the smallest are a fair sample (the finaliser of splitmix64)."""
    values = (values + _MULTIPLIER) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _fewer(one: Counter[str], other: Counter[str]) -> int:
    return min(one.total(), other.total())


def _lacks(one: Counter[str], other: Counter[str]) -> int:
    """How much of what the one with less has the other has not."""
    return _fewer(one, other) - (one & other).total()
