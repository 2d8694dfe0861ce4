"""The losses against their definitions, worked out one span at a time."""

from __future__ import annotations

import math

import pytest
import torch

from qa_bot.training.losses import (
    UNREADABLE,
    answerable_loss,
    distillation_loss,
    independent_loss,
    joint_loss,
    uniform_loss,
)

TOKENS, FIRST = 60, 5
START, END = torch.tensor([0, 7, 9]), torch.tensor([0, 7, 12])


@pytest.fixture
def scores() -> torch.Tensor:
    """Of three windows whose passage begins at token 5."""
    made = torch.randn(3, TOKENS, 2, generator=torch.Generator().manual_seed(0))
    made[:, 1:FIRST] = UNREADABLE
    return made


def test_the_independent_loss_is_that_of_two_choices(scores: torch.Tensor) -> None:
    wanted = 0.0
    for window, start, end in zip(scores.tolist(), START.tolist(), END.tolist(), strict=True):
        for column, place in ((0, start), (1, end)):
            wanted += math.log(sum(math.exp(token[column]) for token in window)) - window[place][column]
    assert float(independent_loss(scores, START, END)) == pytest.approx(wanted / 6, rel=1e-5)


def test_the_joint_loss_is_that_of_one_choice_among_the_spans_of_the_decoder(scores: torch.Tensor) -> None:
    wanted = 0.0
    for window, start, end in zip(scores.tolist(), START.tolist(), END.tolist(), strict=True):
        spans = {(0, 0)} | {(i, j) for i in range(FIRST, TOKENS) for j in range(i, min(i + 40, TOKENS))}
        total = sum(math.exp(window[i][0] + window[j][1]) for i, j in spans)
        wanted += math.log(total) - window[start][0] - window[end][1]
    assert float(joint_loss(scores, START, END)) == pytest.approx(wanted / 6, rel=1e-5)


def test_an_answer_that_is_too_long_counts_as_its_beginning(scores: torch.Tensor) -> None:
    start, cut, long = torch.full((3,), 6), torch.full((3,), 45), torch.full((3,), 58)
    assert joint_loss(scores, start, long) == joint_loss(scores, start, cut)


def test_smoothing_spreads_the_target_over_readable_tokens_only(scores: torch.Tensor) -> None:
    readable = [0, *range(FIRST, TOKENS)]
    even = -scores[:, readable].log_softmax(1).mean()
    assert float(uniform_loss(scores)) == pytest.approx(float(even), rel=1e-5)


def test_a_teacher_that_is_sure_is_the_label(scores: torch.Tensor) -> None:
    taught = torch.zeros_like(scores)
    for row, (start, end) in enumerate(zip(START.tolist(), END.tolist(), strict=True)):
        taught[row, start, 0] = taught[row, end, 1] = 1
    assert float(distillation_loss(scores, taught)) == pytest.approx(
        float(independent_loss(scores, START, END)), rel=1e-5
    )


def test_the_second_task_is_to_say_where_there_is_no_answer() -> None:
    said = torch.tensor([-2.0, 0.5, 3.0])
    odds = [1 / (1 + math.exp(-2)), 1 / (1 + math.exp(-0.5)), 1 / (1 + math.exp(-3))]
    assert float(answerable_loss(said, START)) == pytest.approx(-sum(map(math.log, odds)) / 3, rel=1e-5)
