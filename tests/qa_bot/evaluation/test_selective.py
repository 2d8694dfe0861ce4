"""The threshold sweep and the risk-coverage curve, against implementations that try everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_bot.evaluation.metrics import best_threshold, risk_coverage

Case = tuple[float, float, bool]

shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])
scores = st.one_of(st.integers(-3, 3).map(float), st.floats(-20, 20))
cases = st.lists(st.tuples(scores, shares, st.booleans()), min_size=1, max_size=30)


def _arrays(questions: list[Case]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    score = np.array([score for score, _, _ in questions])
    gain = np.array([gain if answerable else 0.0 for _, gain, answerable in questions])
    refusing = np.array([0.0 if answerable else 1.0 for _, _, answerable in questions])
    return score, gain, refusing


@settings(deadline=None)
@given(cases)
def test_no_threshold_is_better_than_the_best_one(questions: list[Case]) -> None:
    score, gain, refusing = _arrays(questions)
    best = best_threshold(score, gain, refusing)
    tried = [np.where(score >= threshold, gain, refusing).mean() for threshold in [*score, np.inf]]
    assert best.mean == pytest.approx(max(tried))
    assert np.where(score >= best.threshold, gain, refusing).mean() == pytest.approx(best.mean)


def _official(questions: list[Case]) -> float:
    """The loop of the official script for SQuAD 2.0, in the words of this project."""
    current = best = float(sum(not answerable for _, _, answerable in questions))
    for _, gain, answerable in sorted(questions, key=lambda question: -question[0]):
        current += gain if answerable else -1
        best = max(best, current)
    return best / len(questions)


@settings(deadline=None)
@given(st.lists(st.tuples(scores, shares, st.booleans()), min_size=1, max_size=30, unique_by=lambda case: case[0]))
def test_the_sweep_is_the_official_one_where_no_two_scores_are_equal(questions: list[Case]) -> None:
    assert best_threshold(*_arrays(questions)).mean == pytest.approx(_official(questions))


def test_a_sweep_by_hand() -> None:
    score, exact = np.array([3.0, 2.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0])
    best = best_threshold(score, exact, np.array([0.0, 1.0, 0.0, 1.0]))
    assert best == (0.75, 3.0)
    nothing = best_threshold(np.array([2.0]), np.array([0.0]), np.array([1.0]))
    assert nothing.mean == 1
    assert nothing.threshold > 2


@settings(deadline=None)
@given(cases)
def test_the_curve_is_the_mean_over_every_order_of_equal_scores(questions: list[Case]) -> None:
    score, gain, _ = _arrays(questions)
    right = (gain == 1).astype(float)
    curve = risk_coverage(score, right)
    assert curve.points[-1].coverage == 1
    assert curve.points[-1].risk == pytest.approx(1 - right.mean(), abs=1e-6)
    risks = []
    for count in range(1, len(score) + 1):
        last = np.sort(score)[::-1][count - 1]
        surely, maybe = score > last, score == last
        wrong = (1 - right[surely]).sum() + (count - surely.sum()) * (1 - right[maybe]).mean()
        risks.append(wrong / count)
    assert curve.aurc == pytest.approx(np.mean(risks), abs=1e-6)


def test_a_curve_by_hand() -> None:
    curve = risk_coverage(np.array([0.9, 0.1, 0.5, 0.7]), np.array([1.0, 0.0, 0.0, 1.0]))
    assert [(point.coverage, point.risk) for point in curve.points] == [
        (0.25, 0.0),
        (0.5, 0.0),
        (0.75, 0.333333),
        (1.0, 0.5),
    ]
    assert curve.aurc == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4, abs=1e-6)
