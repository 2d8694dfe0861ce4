"""Examples of one pass over the data -> labelled windows, in batches of like length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from embeddings.encoder.model import Encoder
from embeddings.errors import SettingsError
from qa_bot.reader.windows import Ints, SequenceTemplate, Window, make_windows, tokenize
from qa_bot.training.data import (
    DataSet,
    Example,
    as_typed,
    cut_like_the_index,
    gold_example,
    join_punctuation,
)
from qa_bot.training.near_misses import NearMisses
from qa_bot.training.negatives import HardNegatives
from qa_bot.training.train import TrainingConfig

_MASKS = ("[MASK]", "<mask>", "[UNK]", "<unk>")


class LabelledWindow(NamedTuple):
    """A window and the positions in it of the answer's first and last token; both 0 where it holds no answer."""

    window: Window
    start: int
    end: int


class Batch(NamedTuple):
    """Arrays of shape (windows, longest) and (windows,); `readable` marks the tokens that an answer may use."""

    ids: Ints
    type_ids: Ints
    mask: Ints
    readable: Ints
    start: Ints
    end: Ints


class Curriculum:
    """Makes the examples of each pass; the same pass of the same configuration is always the same.

    Args:
        sets: questions to train on.
        tokenizer: the reader's.
        config: how many of which kind.
        encoder: finds passages that do not answer; None to find them by words only.
        kept: see `HardNegatives`.

    Raises:
        SettingsError: tokens are to be masked, and the tokenizer has no mask.
    """

    def __init__(
        self,
        sets: Sequence[DataSet],
        tokenizer: Tokenizer,
        config: TrainingConfig,
        encoder: Encoder | None = None,
        kept: Path | None = None,
    ) -> None:
        self._sets = sets
        self._tokenizer = tokenizer
        self._template = SequenceTemplate.of(tokenizer)
        self._special = np.concatenate([self._template.prefix, self._template.middle, self._template.suffix])
        self._mask_id = next((at for name in _MASKS if (at := tokenizer.token_to_id(name)) is not None), -1)
        if config.word_dropout and self._mask_id < 0:
            raise SettingsError(f"--word-dropout: the model has no token {' or '.join(_MASKS)}; leave the option out")
        self._config = config
        questions = [question for data in sets for question in data.train]
        self._negatives = HardNegatives(questions, encoder, kept)
        self._dense_share = config.dense_negative_share if encoder else 0.0
        self._near_misses = {data.name: NearMisses(data.train) for data in sets}

    def pass_windows(self, number: int) -> list[LabelledWindow]:
        """The labelled windows of pass `number` (from 0), in a random order."""
        rng = np.random.default_rng([self._config.seed, number])
        examples = [self._careless(example, rng) for example in self._examples(rng)]
        windows = self._label(examples, rng)
        if self._config.word_dropout:
            windows = [self._masked(labelled, rng) for labelled in windows]
        order = rng.permutation(len(windows))
        return [windows[at] for at in order]

    def _examples(self, rng: np.random.Generator) -> Iterator[Example]:
        config = self._config
        for data in self._sets:
            for question in data.train:
                gold = gold_example(question)
                if gold is None:
                    continue
                repeats = 1 if gold.answers else config.unanswerable_repeats
                gold = join_punctuation(gold) if rng.random() < 0.75 else gold
                is_cut = rng.random() < config.passage_share
                yield from (cut_like_the_index(gold, rng) if is_cut else [gold]) * repeats
                if not gold.answers:
                    continue
                if rng.random() < config.hard_negative_share:
                    find = self._negatives.find
                    if rng.random() < self._dense_share:
                        find = self._negatives.find_by_meaning
                    if found := find(question, 6):
                        yield found[int(rng.integers(len(found)))]
                if rng.random() < config.near_miss_share:
                    miss = self._near_misses[data.name].make(question, rng)
                    if miss is not None:
                        yield miss

    def _careless(self, example: Example, rng: np.random.Generator) -> Example:
        title = example.title if rng.random() < self._config.title_share else ""
        return example._replace(question=as_typed(example.question, rng, self._config.question_noise), title=title)

    def _label(self, examples: list[Example], rng: np.random.Generator) -> list[LabelledWindow]:
        questions = tokenize(self._tokenizer, [example.question for example in examples])
        passages = tokenize(self._tokenizer, [example.passage for example in examples])
        titles = tokenize(self._tokenizer, [example.title for example in examples])
        labelled = []
        for example, question, passage, title in zip(examples, questions, passages, titles, strict=True):
            windows = make_windows(
                self._template,
                question.ids,
                [passage],
                [title.ids],
                max_tokens=self._config.max_tokens,
                stride=self._config.stride,
            )
            answer = example.answers[int(rng.integers(len(example.answers)))] if example.answers else None
            found = [label(window, answer) for window in windows]
            with_answer = [window for window in found if window.end]
            without = [window for window in found if not window.end]
            if with_answer:
                labelled.append(with_answer[int(rng.integers(len(with_answer)))])
            if without and (answer is None or rng.random() < 0.5):
                labelled.append(without[int(rng.integers(len(without)))])
        return labelled

    def _masked(self, labelled: LabelledWindow, rng: np.random.Generator) -> LabelledWindow:
        ids = labelled.window.ids
        drop = (rng.random(len(ids)) < self._config.word_dropout) & ~np.isin(ids, self._special)
        return labelled._replace(window=labelled.window._replace(ids=np.where(drop, self._mask_id, ids)))


def label(window: Window, answer: tuple[int, int] | None) -> LabelledWindow:
    """Finds the tokens of an answer, given in characters of the passage; one that is not whole in the window is none."""
    if answer is None or not len(window.offsets):
        return LabelledWindow(window, 0, 0)
    start, end = answer
    inside = np.flatnonzero((window.offsets[:, 0] < end) & (window.offsets[:, 1] > start))
    if not len(inside) or window.offsets[0, 0] > start or window.offsets[-1, 1] < end:
        return LabelledWindow(window, 0, 0)
    return LabelledWindow(window, window.first + int(inside[0]), window.first + int(inside[-1]))


def batches(windows: Sequence[LabelledWindow], size: int, rng: np.random.Generator) -> list[list[LabelledWindow]]:
    """Batches of windows of like length, in a random order; the windows are expected to be shuffled."""
    made = []
    chunk = size * 64
    for at in range(0, len(windows), chunk):
        part = sorted(windows[at : at + chunk], key=lambda labelled: len(labelled.window.ids))
        made += [part[i : i + size] for i in range(0, len(part), size)]
    return [made[i] for i in rng.permutation(len(made))]


def parts(windows: Sequence[LabelledWindow], tokens: int) -> Iterator[Sequence[LabelledWindow]]:
    """Cuts a batch into runs of windows that hold at most `tokens` tokens once padded; a run has at least one."""
    first, longest = 0, 0
    for at, labelled in enumerate(windows):
        longest = max(longest, len(labelled.window.ids))
        if at > first and longest * (at - first + 1) > tokens:
            yield windows[first:at]
            first, longest = at, len(labelled.window.ids)
    if windows:
        yield windows[first:]


def collate(windows: Sequence[LabelledWindow], pad_id: int) -> Batch:
    """Pads windows to the longest of them."""
    longest = max(len(labelled.window.ids) for labelled in windows)
    shape = (len(windows), longest)
    ids, types = np.full(shape, pad_id, np.int64), np.zeros(shape, np.int64)
    mask, readable = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, (window, _, _) in enumerate(windows):
        length = len(window.ids)
        ids[row, :length] = window.ids
        types[row, :length] = window.type_ids
        mask[row, :length] = 1
        readable[row, 0] = 1
        readable[row, window.first : window.first + len(window.offsets)] = 1
    start = np.array([labelled.start for labelled in windows], np.int64)
    end = np.array([labelled.end for labelled in windows], np.int64)
    return Batch(ids, types, mask, readable, start, end)
