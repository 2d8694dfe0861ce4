"""What a reader is trained to make small."""

from __future__ import annotations

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, pad

from qa_bot.reader.decoding import MAX_ANSWER_TOKENS

UNREADABLE = -1e4
"""The score of a token that no answer may use."""


def independent_loss(scores: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the answer's first and of its last token, each among all tokens; their mean.

    Args:
        scores: start and end scores, `UNREADABLE` where no answer may be, shape (windows, tokens, 2).
        start: positions of the first tokens, shape (windows,); 0 where there is no answer.
        end: those of the last ones.
    """
    return (cross_entropy(scores[..., 0], start) + cross_entropy(scores[..., 1], end)) / 2


def uniform_loss(scores: torch.Tensor) -> torch.Tensor:
    """Cross-entropy with even odds for all tokens that an answer may use, which label smoothing mixes in.

    Szegedy et al., 2016, "Rethinking the Inception Architecture", https://arxiv.org/abs/1512.00567, section 7.
    """
    readable = scores > UNREADABLE
    return -((scores.log_softmax(1) * readable).sum(1) / readable.sum(1)).mean()


def joint_loss(scores: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """Half the cross-entropy of the answer among all spans that the decoder may give, and no answer.

    A span's score is the sum of its two, as the decoder adds them up: what is trained is what is used.  Fajcik et al., 2021,
    "Rethinking the Objectives of Extractive Question Answering", https://arxiv.org/abs/2008.12804.  A longer
    answer counts as its beginning.  Arguments as for `independent_loss`.
    """
    ends = pad(scores[..., 1], (0, MAX_ANSWER_TOKENS - 1), value=UNREADABLE).unfold(1, MAX_ANSWER_TOKENS, 1)
    spans = scores[..., 0, None] + ends
    nothing_longer = torch.zeros_like(spans)
    nothing_longer[:, 0, 1:] = 2 * UNREADABLE
    place = start * MAX_ANSWER_TOKENS + (end - start).clamp(max=MAX_ANSWER_TOKENS - 1)
    return cross_entropy((spans + nothing_longer).flatten(1), place) / 2


def distillation_loss(scores: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the scores' distributions with a teacher's; the mean of start and end.

    Hinton et al., 2015, "Distilling the Knowledge in a Neural Network", https://arxiv.org/abs/1503.02531, without temperature.

    Args:
        scores: the student's, shape (windows, tokens, 2).
        taught: the teacher's probabilities of start and end, of the same shape.
    """
    return -(taught * scores.log_softmax(1)).sum(1).mean()


def answerable_loss(said: torch.Tensor, start: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of whether the windows hold an answer: the second task of a no-answer head.

    Zhang et al., 2021, "Retrospective Reader for Machine Reading Comprehension", https://arxiv.org/abs/2001.09694, section 2.2.

    Args:
        said: log-odds of an answer, shape (windows,).
        start: positions of the first tokens, shape (windows,); 0 where there is no answer.
    """
    return binary_cross_entropy_with_logits(said, (start > 0).to(said.dtype))
