"""Exact match and F1, by the definitions of the official SQuAD scripts.

Rajpurkar et al., 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", https://arxiv.org/abs/1606.05250,
and for unanswerable questions Rajpurkar et al., 2018, https://arxiv.org/abs/1806.03822.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qa_bot.answering.normalize import normalize_answer

RIGHT_F1 = 2 / 3
"""F1 against a reference from which an answer counts as right, where that is asked of it."""


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
