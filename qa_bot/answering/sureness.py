"""How sure an answer is, in steps that people can tell apart."""

from __future__ import annotations

from enum import IntEnum


class Sureness(IntEnum):
    """A step of confidence; the value is its place in a list of words, the surest first."""

    VERY = 0
    FAIRLY = 1
    NOT_VERY = 2
    GUESS = 3


_FROM = {Sureness.VERY: 0.85, Sureness.FAIRLY: 0.6, Sureness.NOT_VERY: 0.3}
"""Confidence from which a step counts."""


def sureness_of(confidence: float) -> Sureness:
    """The step of a confidence in [0, 1]."""
    return next((step for step, least in _FROM.items() if confidence >= least), Sureness.GUESS)


def percent_of(confidence: float) -> int:
    """A confidence as a whole percentage in [1, 99]: nobody can be surer than that."""
    return min(max(round(confidence * 100), 1), 99)
