"""A conversation as the rewriter reads it: the question, then the turns before, newest first, cut into words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from tokenizers import Tokenizer

MAX_TOKENS = 256
MAX_TURNS = 6
"""Turns that are looked at."""
_MAX_PIECE_TOKENS = 48
_WORD = re.compile(r"[^\W_]+")


class Turn(NamedTuple):
    """A question of the conversation, and what answered it.

    Attributes:
        question: as it was typed.
        answer: its words; None if there was no answer.
        title: of the quoted article.
    """

    question: str
    answer: str | None = None
    title: str | None = None


class Word(NamedTuple):
    """A word of the turns before.

    Attributes:
        text: the word.
        piece: index of the text that it stands in: a title, a question or an answer; 0 is the newest.
        start, end: characters of that text, end exclusive.
        token: index of its first token in the sequence.
    """

    text: str
    piece: int
    start: int
    end: int
    token: int


class TokenSequence(NamedTuple):
    """What the model reads.

    Attributes:
        ids: tokens, at most `MAX_TOKENS`.
        type_ids: 0 for the question, 1 for the turns before.
        pieces: the texts of the turns before.
        words: of those texts, as far as the tokens reach.
    """

    ids: list[int]
    type_ids: list[int]
    pieces: list[str]
    words: list[Word]


def pieces_of(turns: Sequence[Turn]) -> list[str]:
    """The texts of the turns, newest turn first; a title that a newer turn has is not repeated."""
    pieces: list[str] = []
    for turn in list(reversed(turns))[:MAX_TURNS]:
        for text in (turn.title, turn.question, turn.answer):
            if text and text not in pieces:
                pieces.append(text)
    return pieces


def sequence_of(tokenizer: Tokenizer, question: str, turns: Sequence[Turn]) -> TokenSequence:
    """Joins a question and the turns before into one sequence: [CLS] question [SEP] text [SEP] text [SEP] ..."""
    first, separator = (tokenizer.encode("").ids[at] for at in (0, -1))
    pieces = pieces_of(turns)
    asked, *encoded = tokenizer.encode_batch([question, *pieces], add_special_tokens=False)
    ids = [first, *asked.ids[: MAX_TOKENS // 2], separator]
    type_ids, words = [0] * len(ids), []
    for number, (text, encoding) in enumerate(zip(pieces, encoded, strict=True)):
        kept = encoding.ids[: min(_MAX_PIECE_TOKENS, MAX_TOKENS - 1 - len(ids))]
        if not kept:
            break
        token_at = {start: len(ids) + at for at, (start, _) in enumerate(encoding.offsets[: len(kept)])}
        words += [
            Word(match.group(), number, match.start(), match.end(), token_at[match.start()])
            for match in _WORD.finditer(text)
            if match.start() in token_at
        ]
        ids += [*kept, separator]
        type_ids += [1] * (len(kept) + 1)
    return TokenSequence(ids, type_ids, pieces, words)
