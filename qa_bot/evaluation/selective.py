"""Answering selectively: the best threshold for "no answer", and what is risked at each share of questions answered."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

Floats = NDArray[np.float64]

_POINTS = 20


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
