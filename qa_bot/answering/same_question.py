"""Whether two questions ask the same, so that what a team answered to one of them is shown for the other.

The questions must be close as the encoder sees them, and what only one of them says must matter little.  A word matters as
much as the question's vector turns when it is left out, so no list of words is needed.  The numbers and the order of the names
must be the same, as an encoder finds "2023" near "2024" and hardly sees an order; and where one word stands for one other
("begin", "end"), nothing tells a synonym from its opposite, so such a word must matter least.
`tests/benchmarks/same_meaning.py` measures this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.words import Stemmer

LEAST_COSINE = 0.82
"""Cosine of two questions' vectors from which they can mean the same."""
LITTLE, MUCH, LITTLEST = 0.07, 0.10, 0.02
"""The most that a word may matter which only one of two questions has, in cosine lost: on one side, and on the other; and on
either where one word stands for one other."""

_WORD = re.compile(r"[^\W_]+")

Encode = Callable[[str], NDArray[np.float32]]


class SameQuestion:
    """Compares questions.

    Args:
        encode: question -> unit vector of shape (dimension,).
    """

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._stemmer = Stemmer()

    def same(self, one: str, other: str, cosine: float | None = None) -> bool:
        """Whether two questions ask the same.

        Args:
            one: a question.
            other: another one.
            cosine: of their vectors, if it is known.
        """
        words, others = _WORD.findall(one), _WORD.findall(other)
        stems, other_stems = self._stems(words), self._stems(others)
        if stems == other_stems:
            return True
        if _numbers(words) != _numbers(others) or not self._same_order(words, others):
            return False
        if cosine is None:
            cosine = float(self._encode(one) @ self._encode(other))
        if cosine < LEAST_COSINE:
            return False
        sides = [self._unshared(words, set(other_stems)), self._unshared(others, set(stems))]
        less, more = sorted(max(side, default=0.0) for side in sides)
        is_exchange = len(sides[0]) == len(sides[1]) == 1
        return less <= (LITTLEST if is_exchange else LITTLE) and more <= MUCH

    def _stems(self, words: Sequence[str]) -> list[str]:
        return self._stemmer.stems([word.lower() for word in words])

    def _same_order(self, words: Sequence[str], others: Sequence[str]) -> bool:
        """Whether the names that both questions have stand in the same order."""
        first, second = _names(words), _names(others)
        return [name for name in first if name in second] == [name for name in second if name in first]

    def _unshared(self, words: Sequence[str], known: set[str]) -> list[float]:
        """How much each word of a question matters whose stem is not among those that are known."""
        places = [place for place, stem in enumerate(self._stems(words)) if stem not in known]
        if not places:
            return []
        whole = self._encode(" ".join(words))
        shorter = (" ".join([*words[:place], *words[place + 1 :]]) for place in places)
        return [1 - float(whole @ self._encode(words)) for words in shorter]


def _numbers(words: Sequence[str]) -> list[str]:
    return sorted(word for word in words if any(letter.isdigit() for letter in word))


def _names(words: Sequence[str]) -> list[str]:
    """The words with a capital, in lower case, without the one that a sentence begins with."""
    return list(dict.fromkeys(word.lower() for word in words[1:] if word[:1].isupper()))
