"""Platt scaling: scores of first answers -> the probability that they are right, and how good those probabilities are.

Platt, 1999, "Probabilistic Outputs for Support Vector Machines".
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import DatasetError
from qa_bot.reader.model import Calibration

RETRIEVAL_WEIGHTS = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
REFUSED_SHARE = 0.85
"""Of the questions that cannot be answered, how many are to be refused.  What more are refused costs right answers."""

FOLDS = 5
Floats = NDArray[np.float64]


class Asked(NamedTuple):
    """A question that was asked, and its candidates.

    Attributes:
        answerable: whether the archive, as it was searched, holds an answer.
        spans: span scores, shape (candidates,).
        retrievals: the retrieval scores of their passages, same shape.
        right: whether each is right, same shape.
        article: title of the question's article.
    """

    answerable: bool
    spans: Floats
    retrievals: Floats
    right: NDArray[np.bool_]
    article: str = ""


class Bin(NamedTuple):
    """The answers of like confidence: which share of all they are, and their mean confidence and accuracy, in [0, 1]."""

    share: float
    confidence: float
    accuracy: float


class Fit(NamedTuple):
    """A calibration and how well it does, all in [0, 1].

    Attributes:
        calibration: fitted on all that was asked.
        top_right, answered_right, refused, log_loss: on the questions that it was fitted on; see `_fit`.
        error_before, error_after: expected calibration error of uncalibrated scores, and of scores calibrated by fits on
            other articles.
        reliability_before, reliability_after: what the two errors are made of.
    """

    calibration: Calibration
    top_right: float
    answered_right: float
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
    asked = [one for one in asked if len(one.spans)]
    if not any(one.right.any() for one in asked):
        raise DatasetError(
            "no held-out question was answered rightly, so there is nothing to fit; hold out more of them"
        )
    best = _best_fit(asked)
    weight = _weights(asked)
    tops = [_top(one, best.calibration) for one in asked]
    before, right = _sigmoid(np.array([score for score, _ in tops])), np.array([is_right for _, is_right in tops])
    after = _crossed(asked)
    return best._replace(
        error_before=calibration_error(before, right, weight),
        error_after=calibration_error(*after, weight),
        reliability_before=reliability(before, right, weight),
        reliability_after=reliability(*after, weight),
    )


def _best_fit(asked: Sequence[Asked]) -> Fit:
    fits = [_fit(asked, weight) for weight in RETRIEVAL_WEIGHTS]
    return min(fits, key=lambda found: found.log_loss)


def _crossed(asked: Sequence[Asked]) -> tuple[Floats, NDArray[np.bool_]]:
    """Each question's confidence by a fit on the other articles, and whether its first answer is right."""
    folds = np.array([zlib.crc32(one.article.encode()) % FOLDS for one in asked])
    if len(set(folds)) < 2:
        folds = np.arange(len(asked)) % FOLDS
    probability, right = np.zeros(len(asked)), np.zeros(len(asked), bool)
    for fold in set(folds.tolist()):
        others = [one for one, its in zip(asked, folds, strict=True) if its != fold]
        calibration = _best_fit(others).calibration
        for at in np.flatnonzero(folds == fold).tolist():
            score, right[at] = _top(asked[at], calibration)
            probability[at] = calibration.probability(score)
    return probability, right


def _top(one: Asked, calibration: Calibration) -> tuple[float, bool]:
    """The score of the first answer, before it is made a probability, and whether it is right."""
    scores = one.spans + calibration.retrieval_weight * one.retrievals
    best = int(np.argmax(scores))
    return float(scores[best]), bool(one.right[best])


def _weights(asked: Sequence[Asked]) -> Floats:
    """What each question counts: those that cannot be answered a third together."""
    answerable = np.array([one.answerable for one in asked])
    return np.asarray(np.where(answerable, 2 / 3 / max(1, answerable.sum()), 1 / 3 / max(1, (~answerable).sum())))


def _fit(asked: Sequence[Asked], weight: float) -> Fit:
    tops = [_top(one, Calibration(retrieval_weight=weight)) for one in asked]
    top, right = np.array([score for score, _ in tops]), np.array([is_right for _, is_right in tops])
    answerable = np.array([one.answerable for one in asked])
    sample_weight = _weights(asked)
    slope, intercept = _logistic(top, right, sample_weight)
    probability = _sigmoid(slope * top + intercept)
    threshold = _threshold(probability, answerable)
    given = probability >= threshold
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    loss = -np.where(right, np.log(clipped), np.log(1 - clipped))
    return Fit(
        Calibration(round(slope, 5), round(intercept, 5), weight, round(threshold, 4)),
        top_right=_share(right[answerable]),
        answered_right=_share((right & given)[answerable]),
        refused=_share(~given[~answerable]),
        log_loss=float(np.sum(sample_weight * loss)),
    )


def _share(held: NDArray[np.bool_]) -> float:
    return float(held.mean()) if len(held) else 0.0


def _sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def _logistic(x: Floats, y: NDArray[np.bool_], weight: Floats) -> tuple[float, float]:
    """Weighted logistic regression on one variable, by Newton's method with a little ridge."""
    design = np.stack([x, np.ones_like(x)], axis=1)
    parameters = np.zeros(2)
    for _ in range(50):
        probability = _sigmoid(design @ parameters)
        gradient = design.T @ (weight * (y - probability)) - 1e-6 * parameters
        curvature = (design * (weight * probability * (1 - probability))[:, None]).T @ design + 1e-6 * np.eye(2)
        parameters = parameters + np.linalg.solve(curvature, gradient)
    return float(parameters[0]), float(parameters[1])


def _threshold(probability: Floats, answerable: NDArray[np.bool_]) -> float:
    """The lowest at which `REFUSED_SHARE` of the questions that cannot be answered are refused; 0.5 without such questions."""
    if answerable.all():
        return 0.5
    return float(np.clip(np.quantile(probability[~answerable], REFUSED_SHARE), 0.05, 0.95))


def reliability(probability: Floats, right: NDArray[np.bool_], weight: Floats, bins: int = 10) -> tuple[Bin, ...]:
    """Confidence and accuracy in bins of equal width; those without a question are left out."""
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    found = []
    for number in range(bins):
        inside = bin_of == number
        if inside.any():
            share = float(weight[inside].sum() / weight.sum())
            confidence = float(np.average(probability[inside], weights=weight[inside]))
            found.append(Bin(share, confidence, float(np.average(right[inside], weights=weight[inside]))))
    return tuple(found)


def calibration_error(probability: Floats, right: NDArray[np.bool_], weight: Floats, bins: int = 10) -> float:
    """Expected calibration error, in [0, 1]: mean gap of confidence and accuracy over bins of equal width.

    Guo et al., 2017, https://arxiv.org/abs/1706.04599.
    """
    found = reliability(probability, right, weight, bins)
    return sum(one.share * abs(one.confidence - one.accuracy) for one in found)
