"""Which dense index suits how many passages."""

from __future__ import annotations

from embeddings.store.protocol import DenseKind

EXACT_UP_TO = 50_000
"""Passages up to which `auto` is exact: it answers in 10 ms there, and is read from SQLite in 0.3 s."""

_FEWEST = 256  # below that there is too little to train on, whatever the setting says
_GROWTH = 4


def wants_quantised(kind: DenseKind, passages: int, *, trained: bool) -> bool:
    """Whether a store of so many passages is searched by a quantised index; `trained`: if it has a quantiser already."""
    if kind is DenseKind.AUTO:
        return passages > (EXACT_UP_TO // 2 if trained else EXACT_UP_TO)
    return kind is DenseKind.QUANTISED and passages >= _FEWEST


def is_too_old(passages: int, trained_on: int) -> bool:
    """Whether a quantiser that was trained on so many passages is due for another; one of none always is."""
    return passages > _GROWTH * trained_on
