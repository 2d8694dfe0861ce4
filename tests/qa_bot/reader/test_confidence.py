"""A confidence depends on the score and on the rivals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qa_bot.reader.confidence import SHARE_TEMPERATURE, Calibration, shares


def test_a_share_is_the_weight_of_all_that_say_the_same() -> None:
    scores = [3.0, 1.0, 2.0, -4.0]
    weights = [math.exp(score / SHARE_TEMPERATURE) for score in scores]
    share_of_each = shares(np.array(scores), ["1904", "1961", "1904", "maria oliveira"])
    first = (weights[0] + weights[2]) / sum(weights)
    assert share_of_each.tolist() == pytest.approx([first, weights[1] / sum(weights), first, weights[3] / sum(weights)])


def test_one_candidate_has_no_rival() -> None:
    assert shares(np.array([-700.0]), [""]).tolist() == [1.0]
    assert shares(np.zeros(0), []).tolist() == []


def test_shares_of_huge_scores_are_numbers() -> None:
    assert shares(np.array([1e4, -1e4]), ["a", "b"]).tolist() == [1.0, 0.0]
    assert 0 < Calibration(share_weight=1.0).probability(0.0, 0.0) < 1e-6


def test_a_rival_lowers_the_probability_as_much_as_the_calibration_says() -> None:
    calibration = Calibration(slope=0.5, intercept=-1.0, share_weight=2.0)
    for score, share in ((4.0, 1.0), (4.0, 0.5), (-2.0, 0.1)):
        odds = 0.5 * score - 1 + 2 * math.log(share)
        assert calibration.probability(score, share) == pytest.approx(1 / (1 + math.exp(-odds)))
    assert Calibration(slope=0.5).probability(4.0, 0.2) == Calibration(slope=0.5).probability(4.0)


def test_each_candidate_of_a_question_has_its_own_probability() -> None:
    calibration = Calibration(slope=0.3, intercept=-0.4, share_weight=1.5)
    scores, words = np.array([6.0, 5.5, 5.0]), ["1904", "1961", "1904"]
    probabilities = calibration.probabilities(scores, words)
    assert probabilities == [calibration.probability(*pair) for pair in zip(scores, shares(scores, words), strict=True)]
    assert probabilities[0] > probabilities[2] > probabilities[1]
    assert calibration.probabilities(np.zeros(0), []) == []
