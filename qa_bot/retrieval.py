"""Question -> passages: dense and lexical search, fused."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.store import Hit, Store, StoredPassage

DENSE_WEIGHT = 0.6
"""Weight of the cosine against that of the scaled BM25 score; measured by `tests/benchmarks/retrieval.py`."""

CANDIDATES = 50
"""Passages that each of the two searches brings."""


class RetrievedPassage(NamedTuple):
    """A passage and why it was found.

    Attributes:
        passage: where it lies.
        score: fused, in [-DENSE_WEIGHT, 1]; higher is better.
        cosine: of the question's and the passage's vectors, in [-1, 1].
        bm25: the passage's BM25 score; 0 if lexical search did not bring it.
    """

    passage: StoredPassage
    score: float
    cosine: float
    bm25: float


class Retriever:
    """Finds passages by a convex combination of cosine and BM25.

    BM25 has no upper bound, so a question's scores are scaled by its best one.  Bruch et al., 2023, "An Analysis of Fusion
    Functions for Hybrid Retrieval", https://arxiv.org/abs/2210.11934, find such combinations better than fusing ranks.

    Args:
        store: to search.
        dense_weight: weight of the cosine, in [0, 1].
    """

    def __init__(self, store: Store, dense_weight: float = DENSE_WEIGHT) -> None:
        self._store = store
        self._dense_weight = dense_weight

    def retrieve(self, question: str, vector: NDArray[np.float32], count: int) -> list[RetrievedPassage]:
        """The best passages for a question, best first; ties by the passage's id.

        Args:
            question: its words are searched.
            vector: its unit vector, shape (dimension,).
            count: how many passages to return at most.
        """
        candidates = max(CANDIDATES, count)
        dense = self._store.dense_search(vector, candidates)
        lexical = self._store.lexical_search(question, candidates)
        return self._fuse(vector, dense, lexical, count)

    def _fuse(
        self, vector: NDArray[np.float32], dense: list[Hit], lexical: list[Hit], count: int
    ) -> list[RetrievedPassage]:
        cosines = {hit.passage_id: hit.score for hit in dense}
        words = {hit.passage_id: hit.score for hit in lexical}
        cosines |= self._store.similarities(vector, [found for found in words if found not in cosines])
        best = max(words.values(), default=1.0)
        fused = {
            found: self._dense_weight * cosine + (1 - self._dense_weight) * words.get(found, 0.0) / best
            for found, cosine in cosines.items()
        }
        ranked = sorted(fused, key=lambda found: (-fused[found], found))[: count + 8]
        held = self._store.passages(ranked)
        return [
            RetrievedPassage(held[found], fused[found], cosines[found], words.get(found, 0.0))
            for found in ranked
            if found in held
        ][:count]
