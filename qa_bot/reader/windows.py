"""Question and passage -> the token windows that a reader sees; training and serving share this one definition.

A window is ``prefix + question + middle + part of the passage + suffix``, where prefix, middle and suffix are the special
tokens of the model's family (``[CLS] .. [SEP] .. [SEP]`` for BERT, ``<s> .. </s></s> .. </s>`` for RoBERTa).  A passage
that is longer than one window is read in several, which overlap by `stride` tokens: its end is never cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Ints = NDArray[np.int64]


class Window(NamedTuple):
    """One sequence for the model.

    Attributes:
        ids: token ids, shape (length,).
        type_ids: segment ids, shape (length,); 0 and 1 for BERT, all 0 for families without segments.
        first: position in `ids` of the first passage token.
        offsets: character ranges in the passage of its tokens in this window, shape (passage tokens, 2).
        passage: which of the passages this window is of.
    """

    ids: Ints
    type_ids: Ints
    first: int
    offsets: Ints
    passage: int


class TokenizedText(NamedTuple):
    """Ids, shape (tokens,), and character offsets, shape (tokens, 2), of a text without special tokens."""

    ids: Ints
    offsets: Ints


class SequenceTemplate(NamedTuple):
    """The special tokens that a model's family puts around a question and a passage, and their segment ids."""

    prefix: Ints
    middle: Ints
    suffix: Ints
    question_type: int
    passage_type: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> SequenceTemplate:
        """Reads the template off the tokenizer's own post-processor."""
        encoding = tokenizer.encode("a", "b")
        ids, types, owners = np.asarray(encoding.ids, np.int64), encoding.type_ids, encoding.sequence_ids
        first, second = owners.index(0), owners.index(1)
        first_end, second_end = (len(owners) - owners[::-1].index(owner) for owner in (0, 1))
        return cls(ids[:first], ids[first_end:second], ids[second_end:], types[first], types[second])


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> list[TokenizedText]:
    """Tokenizes texts on all cores, without special tokens, truncation or padding.

    The tokenizer's own results are some thirty times the size of ours, hence the thousands and not all at once.
    """
    return [
        TokenizedText(np.asarray(encoding.ids, np.int64), np.asarray(encoding.offsets, np.int64).reshape(-1, 2))
        for at in range(0, len(texts), 2048)
        for encoding in tokenizer.encode_batch(list(texts[at : at + 2048]), add_special_tokens=False)
    ]


def make_windows(
    template: SequenceTemplate,
    question: Ints,
    passages: Sequence[TokenizedText],
    titles: Sequence[Ints] | None = None,
    *,
    max_tokens: int = 384,
    stride: int = 96,
    max_question_tokens: int = 64,
) -> list[Window]:
    """Cuts passages into windows of at most `max_tokens` tokens.

    Args:
        template: the special tokens of the model's family.
        question: the question's token ids; more than `max_question_tokens` are cut.
        passages: the passages' tokens.
        titles: token ids of each passage's title, read between question and passage; None for none.
        max_tokens: the longest window, special tokens included.
        stride: tokens by which consecutive windows of one passage overlap.
        max_question_tokens: the longest question.

    Returns:
        The windows in the order of the passages; each token of each passage is in at least one.
    """
    question = question[:max_question_tokens]
    windows = []
    for number, passage in enumerate(passages):
        title = titles[number][:max_question_tokens] if titles is not None else question[:0]
        between = [template.middle, title, template.middle] if len(title) else [template.middle]
        head = np.concatenate([template.prefix, question, *between])
        room = max_tokens - len(head) - len(template.suffix)
        step = max(1, room - stride)
        for start in range(0, max(1, len(passage.ids) - room + step), step):
            part = passage.ids[start : start + room]
            ids = np.concatenate([head, part, template.suffix])
            types = np.full(len(ids), template.passage_type, np.int64)
            types[: len(template.prefix) + len(question) + len(template.middle)] = template.question_type
            windows.append(Window(ids, types, len(head), passage.offsets[start : start + room], number))
    return windows
