"""What search brings for the questions that a reader is trained on: the passages that it will have to tell apart in use.

An archive is indexed as a user's is, of all paragraphs that are trained on and of news articles beside them, and asked each
question.  The passages that come back and do not hold the question's answer are kept; one that holds its words may answer
it or not, and nobody knows, so it is left out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from embeddings.errors import SettingsError
from qa_bot.answering.normalize import normalize_answer
from qa_bot.bot import QABot
from qa_bot.evaluation.datasets import Question
from qa_bot.evaluation.question_archive import write_articles
from qa_bot.retrieval.retriever import Retriever
from qa_bot.settings import Settings
from qa_bot.training.data import DataSet, Example

PASSAGES, QUESTIONS = "passages.jsonl", "questions.jsonl"
_SPARE = 10
"""Passages fetched beyond those wanted, as some hold the answer."""

Progress = Callable[[int, int, str], None]


def find_candidates(
    sets: Sequence[DataSet],
    news: Sequence[Path],
    folder: Path,
    settings: Settings,
    *,
    questions_each: int,
    count: int = 10,
    seed: int = 1,
    progress: Progress = lambda done, total, what: None,
) -> None:
    """Asks an archive for the passages of each question; continues where it was stopped.

    Args:
        sets: questions to train on; their paragraphs, held-out ones apart, are indexed.
        news: files and folders of articles that are indexed too.
        folder: receives the archive, `passages.jsonl` and `questions.jsonl`.
        settings: the encoder and how passages are cut.
        questions_each: questions of each set that are asked, at random.
        count: passages kept for a question at most.
        seed: of the choice of questions.
        progress: is told how much is done, of how much, and of what.

    Raises:
        QABotError: an article or the encoder cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    articles = folder / "articles"
    if not articles.exists():
        write_articles((question for data in sets for question in data.train), folder / "articles.part")
        (folder / "articles.part").rename(articles)
    with QABot(settings.model_copy(update={"data_dir": folder / "store"})) as bot:
        bot.reindex(
            [str(articles), *map(str, news)], progress=lambda at: progress(at.entries, at.total, "articles indexed")
        )
        bot.load()
        chosen = list(_chosen(sets, questions_each, seed))
        asked = _lines(folder / QUESTIONS)
        known = {passage: number for number, passage in enumerate(_passages(folder))}
        with (folder / PASSAGES).open("a") as passages, (folder / QUESTIONS).open("a") as questions:
            for done, (name, question) in enumerate(chosen):
                if done < asked:
                    continue
                numbers = []
                for passage in _retrieved(bot, question, count):
                    if passage not in known:
                        known[passage] = len(known)
                        passages.write(json.dumps(passage) + "\n")
                    numbers.append(known[passage])
                passages.flush()
                questions.write(json.dumps({"set": name, "id": question.id, "passages": numbers}) + "\n")
                questions.flush()
                progress(done + 1, len(chosen), "questions asked")


def _chosen(sets: Sequence[DataSet], each: int, seed: int) -> Iterator[tuple[str, Question]]:
    """The same questions each time, a set's in a random order; the sets take turns."""
    rng = np.random.default_rng(seed)
    orders = [(data, rng.permutation(len(data.train))[:each]) for data in sets]
    for turn in range(each):
        for data, order in orders:
            if turn < len(order):
                yield data.name, data.train[order[turn]]


def _retrieved(bot: QABot, question: Question, count: int) -> Iterator[tuple[str, str]]:
    """Title and text of the best passages that hold none of the question's answers and are no part of its paragraph."""
    answers = [f" {normalize_answer(reference.text)} " for reference in question.references]
    own = " ".join(question.paragraph.split())
    with bot.store.view() as view:
        retrieved = Retriever().retrieve(
            view, question.text, bot.encoder.encode_question(question.text), count + _SPARE
        )
    for hit in retrieved:
        text = hit.passage
        if " ".join(text.text.split()) in own:
            continue
        words = f" {normalize_answer(text.text)} "
        if any(answer in words for answer in answers):
            continue
        yield text.title, text.text
        count -= 1
        if not count:
            return


def _lines(path: Path) -> int:
    """Whole lines of a file; a last one that a killed run left unfinished is cut off."""
    if not path.exists():
        return 0
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        path.write_bytes(whole)
    return whole.count(b"\n")


def _passages(folder: Path) -> list[tuple[str, str]]:
    _lines(folder / PASSAGES)
    path = folder / PASSAGES
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


class Candidates:
    """The passages that search brought for each question.

    Args:
        passages: title and text of each.
        of_question: numbers of the passages by set and question.
    """

    def __init__(self, passages: Sequence[tuple[str, str]], of_question: dict[str, dict[str, Sequence[int]]]) -> None:
        self._passages = passages
        self._of_question = of_question

    @classmethod
    def load(cls, folder: Path) -> Candidates:
        """Reads what `find_candidates` wrote.

        Raises:
            SettingsError: the folder holds none.
        """
        of_question: dict[str, dict[str, Sequence[int]]] = defaultdict(dict)
        try:
            for line in (folder / QUESTIONS).read_text().splitlines():
                row = json.loads(line)
                of_question[row["set"]][row["id"]] = row["passages"]
            return cls(_passages(folder), dict(of_question))
        except (OSError, ValueError, KeyError) as error:
            raise SettingsError(
                f"--candidates {folder}: holds no candidates ({error}); make them: python -m qa_bot.training candidates"
            ) from error

    def of(self, name: str, question: Question) -> list[Example]:
        """The passages of a question, best first, as examples that do not answer it; empty if search was not asked it."""
        numbers = self._of_question.get(name, {}).get(question.id, ())
        return [Example(question.text, *self._passages[number], ()) for number in numbers]
