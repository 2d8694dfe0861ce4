"""The examples of one pass over the data, as groups of labelled windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from qa_bot.reader.windows import Ints, SequenceTemplate, TokenizedText, make_windows, tokenize
from qa_bot.training.candidates import Candidates
from qa_bot.training.config import TrainingConfig
from qa_bot.training.data import DataSet, Example, as_typed, cut_like_the_index, gold_example, join_punctuation
from qa_bot.training.windows import Group, LabelledWindow, label


class Curriculum:
    """Makes the groups of each pass; the same pass of the same configuration is always the same.

    Without candidates, a group is one window: of the question's own paragraph, or of a passage beside it that does not answer.
    With candidates, a group holds the passages that search brings for the question.

    Args:
        sets: questions to train on.
        tokenizer: the reader's.
        config: how many of which kind.

    Raises:
        SettingsError: the folder of candidates cannot be used.
    """

    def __init__(self, sets: Sequence[DataSet], tokenizer: Tokenizer, config: TrainingConfig) -> None:
        self._sets = sets
        self._tokenizer = tokenizer
        self._template = SequenceTemplate.of(tokenizer)
        self._config = config
        self._candidates = Candidates.load(Path(config.candidates)) if config.candidates else None

    def groups(self, number: int) -> list[Group]:
        """The groups of pass `number` (from 0), in a random order."""
        rng = np.random.default_rng([self._config.seed, number])
        examples = list(self._grouped(rng) if self._candidates else ([example] for example in self._examples(rng)))
        careless = [self._careless(group, rng) for group in examples]
        groups = self._label(careless, rng)
        return [groups[at] for at in rng.permutation(len(groups))]

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

    def _grouped(self, rng: np.random.Generator) -> Iterator[list[Example]]:
        """For each question that search was asked: its own passage and others that search brings, in a random order."""
        assert self._candidates is not None
        config = self._config
        for data in self._sets:
            for question in data.train:
                gold = gold_example(question)
                retrieved = self._candidates.of(data.name, question)
                if gold is None or not retrieved:
                    continue
                gold = join_punctuation(gold) if rng.random() < 0.75 else gold
                own, *beside = cut_like_the_index(gold, rng)
                others = beside + retrieved
                empty = bool(own.answers) and rng.random() < config.group_empty_share
                count = config.group_passages - (0 if empty else 1)
                group = _mostly_first(others, count, rng) + ([] if empty else [own])
                yield [group[at] for at in rng.permutation(len(group))]

    def _careless(self, group: list[Example], rng: np.random.Generator) -> list[Example]:
        """The question as one person typed it; its passages with their titles or without."""
        typed = as_typed(group[0].question, rng, self._config.question_noise)
        titled = rng.random() < self._config.title_share
        return [example._replace(question=typed, title=example.title if titled else "") for example in group]

    def _label(self, groups: list[list[Example]], rng: np.random.Generator) -> list[Group]:
        examples = [example for group in groups for example in group]
        questions = iter(tokenize(self._tokenizer, [example.question for example in examples]))
        passages = iter(tokenize(self._tokenizer, [example.passage for example in examples]))
        titles = iter(tokenize(self._tokenizer, [example.title for example in examples]))
        labelled: list[Group] = []
        for group in groups:
            windows: list[LabelledWindow] = []
            for example, question, passage, title in zip(group, questions, passages, titles, strict=False):
                windows += self._windows(example, question.ids, passage, title.ids, rng)
            if self._candidates:
                labelled += [windows] if windows else []
            else:
                labelled += [[window] for window in windows]
        return labelled

    def _windows(
        self, example: Example, question: Ints, passage: TokenizedText, title: Ints, rng: np.random.Generator
    ) -> list[LabelledWindow]:
        """One window with the answer, if there is one, and now and then one beside it without; else one of all."""
        windows = make_windows(
            self._template, question, [passage], [title], max_tokens=self._config.max_tokens, stride=self._config.stride
        )
        answer = example.answers[int(rng.integers(len(example.answers)))] if example.answers else None
        labelled = [label(window, answer) for window in windows]
        answering = [window for window in labelled if window.end]
        others = [window for window in labelled if not window.end]
        chosen = [answering[int(rng.integers(len(answering)))]] if answering else []
        if others and (answer is None or rng.random() < 0.5):
            chosen.append(others[int(rng.integers(len(others)))])
        return chosen


def _mostly_first(examples: Sequence[Example], count: int, rng: np.random.Generator) -> list[Example]:
    """`count` of the examples; those that search ranks higher are twice as likely as those at the end."""
    weights = np.linspace(2, 1, len(examples))
    chosen = rng.choice(len(examples), min(count, len(examples)), replace=False, p=weights / weights.sum())
    return [examples[at] for at in chosen]
