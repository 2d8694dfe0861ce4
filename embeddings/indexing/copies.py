"""Finds the article in the store that tells what a new one tells."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from embeddings.articles import Article
from embeddings.indexing.near_duplicates import Fingerprint, bands, fingerprint, same_story
from embeddings.store.protocol import Store

_COMPARED = 4
"""Articles that are compared in full, those that share the most of the signature."""

_LEAST_SHARED = 2
"""Parts of a signature that must be shared.  In the Reuters corpus, of 678 copies 3 share a single one with their original,
and so do 41,396 pairs of different stories."""


class Copy(NamedTuple):
    """What is stored of an article so that its copies are found, and the article that it is a copy of, if any."""

    signature: bytes
    bands: list[bytes]
    of: str | None


class CopyFinder:
    """Compares articles with those in the store and with those that are about to be.

    Args:
        store: to look in.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, Fingerprint] = {}
        self._waiting_by_band: defaultdict[bytes, list[str]] = defaultdict(list)

    def add(self, article: Article) -> Copy:
        """Finds the article of which this one is the best copy, and remembers it until `forget` is called."""
        found = fingerprint(article)
        pieces = bands(found.signature)
        original = self._original(article.id, found, pieces)
        self._waiting[article.id] = found
        for band in pieces:
            self._waiting_by_band[band].append(article.id)
        return Copy(found.signature, pieces, original)

    def forget(self) -> None:
        """Forgets what was added: it is in the store now."""
        self._waiting.clear()
        self._waiting_by_band.clear()

    def _original(self, article_id: str, found: Fingerprint, pieces: list[bytes]) -> str | None:
        shared: Counter[str] = Counter(other for band in pieces for other in self._waiting_by_band.get(band, ()))
        for near in self._store.articles.near(pieces) if pieces else ():
            if near.id not in self._waiting:
                shared[near.id] = len(set(bands(near.signature)).intersection(pieces))
        shared.pop(article_id, None)
        best, alike = None, 0.0
        likely = [item for item in shared.items() if item[1] >= min(_LEAST_SHARED, len(pieces))]
        for other_id, _ in sorted(likely, key=lambda item: (-item[1], item[0]))[:_COMPARED]:
            other = self._waiting.get(other_id) or self._stored(other_id)
            how = same_story(found, other) if other else 0.0
            if how > alike:
                best, alike = other_id, how
        return best

    def _stored(self, article_id: str) -> Fingerprint | None:
        held = self._store.articles.get(article_id)
        return None if held is None else fingerprint(held.article)
