"""The losses against their definitions, worked out one span at a time."""

from __future__ import annotations

import math

import pytest
import torch

from qa_bot.training.losses import UNREADABLE, distillation_loss, group_loss, independent_loss

TOKENS, FIRST = 60, 5
START, END = torch.tensor([0, 7, 9]), torch.tensor([0, 7, 12])


@pytest.fixture
def scores() -> torch.Tensor:
    """Of three windows whose passage begins at token 5."""
    made = torch.randn(3, TOKENS, 2, generator=torch.Generator().manual_seed(0))
    made[:, 1:FIRST] = UNREADABLE
    return made


def test_the_independent_loss_is_that_of_two_choices(scores: torch.Tensor) -> None:
    expected = 0.0
    for window, start, end in zip(scores.tolist(), START.tolist(), END.tolist(), strict=True):
        for column, place in ((0, start), (1, end)):
            expected += math.log(sum(math.exp(token[column]) for token in window)) - window[place][column]
    assert float(independent_loss(scores, START, END).mean()) == pytest.approx(expected / 6, rel=1e-5)


def margins(window: list[list[float]]) -> dict[tuple[int, int], float]:
    """The margin of each span that the decoder may give over "no answer" in its window."""
    null = window[0][0] + window[0][1]
    spans = ((i, j) for i in range(FIRST, TOKENS) for j in range(i, min(i + 40, TOKENS)))
    return {(i, j): window[i][0] + window[j][1] - null for i, j in spans}


def test_the_group_loss_is_that_of_one_choice_among_the_spans_of_all_passages_and_none(scores: torch.Tensor) -> None:
    group = torch.tensor([0, 0, 1])
    first, second, third = (margins(window) for window in scores.tolist())
    both = math.log(1 + sum(math.exp(margin) for spans in (first, second) for margin in spans.values()))
    alone = math.log(1 + sum(math.exp(margin) for margin in third.values()))
    losses = group_loss(scores, START, END, group).tolist()
    assert losses[0] == pytest.approx(both - second[7, 7], rel=1e-4)
    assert losses[1] == pytest.approx(alone - third[9, 12], rel=1e-4)
    nowhere = group_loss(scores, torch.zeros(3, dtype=torch.long), torch.zeros(3, dtype=torch.long), group).tolist()
    assert nowhere == pytest.approx([both, alone], rel=1e-4)


def test_either_of_two_passages_that_answer_will_do(scores: torch.Tensor) -> None:
    group = torch.tensor([0, 1, 1])
    _, second, third = (margins(window) for window in scores.tolist())
    total = math.log(1 + sum(math.exp(margin) for spans in (second, third) for margin in spans.values()))
    right = math.log(math.exp(second[7, 7]) + math.exp(third[9, 12]))
    assert group_loss(scores, START, END, group).tolist()[1] == pytest.approx(total - right, rel=1e-4)


def test_an_answer_that_is_too_long_counts_as_its_beginning(scores: torch.Tensor) -> None:
    start, cut, long = torch.full((3,), 6), torch.full((3,), 45), torch.full((3,), 58)
    group = torch.arange(3)
    assert torch.equal(group_loss(scores, start, long, group), group_loss(scores, start, cut, group))


def test_a_teacher_that_is_sure_is_the_label(scores: torch.Tensor) -> None:
    taught = torch.zeros_like(scores)
    for row, (start, end) in enumerate(zip(START.tolist(), END.tolist(), strict=True)):
        taught[row, start, 0] = taught[row, end, 1] = 1
    expected = independent_loss(scores, START, END).tolist()
    assert distillation_loss(scores, taught).tolist() == pytest.approx(expected, rel=1e-5)
