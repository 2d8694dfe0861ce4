"""Platt scaling: scores of first answers -> the probability that they are right, and how good those probabilities are.

Platt, 1999, "Probabilistic Outputs for Support Vector Machines".
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import DatasetError
from qa_bot.reader.confidence import Calibration, Floats, shares

RETRIEVAL_WEIGHTS = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
RIGHT_SHARE = 0.8
"""Of the answers that are given, how many are to be right, where half of the questions cannot be answered."""

FOLDS = 5


class Asked(NamedTuple):
    """A question that was asked, and its candidates.

    Attributes:
        answerable: whether the archive, as it was searched, holds an answer.
        spans: span scores, shape (candidates,).
        retrievals: the retrieval scores of their passages, same shape.
        right: whether each is right, same shape.
        article: title of the question's article.
        words: what each candidate says, normalised; None if no two say the same.
    """

    answerable: bool
    spans: Floats
    retrievals: Floats
    right: NDArray[np.bool_]
    article: str = ""
    words: tuple[str, ...] | None = None

    def first(self, retrieval_weight: float) -> First:
        """The candidate with the highest score."""
        scores = Calibration(retrieval_weight=retrieval_weight).scores(self.spans, self.retrievals)
        best = int(np.argmax(scores))
        share = shares(scores, self.words or [str(at) for at in range(len(scores))])[best]
        return First(float(scores[best]), float(share), bool(self.right[best]))


class First(NamedTuple):
    """The first answer of a question: its score and share, before they are made a probability, and whether it is right."""

    score: float
    share: float
    right: bool


class Bin(NamedTuple):
    """The answers of like confidence: which share of all they are, and their mean confidence and accuracy, in [0, 1]."""

    share: float
    confidence: float
    accuracy: float


class Fit(NamedTuple):
    """A calibration and how well it does, all in [0, 1].

    Attributes:
        calibration: fitted on all that was asked.
        top_right, answered_right, answered_wrong, refused, log_loss: on the questions that it was fitted on; see `_fit`.
        error_before, error_after: expected calibration error of uncalibrated scores, and of scores calibrated by fits on
            other articles.
        reliability_before, reliability_after: what the two errors are made of.
    """

    calibration: Calibration
    top_right: float
    answered_right: float
    answered_wrong: float
    refused: float
    log_loss: float
    error_before: float = 0.0
    error_after: float = 0.0
    reliability_before: tuple[Bin, ...] = ()
    reliability_after: tuple[Bin, ...] = ()


def fit(asked: Sequence[Asked]) -> Fit:
    """The best calibration over `RETRIEVAL_WEIGHTS`, by its log loss.

    Raises:
        DatasetError: there is no right answer among what was asked.
    """
    asked = [question for question in asked if len(question.spans)]
    if not any(question.right.any() for question in asked):
        raise DatasetError(
            "no held-out question was answered rightly, so there is nothing to fit; hold out more of them"
        )
    best = _best_fit(asked)
    weight = _weights(asked)
    first = [question.first(best.calibration.retrieval_weight) for question in asked]
    before, right = _sigmoid(np.array([answer.score for answer in first])), np.array([answer.right for answer in first])
    after = _crossed(asked)
    return best._replace(
        error_before=calibration_error(before, right, weight),
        error_after=calibration_error(*after, weight),
        reliability_before=reliability(before, right, weight),
        reliability_after=reliability(*after, weight),
    )


def _best_fit(asked: Sequence[Asked]) -> Fit:
    fits = [_fit(asked, weight) for weight in RETRIEVAL_WEIGHTS]
    return min(fits, key=lambda candidate: candidate.log_loss)


def _crossed(asked: Sequence[Asked]) -> tuple[Floats, NDArray[np.bool_]]:
    """Each question's confidence by a fit on the other articles, and whether its first answer is right."""
    folds = np.array([zlib.crc32(question.article.encode()) % FOLDS for question in asked])
    if len(set(folds)) < 2:
        folds = np.arange(len(asked)) % FOLDS
    probability, right = np.zeros(len(asked)), np.zeros(len(asked), bool)
    for fold in set(folds.tolist()):
        others = [question for question, other in zip(asked, folds, strict=True) if other != fold]
        calibration = _best_fit(others).calibration
        for at in np.flatnonzero(folds == fold).tolist():
            score, share, right[at] = asked[at].first(calibration.retrieval_weight)
            probability[at] = calibration.probability(score, share)
    return probability, right


def _weights(asked: Sequence[Asked]) -> Floats:
    """What each question counts: those that cannot be answered a third together."""
    answerable = np.array([question.answerable for question in asked])
    return np.asarray(np.where(answerable, 2 / 3 / max(1, answerable.sum()), 1 / 3 / max(1, (~answerable).sum())))


def _fit(asked: Sequence[Asked], weight: float) -> Fit:
    first = [question.first(weight) for question in asked]
    right = np.array([answer.right for answer in first])
    design = np.array([(answer.score, math.log(max(answer.share, 1e-9)), 1.0) for answer in first])
    answerable = np.array([question.answerable for question in asked])
    sample_weight = _weights(asked)
    slope, share_weight, intercept = _logistic(design, right, sample_weight)
    if share_weight < 0:  # too few questions: that a rival speaks for an answer is noise
        share_weight = 0.0
        slope, intercept = _logistic(design[:, [0, 2]], right, sample_weight)
    probability = _sigmoid(design @ (slope, share_weight, intercept))
    threshold = _threshold(probability, right, answerable)
    given = probability >= threshold
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    loss = -np.where(right, np.log(clipped), np.log(1 - clipped))
    return Fit(
        Calibration(round(slope, 5), round(intercept, 5), weight, round(threshold, 4), round(share_weight, 5)),
        top_right=_share(right[answerable]),
        answered_right=_share((right & given)[answerable]),
        answered_wrong=_share((~right & given)[answerable]),
        refused=_share(~given[~answerable]),
        log_loss=float(np.sum(sample_weight * loss)),
    )


def _share(hits: NDArray[np.bool_]) -> float:
    return float(hits.mean()) if len(hits) else 0.0


def _sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def _logistic(design: Floats, y: NDArray[np.bool_], weight: Floats) -> list[float]:
    """Weighted logistic regression, by Newton's method with a little ridge; one coefficient for each column."""
    columns = design.shape[1]
    parameters = np.zeros(columns)
    for _ in range(50):
        probability = _sigmoid(design @ parameters)
        gradient = design.T @ (weight * (y - probability)) - 1e-6 * parameters
        curvature = (design * (weight * probability * (1 - probability))[:, None]).T @ design + 1e-6 * np.eye(columns)
        parameters = parameters + np.linalg.solve(curvature, gradient)
    return [float(parameter) for parameter in parameters]


def _threshold(probability: Floats, right: NDArray[np.bool_], answerable: NDArray[np.bool_]) -> float:
    """The lowest from which `RIGHT_SHARE` of the answers are right; the highest probability of all if there is none."""
    weight = np.where(answerable, 0.5 / max(1, answerable.sum()), 0.5 / max(1, (~answerable).sum()))
    order = np.argsort(-probability, kind="stable")
    given = np.cumsum(weight[order])
    enough = np.flatnonzero(np.cumsum((weight * right)[order]) >= RIGHT_SHARE * given)
    lowest = probability[order][enough[-1]] if len(enough) else probability.max()
    return float(np.clip(lowest, 0.05, 0.95))


def reliability(probability: Floats, right: NDArray[np.bool_], weight: Floats, bins: int = 10) -> tuple[Bin, ...]:
    """Confidence and accuracy in bins of equal width; those without a question are left out."""
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    filled = []
    for number in range(bins):
        inside = bin_of == number
        if inside.any():
            share = float(weight[inside].sum() / weight.sum())
            confidence = float(np.average(probability[inside], weights=weight[inside]))
            filled.append(Bin(share, confidence, float(np.average(right[inside], weights=weight[inside]))))
    return tuple(filled)


def calibration_error(probability: Floats, right: NDArray[np.bool_], weight: Floats, bins: int = 10) -> float:
    """Expected calibration error, in [0, 1]: mean gap of confidence and accuracy over bins of equal width.

    Guo et al., 2017, https://arxiv.org/abs/1706.04599.
    """
    filled = reliability(probability, right, weight, bins)
    return sum(each.share * abs(each.confidence - each.accuracy) for each in filled)
