"""Question -> passages: dense and lexical search, fused, and the best looked at word by word."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.filters import ArticleFilter
from embeddings.store.protocol import Hit, StoredPassage, View
from embeddings.words import Stemmer
from qa_bot.retrieval.term_overlap import QuestionWords
from qa_bot.retrieval.time_expressions import When, read_when

DENSE_WEIGHT = 0.6
"""Weight of the cosine against that of the scaled BM25 score, where the shortlist is made."""

OVERLAP_WEIGHT = 0.5
"""Weight of the words that question and passage share against that of the cosine, where the shortlist is ranked.

Both by `tests/benchmarks/retrieval.py`, which prints the figures for other weights too.
"""

CANDIDATES = 50
"""Passages that each of the two searches brings."""

SHORTLIST = 40
"""Passages whose words are looked at."""

DATE_WEIGHT = 0.15
"""What an article's date adds at most, where the question says when: enough to tell versions of a story apart, too little to
put a story in front of a better one; measured by `tests/benchmarks/news_retrieval.py`."""


class RetrievedPassage(NamedTuple):
    """A passage and why it was found.

    Attributes:
        passage: where it lies.
        score: in [-1, 1 + `DATE_WEIGHT`]; higher is better.
        cosine: of the question's and the passage's vectors, in [-1, 1].
        bm25: the passage's BM25 score; 0 if lexical search did not bring it.
        overlap: mean of the shares in `qa_bot.retrieval.term_overlap.Overlap`, in [0, 1].
    """

    passage: StoredPassage
    score: float
    cosine: float
    bm25: float
    overlap: float


class Retriever:
    """Finds passages by meaning and by words, in two steps.

    A convex combination of cosine and BM25 makes a shortlist: BM25 has no upper bound, so a question's scores are scaled by
    its best one (Bruch et al., 2023, "An Analysis of Fusion Functions for Hybrid Retrieval",
    https://arxiv.org/abs/2210.11934).  The shortlist is ranked by a combination of the cosine and the words shared, which
    sees what BM25 does not: words that stand together, in the same order and form, or in the title.

    Where the question says when (`time_expressions`), articles of that time are searched besides, and the dates count.

    Args:
        dense_weight: weight of the cosine in the shortlist, in [0, 1].
        overlap_weight: weight of the shared words in the ranking, in [0, 1]; None to leave the shortlist as it is.
        date_weight: what an article's date adds at most where the question says when; 0 to pass over what it says.
    """

    def __init__(
        self,
        dense_weight: float = DENSE_WEIGHT,
        overlap_weight: float | None = OVERLAP_WEIGHT,
        date_weight: float = DATE_WEIGHT,
    ) -> None:
        self._date_weight = date_weight
        self._dense_weight = dense_weight
        self._overlap_weight = overlap_weight
        self._stemmer = Stemmer()

    def retrieve(self, view: View, question: str, vector: NDArray[np.float32], count: int) -> list[RetrievedPassage]:
        """The best passages for a question, best first; ties by the passage's id.

        Args:
            view: of the store, on the articles to search.
            question: its words are searched.
            vector: its unit vector, shape (dimension,).
            count: how many passages to return at most.
        """
        when = read_when(question, view.newest) if self._date_weight else None
        found = self._searched(view, question, vector, max(CANDIDATES, count))[: max(SHORTLIST, count + 8)]
        if when is not None:
            then = _narrowed(view.only, when)
            known = {one.passage_id for one in found}
            besides = self._searched(view.narrowed(then), question, vector, CANDIDATES)[:SHORTLIST] if then else []
            found += [one for one in besides if one.passage_id not in known]
        if self._overlap_weight is not None:
            found = self._ranked(view, question, found, self._overlap_weight, when)
        held = view.passages([one.passage_id for one in found])
        return [
            RetrievedPassage(held[one.passage_id], one.score, one.cosine, one.bm25, one.overlap)
            for one in found
            if one.passage_id in held
        ][:count]

    def _searched(self, view: View, question: str, vector: NDArray[np.float32], count: int) -> list[_Found]:
        dense = view.dense_search(vector, count)
        return self._fused(view, vector, dense, view.lexical_search(question, count))

    def _fused(self, view: View, vector: NDArray[np.float32], dense: list[Hit], lexical: list[Hit]) -> list[_Found]:
        cosines = {hit.passage_id: hit.score for hit in dense}
        words = {hit.passage_id: hit.score for hit in lexical}
        cosines |= view.similarities(vector, [found for found in words if found not in cosines])
        best = max(words.values(), default=1.0)
        weight = self._dense_weight
        found = [
            _Found(one, weight * cosine + (1 - weight) * words.get(one, 0.0) / best, cosine, words.get(one, 0.0))
            for one, cosine in cosines.items()
        ]
        return sorted(found, key=_order)

    def _ranked(self, view: View, question: str, found: list[_Found], weight: float, when: When | None) -> list[_Found]:
        words = QuestionWords(question, self._stemmer)
        idf = view.idf(words.terms)
        texts = view.texts([one.passage_id for one in found])
        found = [one for one in found if one.passage_id in texts]
        ranked = []
        for one in found:
            held = texts[one.passage_id]
            shares = words.overlap(held.title, held.text, idf)
            overlap = sum(shares) / len(shares)
            ranked.append(one._replace(score=(1 - weight) * one.cosine + weight * overlap, overlap=overlap))
        if when is not None:
            days = [texts[one.passage_id].published for one in ranked]
            fits = zip(ranked, when.closeness(days), strict=True)
            ranked = [one._replace(score=one.score + self._date_weight * fit) for one, fit in fits]
        return sorted(ranked, key=_order)


class _Found(NamedTuple):
    passage_id: int
    score: float
    cosine: float
    bm25: float
    overlap: float = 0.0


def _narrowed(only: ArticleFilter, when: When) -> ArticleFilter | None:
    """A filter for the days that a question names too; None if they are outside it."""
    since = max(only.since, when.since) if only.since else when.since
    until = min(only.until, when.until) if only.until else when.until
    return only.model_copy(update={"since": since, "until": until}) if since <= until else None


def _order(found: _Found) -> tuple[float, int]:
    return -found.score, found.passage_id
