"""What a reader is trained to make small."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy, pad

UNREADABLE = -1e4
"""The score of a token that no answer may use."""
_LONGEST = 40
"""Tokens of the longest span that the joint loss knows; the decoder knows none longer."""


def independent_loss(
    scores: torch.Tensor, start: torch.Tensor, end: torch.Tensor, smoothing: float = 0.0
) -> torch.Tensor:
    """Cross-entropy of the answer's first and of its last token, each among all tokens; their mean.

    Args:
        scores: start and end scores, `UNREADABLE` where no answer may be, shape (windows, tokens, 2).
        start: positions of the first tokens, shape (windows,); 0 where there is no answer.
        end: those of the last ones.
        smoothing: share of the target that is spread evenly over the tokens that an answer may use, in [0, 1).
    """
    hard = (cross_entropy(scores[..., 0], start) + cross_entropy(scores[..., 1], end)) / 2
    if not smoothing:
        return hard
    readable = scores > UNREADABLE
    spread = (scores.log_softmax(1) * readable).sum(1) / readable.sum(1)
    return (1 - smoothing) * hard - smoothing * spread.mean()


def joint_loss(scores: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """Half the cross-entropy of the answer among all spans that the decoder may give, and no answer.

    A span's score is the sum of its two, as the decoder adds them up: what is trained is what is used.  Fajcik et al., 2021,
    "Rethinking the Objectives of Extractive Question Answering", https://arxiv.org/abs/2008.12804.  An answer of more than 40
    tokens counts as its first 40.  Arguments as for `independent_loss`.
    """
    ends = pad(scores[..., 1], (0, _LONGEST - 1), value=UNREADABLE).unfold(1, _LONGEST, 1)
    spans = scores[..., 0, None] + ends
    nothing_longer = torch.zeros_like(spans)
    nothing_longer[:, 0, 1:] = 2 * UNREADABLE
    place = start * _LONGEST + (end - start).clamp(max=_LONGEST - 1)
    return cross_entropy((spans + nothing_longer).flatten(1), place) / 2


def distillation_loss(scores: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the scores' distributions with a teacher's; the mean of start and end.

    Hinton et al., 2015, "Distilling the Knowledge in a Neural Network", https://arxiv.org/abs/1503.02531, without temperature.

    Args:
        scores: the student's, shape (windows, tokens, 2).
        taught: the teacher's probabilities of start and end, of the same shape.
    """
    return -(taught * scores.log_softmax(1)).sum(1).mean()
