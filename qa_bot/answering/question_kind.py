"""What kind of answer a question wants: a few words, yes or no, or the articles on something."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

from embeddings.words import split_words

WEIGHTS = Path(__file__).with_name("question_kind.json")
SURE = 0.8
"""Probability from which a question is taken for something else than one that a few words answer."""

_OPENING, _CLOSING = 6, 2
_REQUESTING = 0.3


class QuestionKind(StrEnum):
    """The kinds, in the order of the weights.

    Attributes:
        SPAN: a few words answer it.
        YES_NO: yes or no would answer it; a sentence is quoted that decides it.
        ARTICLES: it asks for what there is on something ("what's new about Russia", "tell me about the reef").
    """

    SPAN = "span"
    YES_NO = "yes_no"
    ARTICLES = "articles"


class QuestionKinds:
    """Tells the kinds apart: a softmax regression on the first and last words of a question.

    Args:
        weights: of each feature, for each kind; fitted by `tests/benchmarks/question_kinds.py`.
    """

    def __init__(self, weights: Mapping[str, Sequence[float]]) -> None:
        self._weights = weights

    @classmethod
    @cache
    def packaged(cls) -> QuestionKinds:
        """The kinds that come with the package."""
        return cls(json.loads(WEIGHTS.read_text(encoding="utf-8")))

    def kind_of(self, question: str) -> QuestionKind:
        """The kind of a question; `QuestionKind.SPAN` unless another is sure."""
        logits = [0.0] * len(QuestionKind)
        for name in features(question):
            for at, weight in enumerate(self._weights.get(name, ())):
                logits[at] += weight
        exponentials = [math.exp(min(logit, 50.0)) for logit in logits]
        best = max(range(len(logits)), key=logits.__getitem__)
        return list(QuestionKind)[best] if exponentials[best] >= SURE * sum(exponentials) else QuestionKind.SPAN

    def asks_for_articles(self, word: str) -> bool:
        """Whether a word belongs to a request for articles rather than to its topic."""
        weights = self._weights.get(word.lower(), ())
        return bool(weights) and weights[list(QuestionKind).index(QuestionKind.ARTICLES)] >= _REQUESTING


def features(question: str) -> list[str]:
    """The first words of a question, in ones, twos and threes, the very first and the last ones; each feature once."""
    words = [word.lower() for word in split_words(question)]
    opening = words[:_OPENING]
    names = [f"^{' '.join(words[:count])}" for count in (1, 2, 3, 4) if count <= len(words)]
    names += [" ".join(opening[at : at + count]) for count in (1, 2, 3) for at in range(len(opening) - count + 1)]
    names += [f"{word}$" for word in words[-_CLOSING:]]
    names += ["+short"] if len(words) <= 3 else []
    return list(dict.fromkeys(["+", *names]))
