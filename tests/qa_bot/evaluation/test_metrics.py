"""Exact match and F1 are the official ones, worked out by hand."""

from __future__ import annotations

import pytest

from qa_bot.answering.normalize import normalize_answer
from qa_bot.evaluation.metrics import best_over_references, exact_match, f1


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("The  U.S. Senate", "us senate"),
        ("a man, an apple and the sea", "man apple and sea"),
        ("Athens", "athens"),
        ("state-of-the-art", "stateoftheart"),
        ("$1,000.50", "100050"),
        ("the", ""),
        ("Das \u201eEnde\u201c", "das \u201eende\u201c"),
        ("\tone\n two ", "one two"),
    ],
)
def test_normalizing_drops_case_punctuation_articles_and_white_space(text: str, normalized: str) -> None:
    assert normalize_answer(text) == normalized


def test_exact_match_looks_past_articles_and_punctuation() -> None:
    assert exact_match("the Eagle.", "Eagle") == 1
    assert exact_match("Eagle lander", "Eagle") == 0


def test_f1_counts_shared_tokens_as_often_as_both_have_them() -> None:
    assert f1("Neil Armstrong", "commander Neil Armstrong") == pytest.approx(2 * 1 * (2 / 3) / (1 + 2 / 3))
    assert f1("very very fast", "very fast car") == pytest.approx(2 / 3)
    assert f1("red", "blue") == 0


@pytest.mark.parametrize(
    ("prediction", "reference", "score"), [("", "", 1), ("", "x", 0), ("x", "", 0), ("the", "", 1)]
)
def test_no_answer_matches_only_no_answer(prediction: str, reference: str, score: int) -> None:
    assert f1(prediction, reference) == exact_match(prediction, reference) == score


def test_the_best_reference_counts_for_each_metric_by_itself() -> None:
    exact, best_f1 = best_over_references("Neil Armstrong", ["Armstrong", "Neil Alden Armstrong"])
    assert exact == 0
    assert best_f1 == pytest.approx(0.8)
    assert best_over_references("Armstrong", ["Neil", "Armstrong"]) == (1.0, 1.0)
    assert best_over_references("", []) == (1.0, 1.0)
    assert best_over_references("Armstrong", []) == (0.0, 0.0)
