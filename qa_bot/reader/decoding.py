"""Start and end scores of tokens -> the best valid spans.

A span is valid when it starts before it ends, lies inside the passage and is at most `max_answer_tokens` tokens long.  Its
score is the sum of its start and end logits less those of the null answer (the window's first token), as in Devlin et
al., 2019, https://arxiv.org/abs/1810.04805, section 4.3: a difference of log-probabilities of one window, and therefore
comparable between passages.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_ANSWER_TOKENS = 40
"""Of our readers: longer runs of words are hardly ever an answer."""


class TokenSpan(NamedTuple):
    """A span of passage tokens, both ends included, and its score in logits."""

    first: int
    last: int
    score: float


def null_score(start: NDArray[np.float32], end: NDArray[np.float32]) -> float:
    """The score of "no answer in this window": the logits of the first token, shape of both (length,)."""
    return float(start[0] + end[0])


def best_spans(
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    limits: NDArray[np.int64] | None = None,
    *,
    max_answer_tokens: int = MAX_ANSWER_TOKENS,
    count: int = 5,
) -> list[TokenSpan]:
    """The `count` best valid spans of a window's passage tokens, best first.

    Args:
        start: start logits of the passage tokens alone, shape (tokens,).
        end: end logits of the same tokens.
        limits: for each token the last one that a span from it may reach, shape (tokens,); None for no such limit.
        max_answer_tokens: the longest span, in tokens.
        count: how many spans to return at most.
    """
    tokens = len(start)
    if tokens == 0:
        return []
    width = min(max_answer_tokens, tokens)
    padded = np.concatenate([end, np.full(width - 1, -np.inf, end.dtype)])
    scores = start[:, None] + np.lib.stride_tricks.sliding_window_view(padded, width)
    if limits is not None:
        scores = np.where(np.arange(width) + np.arange(tokens)[:, None] <= limits[:, None], scores, -np.inf)
    flat = scores.ravel()
    count = min(count, flat.size)
    best = np.argpartition(-flat, count - 1)[:count]
    best = best[np.lexsort((best, -flat[best]))]
    return [
        TokenSpan(int(at // width), int(at // width + at % width), float(flat[at]))
        for at in best
        if np.isfinite(flat[at])
    ]
