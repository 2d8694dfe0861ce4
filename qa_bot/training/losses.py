"""What a reader is trained to make small."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy, pad

from qa_bot.reader.decoding import MAX_ANSWER_TOKENS

UNREADABLE = -1e4
"""The score of a token that no answer may use."""


def independent_loss(scores: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the answer's first and of its last token, each among all tokens; their mean.

    Args:
        scores: start and end scores, `UNREADABLE` where no answer may be, shape (windows, tokens, 2).
        start: positions of the first tokens, shape (windows,); 0 where there is no answer.
        end: those of the last ones.

    Returns:
        The loss of each window, shape (windows,).
    """
    of_starts = cross_entropy(scores[..., 0], start, reduction="none")
    return (of_starts + cross_entropy(scores[..., 1], end, reduction="none")) / 2


def distillation_loss(scores: torch.Tensor, taught: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the scores' distributions with a teacher's; the mean of start and end.

    Hinton et al., 2015, "Distilling the Knowledge in a Neural Network", https://arxiv.org/abs/1503.02531, without temperature.
    `scores` are as for `independent_loss`, and so is the result; `taught` are probabilities of the same shape.
    """
    return -(taught * scores.log_softmax(1)).sum(1).mean(1)


def span_margins(scores: torch.Tensor) -> torch.Tensor:
    """The score of each span that the decoder may give, less the score of "no answer" in its window.

    Args:
        scores: start and end scores, shape (windows, tokens, 2); token 0 stands for no answer.

    Returns:
        Margins, shape (windows, tokens, `MAX_ANSWER_TOKENS`): of the span that begins at a token and has so many more;
        about `UNREADABLE` where there is no such span.
    """
    ends = pad(scores[..., 1], (0, MAX_ANSWER_TOKENS - 1), value=UNREADABLE).unfold(1, MAX_ANSWER_TOKENS, 1)
    null = scores[:, 0, 0] + scores[:, 0, 1]
    margins = scores[..., 0, None] + ends - null[:, None, None]
    no_answer = torch.zeros_like(margins, dtype=torch.bool)
    no_answer[:, 0] = True
    return margins.masked_fill(no_answer, UNREADABLE)


def group_loss(scores: torch.Tensor, start: torch.Tensor, end: torch.Tensor, group: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of a question's answer among all spans of all its passages, and "none of them".

    The score of a span is its margin over "no answer" in its own window, and "none of them" has the score 0: so what is
    compared between passages, and what decides whether to answer at all, is trained as it is used.  The normalisation over
    passages is that of Clark and Gardner, 2018, "Simple and Effective Multi-Paragraph Reading Comprehension",
    https://arxiv.org/abs/1710.10723, section 3.2.  A longer answer than `MAX_ANSWER_TOKENS` counts as its beginning.

    Arguments are as for `independent_loss`; `group` numbers the question of each window from 0 without a gap, shape (windows,).

    Returns:
        The loss of each question, shape (questions,).
    """
    margins = span_margins(scores)
    windows = torch.arange(len(scores), device=scores.device)
    answers = margins[windows, start, (end - start).clamp(0, MAX_ANSWER_TOKENS - 1)]
    answers = answers.masked_fill(start == 0, UNREADABLE)
    of_windows = margins.flatten(1).logsumexp(1)
    losses = []
    for number in range(int(group.max()) + 1):
        inside = group == number
        none = scores.new_zeros(1)
        total = torch.cat([of_windows[inside], none]).logsumexp(0)
        right = answers[inside].logsumexp(0) if bool((start[inside] > 0).any()) else none[0]
        losses.append(total - right)
    return torch.stack(losses)
