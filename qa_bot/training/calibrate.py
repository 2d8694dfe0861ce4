"""Calibrates a reader: ``python -m qa_bot.training calibrate FOLDER --data DATA``.

A score, and how undivided the candidates are (`qa_bot.reader.confidence`), are turned into the probability that the answer is
right by Platt scaling (Platt, 1999, "Probabilistic Outputs for Support Vector Machines"), fitted on questions that were held
out of the training, asked as in use: of an archive of all held-out paragraphs, and of small ones, of a dozen articles of one
set each: how rare a word is, and so what a passage was found with, depends on the archive, and one threshold is to serve
all. A third of the questions cannot be answered there: their own article is taken out of what the search brings, or they
were written so that their paragraph does not answer them. How good a calibration is, is judged on articles that it was not
fitted on: each fifth of them by a fit on the other four.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.errors import ModelError
from embeddings.store.protocol import View
from qa_bot.answering.candidates import read_candidates
from qa_bot.answering.normalize import normalize_answer
from qa_bot.bot import QABot
from qa_bot.evaluation.datasets import Question
from qa_bot.evaluation.metrics import RIGHT_F1, best_over_references
from qa_bot.evaluation.question_archive import write_articles
from qa_bot.reader.compiler import compile_reader
from qa_bot.reader.model import Reader
from qa_bot.retrieval.retriever import RetrievedPassage, Retriever
from qa_bot.settings import Settings
from qa_bot.training.calibration import Asked, Fit, fit
from qa_bot.training.data import DataSet, load_data

SMALL = 12
"""Articles of a small archive."""


def ask_all(bot: QABot, reader: Reader, questions: Sequence[Question]) -> Iterator[Asked]:
    """Asks questions of the bot's archive, answerable ones twice: once with their article, once without."""
    retriever = Retriever()
    read = bot.settings.passages_read
    for question in questions:
        vector = bot.encoder.encode_question(question.text)
        with bot.store.view() as view:
            retrieved = retriever.retrieve(view, question.text, vector, read + 16)
            asked = [_asked(view, reader, question, retrieved[:read], bool(question.references))]
            if question.references:
                own = _own_articles(view, retrieved, question)
                others = [hit for hit in retrieved if hit.passage.article_id not in own]
                asked.append(_asked(view, reader, question, others[:read], False))
        yield from asked


def archives(sets: Sequence[DataSet], count: int) -> Iterator[tuple[list[Question], list[Question]]]:
    """The archives that are asked, each as the questions whose paragraphs it holds, and those that are asked of it.

    Args:
        sets: their held-out questions.
        count: questions of each set that are asked of the archive of all; half as many are asked of a small one.  A set of
            fewer articles has none.
    """
    rng = np.random.default_rng(0)
    everything = [question for data in sets for question in data.held_out]
    yield everything, [question for data in sets for question in _some(data.held_out, count, rng)]
    for data in sets:
        titles = list(dict.fromkeys(question.title for question in data.held_out))
        if len(titles) < SMALL:
            continue
        chosen = set(_some(titles, SMALL, rng))
        small = [question for question in data.held_out if question.title in chosen]
        yield small, _some(small, count // 2, rng)


def _some(among: Sequence[Any], count: int, rng: np.random.Generator) -> list[Any]:
    return [among[int(at)] for at in rng.permutation(len(among))[:count]]


def _own_articles(view: View, retrieved: Sequence[RetrievedPassage], question: Question) -> set[str]:
    texts = view.articles([hit.passage.article_id for hit in retrieved]).values()
    articles = [text.article for text in texts]
    return {a.id for a in articles if a.title == question.title or question.paragraph[:80] in a.text}


def _asked(
    view: View, reader: Reader, question: Question, retrieved: Sequence[RetrievedPassage], answerable: bool
) -> Asked:
    spans = read_candidates(view, reader, question.text, retrieved)
    references = [reference.text for reference in question.references]
    right = [bool(references) and best_over_references(c.text, references)[1] >= RIGHT_F1 for c in spans]
    return Asked(
        answerable,
        np.array([candidate.span_score for candidate in spans]),
        np.array([candidate.retrieval_score for candidate in spans]),
        np.array(right, bool),
        question.title,
        tuple(normalize_answer(candidate.text) for candidate in spans),
    )


def calibrate(folder: Path, data: Path, settings: Settings, *, held_out_percent: float, count: int) -> Fit:
    """Calibrates the reader in a folder, and writes the calibration there.

    Args:
        folder: a compiled reader (it is written into its `compiled.json`), or a model that the training made (`qa_bot.json`).
        data: the question files that the reader was trained on.
        settings: the encoder and how many passages are read; the store is a temporary one.
        held_out_percent: as in the training.
        count: questions of each set.

    Raises:
        QABotError: the reader or the data cannot be used.
    """
    with tempfile.TemporaryDirectory() as temporary:
        compiled = folder
        if (folder / "config.json").exists() and not (folder / "compiled.json").exists():
            compiled = Path(temporary, "compiled")
            compiled.mkdir()
            compile_reader(str(folder), compiled)
        facts = _facts(compiled / "compiled.json")
        result = _ask_and_fit(Reader(compiled, facts), data, settings, held_out_percent, count, Path(temporary))
    calibration = result.calibration._asdict()
    if compiled == folder:
        (folder / "compiled.json").write_text(json.dumps({**facts, "calibration": calibration}, indent=1) + "\n")
    else:
        own = folder / "qa_bot.json"
        own.write_text(json.dumps({**(_facts(own) if own.exists() else {}), "calibration": calibration}) + "\n")
    return result


def _facts(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.parent}: not a reader ({error}); make one: python -m qa_bot.training train") from error


def _ask_and_fit(
    reader: Reader, data: Path, settings: Settings, held_out_percent: float, count: int, folder: Path
) -> Fit:
    sets = load_data(data, held_out_percent)
    asked: list[Asked] = []
    for number, (archived, questions) in enumerate(archives(sets, count)):
        if not questions:
            continue
        write_articles(archived, folder / f"articles-{number}")
        with QABot(settings.model_copy(update={"data_dir": folder / f"store-{number}"})) as bot:
            bot.reindex([str(folder / f"articles-{number}")])
            asked += ask_all(bot, reader, questions)
    return fit(asked)
