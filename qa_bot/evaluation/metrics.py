"""The field's metrics: exact match and F1, recall and reciprocal rank, what selective answering risks.

Exact match and F1 are those of the official SQuAD scripts: Rajpurkar et al., 2016, "SQuAD: 100,000+ Questions for Machine
Comprehension of Text", https://arxiv.org/abs/1606.05250, and for unanswerable questions Rajpurkar et al., 2018,
https://arxiv.org/abs/1806.03822.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from qa_bot.answering.normalize import normalize_answer

Floats = NDArray[np.float64]

RIGHT_F1 = 2 / 3
"""F1 against a reference from which an answer counts as right, where that is asked of it."""

DEPTH = 20
"""Passages of a ranking that are looked at."""

_POINTS = 20


def exact_match(prediction: str, reference: str) -> float:
    """1.0 if the two are equal after `normalize_answer`, else 0.0."""
    return float(normalize_answer(prediction) == normalize_answer(reference))


def f1(prediction: str, reference: str) -> float:
    """F1 over the two answers' bags of tokens, in [0, 1].

    An empty answer (the question has none) matches only another empty one.
    """
    predicted = normalize_answer(prediction).split()
    expected = normalize_answer(reference).split()
    if not predicted or not expected:
        return float(predicted == expected)
    common = sum((Counter(predicted) & Counter(expected)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(predicted), common / len(expected)
    return 2 * precision * recall / (precision + recall)


def best_over_references(prediction: str, references: Sequence[str]) -> tuple[float, float]:
    """(exact match, F1) of the prediction against its best reference; no references means "no answer"."""
    references = [reference for reference in references if normalize_answer(reference)] or [""]
    return (
        max(exact_match(prediction, reference) for reference in references),
        max(f1(prediction, reference) for reference in references),
    )


class RankFigures(BaseModel, frozen=True):
    """Where the right passage stood in the rankings of a set of questions; all in [0, 1].

    Attributes:
        recall_at_1, recall_at_5, recall_at_10, recall_at_20: share of the questions for which it was among the first k.
        mrr_at_10: mean of 1 / rank, 0 where the rank is beyond 10 (Voorhees, 1999, "The TREC-8 Question Answering
            Track Report").
    """

    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    recall_at_20: float
    mrr_at_10: float


def rank_figures(ranks: Sequence[int]) -> RankFigures:
    """The figures for a set of questions, from each right passage's rank, from 1; 0 if it was not found."""
    places = np.array([rank or np.inf for rank in ranks] or [np.inf])
    recall = {f"recall_at_{k}": round(float(np.mean(places <= k)), 6) for k in (1, 5, 10, 20)}
    return RankFigures(**recall, mrr_at_10=round(float(np.mean(np.where(places <= 10, 1 / places, 0.0))), 6))


def reciprocal_rank_fusion(rankings: Sequence[Sequence[int]], constant: int = 60) -> list[int]:
    """Fuses rankings by the sum of 1 / (constant + rank), best first; ties by id.

    Cormack, Clarke and Büttcher, 2009, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
    Methods"; 60 is their constant.

    Args:
        rankings: ids, each best first.
        constant: the larger it is, the less the first places count.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, passage_id in enumerate(ranking, 1):
            scores[passage_id] = scores.get(passage_id, 0.0) + 1 / (constant + rank)
    return sorted(scores, key=lambda passage_id: (-scores[passage_id], passage_id))


class Threshold(NamedTuple):
    """A threshold of a score and what it brings.

    Attributes:
        mean: mean gain over all questions when those whose score is at least `threshold` are answered.
        threshold: in the unit of the score; just above the highest score where it is best to answer nothing.
    """

    mean: float
    threshold: float


class RiskPoint(BaseModel, frozen=True):
    """Coverage: share of the questions that are answered; risk: share of these answered wrongly; both in [0, 1]."""

    coverage: float
    risk: float


class RiskCoverage(BaseModel, frozen=True):
    """What is risked when only the questions with the highest scores are answered.

    El-Yaniv and Wiener, 2010, https://www.jmlr.org/papers/v11/el-yaniv10a.html.  An answer is wrong if it does not
    match exactly; any answer to an unanswerable question is wrong.

    Attributes:
        aurc: area under the curve, in [0, 1], lower is better: mean risk over the coverages 1/n, 2/n ... 1 (Geifman,
            Uziel and El-Yaniv, 2019, https://arxiv.org/abs/1805.08206).
        points: the curve, at even steps of coverage.
    """

    aurc: float
    points: tuple[RiskPoint, ...]


def best_threshold(scores: Floats, answering: Floats, refusing: Floats) -> Threshold:
    """The threshold of the score that is best after the fact, as the official SQuAD 2.0 script finds it.

    The script goes through the questions one by one; here, questions with equal scores are answered together or not at
    all, as a threshold can't tell them apart.  The highest of equally good thresholds is taken, as there.

    Args:
        scores: higher means rather answered, shape (questions,), at least one.
        answering: what is gained by answering each question: its exact match or F1.
        refusing: what is gained by not answering it: 1 if it is unanswerable, else 0.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    totals = np.sum(refusing) + np.cumsum((answering - refusing)[order])
    last_of_equals = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    totals = np.concatenate([[np.sum(refusing)], totals[last_of_equals]])
    best = int(np.argmax(totals))
    nothing = np.nextafter(ranked[0], np.inf)
    return Threshold(
        float(totals[best]) / len(scores), float(nothing if best == 0 else ranked[last_of_equals[best - 1]])
    )


def risk_coverage(scores: Floats, correct: Floats) -> RiskCoverage:
    """The curve for a set of questions.

    Questions with equal scores come in any order, so each of them counts with their mean.

    Args:
        scores: higher means rather answered, shape (questions,), at least one.
        correct: 1 where the answer is right, else 0, same shape.
    """
    _, group, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    wrong = (np.bincount(group, weights=1 - correct) / sizes)[np.sort(group)]
    risks = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)
    ends = np.unique(np.ceil(np.arange(1, _POINTS + 1) * len(wrong) / _POINTS).astype(np.int64))
    return RiskCoverage(
        aurc=round(float(risks.mean()), 6),
        points=tuple(
            RiskPoint(coverage=round(int(end) / len(wrong), 6), risk=round(float(risks[end - 1]), 6)) for end in ends
        ),
    )
