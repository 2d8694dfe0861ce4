"""Figures behind the report: shares with intervals, groups of questions, calibration, and the errors worth reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.words import ASKING, split_words
from qa_bot.evaluation.metrics import RIGHT_F1
from qa_bot.evaluation.predictions import Prediction

_DRAWS = 2000
_BINS = 10
_LENGTHS = ((1, "1 word"), (3, "2 or 3 words"), (7, "4 to 7 words"))


class Interval(NamedTuple):
    """A mean and the ends of its 95 % interval, in the unit of what was averaged."""

    mean: float
    low: float
    high: float


class Group(NamedTuple):
    """Questions that have something in common: what, how many, and the share that is answered or refused rightly."""

    name: str
    questions: int
    right: Interval


class Bin(NamedTuple):
    """The predictions of like confidence: how many, their mean confidence, and the share that is right; in [0, 1]."""

    predictions: int
    confidence: float
    accuracy: float


def interval(values: Sequence[float] | NDArray[np.float64]) -> Interval:
    """The mean of values with its interval by the percentile bootstrap (Efron, 1979); the same each time."""
    if not len(values):
        return Interval(0.0, 0.0, 0.0)
    column = np.asarray(values, float)
    draws = _draws(len(column))
    low, high = np.percentile([column[draw].mean() for draw in draws], [2.5, 97.5])
    return Interval(float(column.mean()), float(low), float(high))


def difference(before: Sequence[float], after: Sequence[float]) -> Interval:
    """The mean of `after` less that of `before`, question by question, with its interval by the paired bootstrap."""
    return interval(np.asarray(after, float) - np.asarray(before, float))


def _draws(size: int) -> list[NDArray[np.int64]]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, size, size) for _ in range(_DRAWS)]


def is_right(prediction: Prediction) -> bool:
    """Whether the best span is right: its F1 with an acceptable answer is high enough."""
    return bool(prediction.expected) and prediction.f1 >= RIGHT_F1


def does_right(prediction: Prediction) -> bool:
    """Whether the bot does right by the question: it answers rightly, or refuses what can't be answered."""
    return is_right(prediction) if prediction.answered else not prediction.expected


def calibration(predictions: Sequence[Prediction]) -> tuple[float, list[Bin]]:
    """The expected calibration error, in [0, 1], and the bins that it is made of (Naeini et al., 2015)."""
    confidence = np.array([prediction.confidence for prediction in predictions])
    right = np.array([is_right(prediction) for prediction in predictions], float)
    places = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    bins = [
        Bin(int(inside.sum()), float(confidence[inside].mean()), float(right[inside].mean()))
        for place in range(_BINS)
        if (inside := places == place).any()
    ]
    total = max(1, len(predictions))
    return sum(b.predictions / total * abs(b.confidence - b.accuracy) for b in bins), bins


def groups_by(predictions: Sequence[Prediction], name_of: Callable[[Prediction], str]) -> list[Group]:
    """The predictions in groups, the largest first."""
    members: dict[str, list[float]] = {}
    for prediction in predictions:
        members.setdefault(name_of(prediction), []).append(float(does_right(prediction)))
    groups = [Group(name, len(values), interval(values)) for name, values in members.items()]
    return sorted(groups, key=lambda group: (-group.questions, group.name))


def question_word(prediction: Prediction) -> str:
    """The word that a question asks with; "other" if it has none."""
    words = [word.lower() for word in split_words(prediction.question)]
    first = next(
        (word for word in words if word in ASKING and word not in ("do", "does", "did", "many", "much")), "other"
    )
    following = words[words.index(first) + 1 : words.index(first) + 2] if first == "how" else []
    return f"how {following[0]}" if following and following[0] in ("many", "much") else first


def answer_length(prediction: Prediction) -> str:
    """How long the shortest expected answer is."""
    if not prediction.expected:
        return "no answer"
    words = min(len(re.findall(r"\S+", text)) for text in prediction.expected)
    return next((name for most, name in _LENGTHS if words <= most), "8 words or more")


def worst(predictions: Sequence[Prediction], count: int = 50) -> list[Prediction]:
    """The errors, first those that were made most confidently: wrong answers, and right ones that were refused."""
    errors = [prediction for prediction in predictions if not does_right(prediction)]
    return sorted(errors, key=lambda p: (not p.answered, -p.confidence, p.id))[:count]
