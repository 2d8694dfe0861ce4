"""The same story twice: in other papers, under another headline, cut, corrected or updated.

Stories are compared by their shingles, runs of `SHINGLE_WORDS` words (Broder, 1997, "On the resemblance and containment
of documents"), as numbers that depend only on the words.  An article's signature is its smallest numbers: two articles
that share much text share some of them, even if one is several times as long, and one look into an index finds those
articles.  These candidates are then compared in full.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.store.protocol import MOST_NEAR, Store

SHINGLE_WORDS = 5
SIGNATURE_SHINGLES = 16
BAND_BYTES = 8
SHARED = 0.6
"""Share of the shorter story's shingles that the longer one must have, if there are no numbers in it ..."""
SHARED_MORE = 2.0
"""... and what is added to that for each number a word: tables and market reports keep their words and change figures."""
LENGTHS = 4.0
"""A story that is so many times as long is not a version of the other; it may be a digest that contains it."""
SHORT_WORDS = 40
"""A text of fewer words is told apart by its headline: `Qtly div 11 cts` is declared by many companies."""
SHARED_NUMBERS = 0.7
"""Share of the numbers that both must have: this week's weather is told in last week's words.  One may be corrected."""
_COMPARED = 4
"""Articles that are compared in full, those that share the most of the signature."""
_LEAST_SHARED = 2
"""Parts of a signature that must be shared.  In the Reuters corpus, of 678 copies 3 share a single one with their original,
and so do 41,396 pairs of different stories."""

_WORD = re.compile(r"\d+(?:[.,/:-]\d+)*|[^\W\d_]+|\d")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Fingerprint(NamedTuple):
    """The parts of a story that are compared.

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
    """The parts of an article that are compared; the same on every machine."""
    words = _WORD.findall(article.text.casefold())
    return Fingerprint(
        _shingles(words),
        Counter(word for word in words if word[0].isdigit()),
        len(words),
        frozenset(_WORD.findall(article.title.casefold())),
    )


def bands(signature: bytes) -> list[bytes]:
    """The pieces of a signature that the index is searched for."""
    return [signature[at : at + BAND_BYTES] for at in range(0, len(signature), BAND_BYTES)]


def same_story(story: Fingerprint, other: Fingerprint) -> float:
    """How alike two versions of the same story are, in (0, 1]; 0 for different stories."""
    shorter, longer = sorted((len(story.shingles), len(other.shingles)))
    if not shorter or longer > LENGTHS * shorter:
        return 0.0
    shared = len(np.intersect1d(story.shingles, other.shingles, assume_unique=True)) / shorter
    if shared < min(0.95, SHARED + SHARED_MORE * max(story.figures, other.figures)):
        return 0.0
    fewer_numbers = min(story.numbers.total(), other.numbers.total())
    lacking = fewer_numbers - (story.numbers & other.numbers).total()
    if lacking > max(1, (1 - SHARED_NUMBERS) * fewer_numbers):
        return 0.0
    if min(story.words, other.words) < SHORT_WORDS and not (story.title <= other.title or other.title <= story.title):
        return 0.0
    return shared


def is_copy(story: Fingerprint, other: Fingerprint) -> bool:
    """Whether two articles have the same words, or tell the same story."""
    same_words = story.words == other.words and story.numbers == other.numbers
    return (same_words and np.array_equal(story.shingles, other.shingles)) or same_story(story, other) > 0


def shares_enough(shared: int, pieces: Sequence[bytes]) -> bool:
    """Whether so many shared parts of a signature make it worth while to compare two stories."""
    return shared >= max(1, min(_LEAST_SHARED, len(pieces)))


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


class Copy(NamedTuple):
    """What is stored of an article to find its copies, and the id of the article that it is a copy of, if any."""

    signature: bytes
    bands: list[bytes]
    of: str | None


class CopyFinder:
    """Compares articles with those in the store and with those that wait for their commit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, Fingerprint] = {}
        self._waiting_by_band: defaultdict[bytes, list[str]] = defaultdict(list)

    def add(self, article: Article) -> Copy:
        """Finds the article that this one is most likely a copy of, and holds this one for others until `forget`."""
        story = fingerprint(article)
        pieces = bands(story.signature)
        original = self._original(article.id, story, pieces)
        self._waiting[article.id] = story
        for band in pieces:
            if len(self._waiting_by_band[band]) < MOST_NEAR:
                self._waiting_by_band[band].append(article.id)
        return Copy(story.signature, pieces, original)

    def forget(self) -> None:
        """Forgets what was added, now that it is in the store."""
        self._waiting.clear()
        self._waiting_by_band.clear()

    def _original(self, article_id: str, story: Fingerprint, pieces: list[bytes]) -> str | None:
        shared: Counter[str] = Counter(other for band in pieces for other in self._waiting_by_band.get(band, ()))
        for near in self._store.articles.near(pieces) if pieces else ():
            if near.id not in self._waiting:
                shared[near.id] = len(set(bands(near.signature)).intersection(pieces))
        shared.pop(article_id, None)
        best, best_likeness = None, 0.0
        candidates = [item for item in shared.items() if shares_enough(item[1], pieces)]
        for candidate_id, _ in sorted(candidates, key=lambda item: (-item[1], item[0]))[:_COMPARED]:
            candidate = self._waiting.get(candidate_id)
            if candidate is None and (stored := self._store.articles.get(candidate_id)):
                candidate = fingerprint(stored.article)
            likeness = same_story(story, candidate) if candidate else 0.0
            if likeness > best_likeness:
                best, best_likeness = candidate_id, likeness
        return best
