"""Why an answer is what it is: the passages that were read, what was in the running, and the thresholds."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from qa_bot.answering.candidates import Candidate
from qa_bot.answering.weighing import ranked
from qa_bot.reader.confidence import Calibration
from qa_bot.retrieval.retriever import RetrievedPassage

CONTENDERS = 12


class _Frozen(BaseModel, frozen=True):
    pass


class ReadPassage(_Frozen):
    """A passage that was read; see `RetrievedPassage` for its scores.

    Attributes:
        article, title: id and title of its article.
        start, end: in characters of the article's text.
        text: of the passage.
    """

    article: str
    title: str
    start: int
    end: int
    text: str
    score: float
    cosine: float
    bm25: float
    overlap: float


class Contender(_Frozen):
    """A span that was in the running.

    Attributes:
        text: its words.
        article, start, end: where it lies.
        span_score: of the reader, in logits.
        retrieval_score: of its passage.
        alone: probability that it is right if nothing else had been found, in [0, 1].
        confidence: the same in view of its rivals.
    """

    text: str
    article: str
    start: int
    end: int
    span_score: float
    retrieval_score: float
    alone: float
    confidence: float


class Explanation(_Frozen):
    """What led to an answer, or to none: confidences from which one is given or possible, what was read, what competed."""

    threshold: float
    possible_threshold: float
    passages: tuple[ReadPassage, ...]
    contenders: tuple[Contender, ...]


def explain(
    retrieved: Sequence[RetrievedPassage],
    candidates: Sequence[Candidate],
    calibration: Calibration,
    *,
    threshold: float,
    possible_threshold: float,
) -> Explanation:
    """Explains an answer.

    Args:
        retrieved: the passages that were read, best first.
        candidates: what the reader found in them.
        calibration: of the reader.
        threshold: confidence from which an answer is given.
        possible_threshold: from which one is possible.
    """
    passages = [
        ReadPassage(
            article=hit.passage.article_id,
            title=hit.passage.title,
            start=hit.passage.start,
            end=hit.passage.end,
            text=hit.passage.text,
            **{name: round(float(getattr(hit, name)), 4) for name in ("score", "cosine", "bm25", "overlap")},
        )
        for hit in retrieved
    ]
    contenders = [
        Contender(
            text=weighed.candidate.text,
            article=weighed.candidate.article.id,
            start=weighed.candidate.start,
            end=weighed.candidate.end,
            span_score=round(weighed.candidate.span_score, 4),
            retrieval_score=round(weighed.candidate.retrieval_score, 4),
            alone=round(weighed.alone, 4),
            confidence=round(weighed.confidence, 4),
        )
        for weighed in ranked(candidates, calibration)[:CONTENDERS]
    ]
    return Explanation(
        threshold=threshold,
        possible_threshold=min(possible_threshold, threshold),
        passages=tuple(passages),
        contenders=tuple(contenders),
    )
