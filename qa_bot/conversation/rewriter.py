"""Which words of the conversation does a follow-up question lack?  A compiled token classifier says so for each of them.

The method is term classification (Voskarides et al., 2020, "Query Resolution for Conversational Search with Limited
Supervision", https://arxiv.org/abs/2005.11723).  It writes no text: what it adds, somebody has typed or an article says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.onnx.model_cache import packaged_model
from embeddings.onnx.sessions import CompiledModel
from embeddings.words import Stemmer, split_words
from qa_bot.conversation.history import TokenSequence, Turn, Word, sequence_of

PHRASES = 4
"""Phrases that a question is completed by at most."""
_GAP = re.compile(r"[ '’\-.&]*(?:[^\W_]+[ '’\-.&]+){0,2}")
"""What may stand between two words of one phrase: at most two words that say nothing by themselves."""


class Phrase(NamedTuple):
    """Words of the conversation, as they stand there, and the probability in [0, 1] that the question lacks them."""

    text: str
    probability: float


class Rewriter:
    """The compiled model and the thresholds that were chosen for it; safe to use from several threads.

    Args:
        folder: with `model.onnx` and `tokenizer.json`.
        facts: the contents of its `compiled.json`: `word_threshold` and `question_threshold`, in [0, 1].
        threads: sequences that are read at once; 0 for one per core.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any], threads: int = 0) -> None:
        self._word_threshold = float(facts["word_threshold"])
        self._question_threshold = float(facts["question_threshold"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._model = CompiledModel(folder / "model.onnx", threads)
        self._stemmer = Stemmer()

    @classmethod
    def load(cls, threads: int = 0) -> Rewriter:
        """Loads the rewriter that comes with qa-bot.

        Raises:
            ModelError: a file of it is missing or altered.
        """
        folder = Path(__file__).parent / "packaged"
        return cls(folder, packaged_model(folder, "rewriter"), threads)

    def says_something(self, text: str) -> bool:
        """Whether a text has a word that can be searched for."""
        return any(map(self._stemmer.says_something, split_words(text)))

    def missing(self, question: str, turns: Sequence[Turn], *, refers: bool = False) -> tuple[Phrase, ...]:
        """The phrases that a question lacks; none if it can be understood by itself.

        Args:
            question: as typed.
            turns: before it, the oldest first.
            refers: it has a pronoun, so that it hardly stands by itself.

        Returns:
            At most `PHRASES`, in the order of the conversation, the newest turn first; no two have the same words.
        """
        if not turns:
            return ()
        sequence = sequence_of(self._tokenizer, question, turns)
        probabilities = self.probabilities(sequence)
        if not refers and probabilities[0] < self._question_threshold:
            return ()
        return self._phrases(question, sequence, probabilities)

    def probabilities(self, sequence: TokenSequence) -> NDArray[np.float32]:
        """For each token the probability, in [0, 1], that its word is missing; for the first, that any word is."""
        ids, type_ids = (np.array([row], np.int64) for row in (sequence.ids, sequence.type_ids))
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": type_ids}
        logits = self._model.run([feed])[0][0][0]
        chances: NDArray[np.float32] = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
        return chances

    def _phrases(
        self, question: str, sequence: TokenSequence, probabilities: NDArray[np.float32]
    ) -> tuple[Phrase, ...]:
        asked = set(self._stemmer.stems(split_words(question)))
        runs: list[list[Word]] = []
        for word in sequence.words:
            if not self._stemmer.says_something(word.text) or self._stemmer.stem(word.text) in asked:
                continue
            if probabilities[word.token] < self._word_threshold:
                continue
            before = runs[-1][-1] if runs else None
            if (
                before
                and before.piece == word.piece
                and self._joined(sequence.pieces[word.piece][before.end : word.start])
            ):
                runs[-1].append(word)
            else:
                runs.append([word])
        found = [(_text(run, sequence), max(float(probabilities[word.token]) for word in run), run) for run in runs]
        distinct: list[tuple[int, Phrase]] = []
        covered: set[str] = set()
        for text, chance, run in sorted(found, key=lambda entry: (-len(entry[2]), -entry[1])):
            stems = {self._stemmer.stem(word.text) for word in run}
            if not stems <= covered:
                covered |= stems
                distinct.append((found.index((text, chance, run)), Phrase(text, chance)))
        surest = sorted(distinct, key=lambda entry: -entry[1].probability)[:PHRASES]
        return tuple(phrase for _, phrase in sorted(surest))

    def _joined(self, between: str) -> bool:
        return bool(_GAP.fullmatch(between)) and not any(map(self._stemmer.says_something, split_words(between)))


def _text(run: Sequence[Word], sequence: TokenSequence) -> str:
    return sequence.pieces[run[0].piece][run[0].start : run[-1].end]
