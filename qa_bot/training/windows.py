"""Labelled windows, in groups of one question, in batches of like length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from qa_bot.reader.windows import Ints, Window


class LabelledWindow(NamedTuple):
    """A window and the positions in it of the answer's first and last token; both 0 where it holds no answer."""

    window: Window
    start: int
    end: int


Group = Sequence[LabelledWindow]
"""The windows of one question that are trained on together: one, or those of several passages."""


class Batch(NamedTuple):
    """Arrays of shape (windows, longest) and (windows,).

    Attributes:
        ids, type_ids, mask: what the model takes.
        readable: marks the tokens that an answer may use, and token 0, which stands for no answer.
        start, end: positions of the answer's first and last token; 0 where there is none.
        group: number of the question that a window belongs to.
    """

    ids: Ints
    type_ids: Ints
    mask: Ints
    readable: Ints
    start: Ints
    end: Ints
    group: Ints


def label(window: Window, answer: tuple[int, int] | None) -> LabelledWindow:
    """Finds the tokens of an answer, given in characters of the passage; one that is not whole in the window is none."""
    if answer is None or not len(window.offsets):
        return LabelledWindow(window, 0, 0)
    start, end = answer
    inside = np.flatnonzero((window.offsets[:, 0] < end) & (window.offsets[:, 1] > start))
    if not len(inside) or window.offsets[0, 0] > start or window.offsets[-1, 1] < end:
        return LabelledWindow(window, 0, 0)
    return LabelledWindow(window, window.first + int(inside[0]), window.first + int(inside[-1]))


def batches(groups: Sequence[Group], size: int, rng: np.random.Generator) -> list[list[Group]]:
    """Batches of about `size` windows of like length, in a random order; the groups are expected to be shuffled."""
    made: list[list[Group]] = []
    each = max(1, round(size * len(groups) / max(1, sum(map(len, groups)))))
    chunk = each * 64
    for at in range(0, len(groups), chunk):
        part = sorted(groups[at : at + chunk], key=_longest)
        made += [part[i : i + each] for i in range(0, len(part), each)]
    return [made[i] for i in rng.permutation(len(made))]


def parts(groups: Sequence[Group], tokens: int) -> Iterator[Sequence[Group]]:
    """Cuts a batch into runs of groups that hold at most `tokens` tokens once padded; a run has at least one group."""
    first, longest, windows = 0, 0, 0
    for at, group in enumerate(groups):
        longest, windows = max(longest, _longest(group)), windows + len(group)
        if at > first and longest * windows > tokens:
            yield groups[first:at]
            first, longest, windows = at, _longest(group), len(group)
    if groups:
        yield groups[first:]


def _longest(group: Group) -> int:
    return max(len(labelled.window.ids) for labelled in group)


def collate(groups: Sequence[Group], pad_id: int) -> Batch:
    """Pads the windows of groups to the longest of them."""
    windows = [(labelled, number) for number, group in enumerate(groups) for labelled in group]
    longest = max(len(labelled.window.ids) for labelled, _ in windows)
    shape = (len(windows), longest)
    ids, types = np.full(shape, pad_id, np.int64), np.zeros(shape, np.int64)
    mask, readable = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, ((window, _, _), _) in enumerate(windows):
        length = len(window.ids)
        ids[row, :length] = window.ids
        types[row, :length] = window.type_ids
        mask[row, :length] = 1
        readable[row, 0] = 1
        readable[row, window.first : window.first + len(window.offsets)] = 1
    start = np.array([labelled.start for labelled, _ in windows], np.int64)
    end = np.array([labelled.end for labelled, _ in windows], np.int64)
    return Batch(ids, types, mask, readable, start, end, np.array([number for _, number in windows], np.int64))
