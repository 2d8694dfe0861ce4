"""Question -> passages: dense and lexical search, fused, and the best looked at word by word."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.filters import ArticleFilter
from embeddings.store.protocol import StoredPassage, View
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
        candidates = self._search(view, question, vector, max(CANDIDATES, count))[: max(SHORTLIST, count)]
        of_that_time = _narrowed(view.only, when) if when is not None else None
        if of_that_time is not None:
            known = {candidate.passage_id for candidate in candidates}
            dated = self._search(view.narrowed(of_that_time), question, vector, CANDIDATES)[:SHORTLIST]
            candidates += [candidate for candidate in dated if candidate.passage_id not in known]
        passages = view.passages([candidate.passage_id for candidate in candidates])
        retrieved = [
            RetrievedPassage(passages[passage_id], score, cosine, bm25, 0.0)
            for passage_id, score, cosine, bm25 in candidates
        ]
        if self._overlap_weight is not None:
            retrieved = self._ranked(view, question, retrieved, self._overlap_weight, when)
        return retrieved[:count]

    def _search(self, view: View, question: str, vector: NDArray[np.float32], count: int) -> list[_Candidate]:
        """What both searches bring, by the convex combination of their scores."""
        cosines = {hit.passage_id: hit.score for hit in view.dense_search(vector, count)}
        bm25 = {hit.passage_id: hit.score for hit in view.lexical_search(question, count)}
        cosines |= view.similarities(vector, [passage_id for passage_id in bm25 if passage_id not in cosines])
        best = max(bm25.values(), default=1.0)
        weight = self._dense_weight
        candidates = [
            _Candidate(passage_id, weight * cosine + (1 - weight) * score / best, cosine, score)
            for passage_id, cosine in cosines.items()
            for score in (bm25.get(passage_id, 0.0),)
        ]
        return sorted(candidates, key=lambda candidate: (-candidate.score, candidate.passage_id))

    def _ranked(
        self, view: View, question: str, retrieved: list[RetrievedPassage], weight: float, when: When | None
    ) -> list[RetrievedPassage]:
        words = QuestionWords(question, self._stemmer)
        idf = view.idf(words.terms)
        ranked = []
        for candidate in retrieved:
            shares = words.overlap(candidate.passage.title, candidate.passage.text, idf)
            overlap = sum(shares) / len(shares)
            ranked.append(candidate._replace(score=(1 - weight) * candidate.cosine + weight * overlap, overlap=overlap))
        if when is not None:
            closeness = when.closeness([candidate.passage.published for candidate in ranked])
            ranked = [
                candidate._replace(score=candidate.score + self._date_weight * fit)
                for candidate, fit in zip(ranked, closeness, strict=True)
            ]
        return sorted(ranked, key=lambda candidate: (-candidate.score, candidate.passage.id))


class _Candidate(NamedTuple):
    passage_id: int
    score: float
    cosine: float
    bm25: float


def _narrowed(only: ArticleFilter, when: When) -> ArticleFilter | None:
    """A filter for the days that a question names too; None if they are outside it."""
    since = max(only.since, when.since) if only.since else when.since
    until = min(only.until, when.until) if only.until else when.until
    return only.model_copy(update={"since": since, "until": until}) if since <= until else None
