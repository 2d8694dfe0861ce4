"""Training examples for the reader: a question on a passage that answers it, or does not."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embeddings.passages import split_passages
from qa_bot.evaluation.datasets import Question, load_questions


class Example(NamedTuple):
    """A question on a passage; `answers` are (start, end) in characters of the passage, none if it has no answer."""

    question: str
    title: str
    passage: str
    answers: tuple[tuple[int, int], ...]


class DataSet(NamedTuple):
    """The questions of one file, split by article."""

    name: str
    train: list[Question]
    held_out: list[Question]


def load_data(folder: Path, held_out_percent: float) -> list[DataSet]:
    """Reads every SQuAD-format file of a folder and holds out a share of the articles of each.

    The split is by a hash of the article's title (of the paragraph, where a file has fewer than ten articles), so
    that it stays the same when files are added.  An article that is held out of one file is held out of all.

    Args:
        folder: searched recursively for `*.json` and `*.json.gz`; or one such file.
        held_out_percent: share of the articles to hold out, in [0, 100).
    """
    files = [folder] if folder.is_file() else sorted([*folder.rglob("*.json"), *folder.rglob("*.json.gz")])
    questions_of = {path: load_questions(path) for path in files}
    split_by_title = {path: len({q.title for q in questions}) >= 10 for path, questions in questions_of.items()}

    def is_drawn(path: Path, question: Question) -> bool:
        key = question.title if split_by_title[path] else question.paragraph
        digest = hashlib.sha256(f"{path.name}/{key}".encode()).digest()
        return int.from_bytes(digest[:4], "big") / 2**32 * 100 < held_out_percent

    held_out_titles = {
        _same_title(question.title)
        for path in files
        if split_by_title[path]
        for question in questions_of[path]
        if is_drawn(path, question)
    }
    sets = []
    for path in files:
        train: list[Question] = []
        held_out: list[Question] = []
        for question in questions_of[path]:
            is_held_out = is_drawn(path, question) or _same_title(question.title) in held_out_titles
            (held_out if is_held_out else train).append(question)
        sets.append(DataSet(path.name.removesuffix(".gz").removesuffix(".json"), train, held_out))
    return sets


def _same_title(title: str) -> str:
    return title.replace("_", " ").casefold()


def write_held_out(sets: Iterable[DataSet], folder: Path) -> None:
    """Writes the held-out questions of each set as a SQuAD-format file, for `qa-bot eval`."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in sets:
        articles: dict[str, dict[str, list[dict[str, object]]]] = defaultdict(lambda: defaultdict(list))
        for question in data.held_out:
            answers = [{"text": r.text, "answer_start": r.start} for r in question.references]
            entry = {"id": question.id, "question": question.text, "answers": answers, "is_impossible": not answers}
            articles[question.title][question.paragraph].append(entry)
        document = [
            {
                "title": title,
                "paragraphs": [{"context": context, "qas": asked} for context, asked in paragraphs.items()],
            }
            for title, paragraphs in articles.items()
        ]
        if document:
            (folder / f"{data.name}.json").write_text(json.dumps({"version": "held-out", "data": document}))


def gold_example(question: Question) -> Example | None:
    """The question on its own paragraph; None if no answer of it has a known place."""
    spans = tuple((r.start, r.end) for r in question.references if r.start >= 0 and r.text.strip())
    if question.references and not spans:
        return None
    return Example(question.text, question.title, question.paragraph, spans)


_SPACED = re.compile(r" (?=[,.;:!?)\]%]|'s\b|n't\b|'')|(?<=[(\[]) |(?<=``) ")


def join_punctuation(example: Example) -> Example:
    """Takes out the spaces that a tokenised text has around its punctuation, and moves the answers along."""
    text = example.passage
    keep = np.ones(len(text) + 1, np.int64)
    for match in _SPACED.finditer(text):
        keep[match.start()] = 0
    if keep.all():
        return example
    moved = np.concatenate([[0], np.cumsum(keep[:-1])])
    joined = "".join(itertools.compress(text, keep))
    answers = tuple((int(moved[start]), int(moved[end])) for start, end in example.answers)
    return example._replace(passage=joined, answers=answers)


def cut_like_the_index(example: Example, rng: np.random.Generator) -> list[Example]:
    """A long paragraph as the passages that the index would cut it into: one that holds an answer, and one that does not.

    Args:
        example: left as it is if its paragraph is one passage, or if none of its answers lies in one passage whole.
        rng: chooses where there are several.

    Returns:
        The example on a passage of its own; for an answerable question, if there is one, a passage beside it that does not
        hold its answer's words comes second, to be refused.
    """
    passages = split_passages(example.passage)
    if len(passages) < 2:
        return [example]
    parts = [_on(example, passage.start, passage.end) for passage in passages]
    if not example.answers:
        return [parts[int(rng.integers(len(parts)))]]
    holding = [part for part in parts if part.answers]
    if not holding:
        return [example]
    words = {example.passage[start:end].lower() for start, end in example.answers}
    others = [part for part in parts if not any(answer in part.passage.lower() for answer in words)]
    chosen = [holding[int(rng.integers(len(holding)))]]
    return chosen + ([others[int(rng.integers(len(others)))]] if others else [])


def _on(example: Example, start: int, end: int) -> Example:
    inside = tuple((first - start, last - start) for first, last in example.answers if start <= first and last <= end)
    return example._replace(passage=example.passage[start:end], answers=inside)


def as_typed(question: str, rng: np.random.Generator, noise: float) -> str:
    """The question as people type it: sometimes lower case, without its mark, with a slip of the finger.

    Args:
        question: the question as written.
        rng: where the dice come from.
        noise: probability of each kind of carelessness, in [0, 1]; slips are four times rarer.
    """
    if rng.random() < noise:
        question = question.rstrip("? ")
    if rng.random() < noise:
        question = question.lower()
    if rng.random() < noise / 4 and len(question) > 8:
        at = int(rng.integers(1, len(question) - 2))
        if question[at].isalpha() and question[at + 1].isalpha():
            swapped = question[at + 1] + question[at]
            question = question[:at] + (swapped if rng.random() < 0.5 else question[at]) + question[at + 2 :]
    return question
