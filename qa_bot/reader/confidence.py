"""Scores of candidates -> the probability that one is right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SHARE_TEMPERATURE = 2.0
"""Divides the scores from which shares are made; 1.5 to 3 do about as well."""

Floats = NDArray[np.float64]


class Calibration(NamedTuple):
    """Turns a score into the probability that the answer is right: a logistic function (Platt, 1999).

    Attributes:
        slope, intercept: of the log-odds; fitted on held-out questions by `qa_bot.training.calibrate`.
        retrieval_weight: what a passage's retrieval score adds to its spans' scores, in logits.
        threshold: probability from which an answer is given.
        possible_threshold: probability from which an answer is shown as possible.
        share_weight: what the logarithm of an answer's share (see `shares`) adds to the log-odds, at least 0.
    """

    slope: float = 1.0
    intercept: float = 0.0
    retrieval_weight: float = 0.0
    threshold: float = 0.5
    share_weight: float = 0.0
    possible_threshold: float = 0.35

    def scores(self, spans: Floats, retrievals: Floats) -> Floats:
        """What candidates are ranked by, of the shape of both arguments.

        Args:
            spans: the reader's scores, in logits.
            retrievals: the retrieval scores of their passages.
        """
        return spans + self.retrieval_weight * retrievals

    def probability(self, score: float, share: float = 1.0) -> float:
        """The probability, in (0, 1), that a candidate with this score and this share, in (0, 1], is right."""
        odds = self.slope * score + self.share_weight * math.log(max(share, 1e-9)) + self.intercept
        return 1.0 / (1.0 + math.exp(-min(max(odds, -30.0), 30.0)))

    def probabilities(self, scores: Floats, words: Sequence[str]) -> list[float]:
        """The probability of each candidate of a question.

        Args:
            scores: of all candidates, as `scores` returns them, shape (candidates,).
            words: what they say, normalised.
        """
        return [self.probability(*pair) for pair in zip(scores.tolist(), shares(scores, words).tolist(), strict=True)]


def shares(scores: Floats, words: Sequence[str]) -> Floats:
    """How undivided the candidates of a question are: what share of the weight of all says what each one says.

    The weights are a softmax of the scores.  Of two answers with one score, the one that has a near rival is the more often
    wrong.

    Args:
        scores: of the candidates, shape (candidates,).
        words: what they say, normalised; those with equal words share their weights.

    Returns:
        Shares in (0, 1], of the scores' shape.
    """
    if not len(scores):
        return np.zeros(0)
    weights = np.exp((scores - scores.max()) / SHARE_TEMPERATURE)
    _, says = np.unique(np.array(words, object).astype(str), return_inverse=True)
    return np.asarray(np.bincount(says, weights)[says] / weights.sum())
