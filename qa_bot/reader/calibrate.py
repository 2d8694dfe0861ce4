"""Calibrates a compiled reader: ``python -m qa_bot.reader.calibrate FOLDER --data FOLDER``.

A score is turned into the probability that the answer is right by Platt scaling (Platt, 1999, "Probabilistic Outputs for
Support Vector Machines"), fitted on questions that were held out of the training, asked as in use: of an archive of all
held-out paragraphs.  A third of the questions cannot be answered there: their own article is taken out of what the search
brings, or they were written so that their paragraph does not answer them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import DatasetError, ModelError, QABotError
from embeddings.model_cache import write_manifest
from qa_bot.answering import RIGHT_F1, candidates
from qa_bot.bot import QABot
from qa_bot.evaluation.archive import write_articles
from qa_bot.evaluation.datasets import Question
from qa_bot.evaluation.metrics import best_over_references
from qa_bot.reader.model import Calibration, Reader
from qa_bot.reader.training_data import DataSet, load_data
from qa_bot.retrieval import RetrievedPassage, Retriever
from qa_bot.settings import Settings, load_settings

RETRIEVAL_WEIGHTS = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
Floats = NDArray[np.float64]


class Asked(NamedTuple):
    """A question that was asked, and its candidates.

    Attributes:
        answerable: whether the archive, as it was searched, holds an answer.
        spans: span scores, shape (candidates,).
        retrievals: the retrieval scores of their passages, same shape.
        right: whether each is right, same shape.
    """

    answerable: bool
    spans: Floats
    retrievals: Floats
    right: NDArray[np.bool_]


class Fit(NamedTuple):
    """A calibration and how well it does on the questions that it was fitted on, all in [0, 1]."""

    calibration: Calibration
    top_right: float
    answered_right: float
    refused: float
    log_loss: float
    error_before: float
    error_after: float


def ask_all(bot: QABot, reader: Reader, sets: Sequence[DataSet], count: int) -> Iterator[Asked]:
    """Asks `count` held-out questions of each set, answerable ones twice: once with their article, once without."""
    retriever = Retriever(bot.store)
    rng = np.random.default_rng(0)
    read = bot.settings.passages_read
    for data in sets:
        for at in rng.permutation(len(data.held_out))[:count]:
            question = data.held_out[int(at)]
            vector = bot.encoder.encode_question(question.text)
            found = retriever.retrieve(question.text, vector, read + 16)
            yield _asked(bot, reader, question, found[:read], bool(question.references))
            if question.references:
                others = [r for r in found if not _is_own(bot, r, question)]
                yield _asked(bot, reader, question, others[:read], False)


def _is_own(bot: QABot, retrieved: RetrievedPassage, question: Question) -> bool:
    held = bot.store.article(retrieved.passage.article_id)
    return held is not None and (held.article.title == question.title or question.paragraph[:80] in held.article.text)


def _asked(
    bot: QABot, reader: Reader, question: Question, retrieved: Sequence[RetrievedPassage], answerable: bool
) -> Asked:
    found = candidates(bot.store, reader, question.text, retrieved)
    references = [reference.text for reference in question.references]
    right = [bool(references) and best_over_references(c.text, references)[1] >= RIGHT_F1 for c in found]
    return Asked(
        answerable,
        np.array([candidate.span_score for candidate in found]),
        np.array([candidate.retrieval_score for candidate in found]),
        np.array(right, bool),
    )


def fit(asked: Sequence[Asked]) -> Fit:
    """The best calibration over `RETRIEVAL_WEIGHTS`, by how often the first answer is right, then by its log loss.

    Raises:
        DatasetError: there is no right answer among what was asked.
    """
    asked = [one for one in asked if len(one.spans)]
    if not any(one.right.any() for one in asked):
        raise DatasetError(
            "no held-out question was answered rightly, so there is nothing to fit; hold out more of them"
        )
    fits = [_fit(asked, weight) for weight in RETRIEVAL_WEIGHTS]
    return max(fits, key=lambda found: (round(found.top_right, 2), -found.log_loss))


def _fit(asked: Sequence[Asked], weight: float) -> Fit:
    scores = [one.spans + weight * one.retrievals for one in asked]
    best = [int(np.argmax(score)) for score in scores]
    top = np.array([score[at] for score, at in zip(scores, best, strict=True)])
    right = np.array([bool(one.right[at]) for one, at in zip(asked, best, strict=True)])
    answerable = np.array([one.answerable for one in asked])
    sample_weight = np.where(answerable, 2 / 3 / max(1, answerable.sum()), 1 / 3 / max(1, (~answerable).sum()))
    slope, intercept = _logistic(top, right, sample_weight)
    probability = _sigmoid(slope * top + intercept)
    threshold = _threshold(probability, right & answerable, answerable)
    given = probability >= threshold
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    loss = -np.where(right, np.log(clipped), np.log(1 - clipped))
    return Fit(
        Calibration(round(slope, 5), round(intercept, 5), weight, round(threshold, 4)),
        _share(right[answerable]),
        _share((right & given)[answerable]),
        _share(~given[~answerable]),
        float(np.sum(sample_weight * loss)),
        calibration_error(_sigmoid(top), right, sample_weight),
        calibration_error(probability, right, sample_weight),
    )


def _share(held: NDArray[np.bool_]) -> float:
    return float(held.mean()) if len(held) else 0.0


def _sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def _logistic(x: Floats, y: NDArray[np.bool_], weight: Floats) -> tuple[float, float]:
    """Weighted logistic regression on one variable, by Newton's method with a little ridge."""
    design = np.stack([x, np.ones_like(x)], axis=1)
    parameters = np.zeros(2)
    for _ in range(50):
        probability = _sigmoid(design @ parameters)
        gradient = design.T @ (weight * (y - probability)) - 1e-6 * parameters
        curvature = (design * (weight * probability * (1 - probability))[:, None]).T @ design + 1e-6 * np.eye(2)
        parameters = parameters + np.linalg.solve(curvature, gradient)
    return float(parameters[0]), float(parameters[1])


def _threshold(probability: Floats, right: NDArray[np.bool_], answerable: NDArray[np.bool_]) -> float:
    """Where right answers given and wrong ones held back are most, both kinds of questions counting alike."""
    tried = np.linspace(0.05, 0.95, 181)
    gains = [
        right[answerable & (probability >= t)].sum() / max(1, answerable.sum())
        + ((probability < t) & ~answerable).sum() / max(1, (~answerable).sum())
        for t in tried
    ]
    return float(tried[int(np.argmax(gains))])


def calibration_error(probability: Floats, right: NDArray[np.bool_], weight: Floats, bins: int = 10) -> float:
    """Expected calibration error, in [0, 1]: mean gap of confidence and accuracy over bins of equal width.

    Guo et al., 2017, https://arxiv.org/abs/1706.04599.
    """
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [abs(np.sum(weight[bin_of == b] * (probability - right)[bin_of == b])) for b in range(bins)]
    return float(np.sum(gaps) / np.sum(weight))


def calibrate(folder: Path, data: Path, settings: Settings, *, held_out_percent: float, count: int) -> Fit:
    """Calibrates the reader in a folder, and writes the calibration into its `compiled.json`.

    Args:
        folder: a compiled reader.
        data: the folder of question files that the reader was trained on.
        settings: the encoder and how many passages are read; the store is a temporary one.
        held_out_percent: as in the training.
        count: questions of each set.

    Raises:
        QABotError: the reader or the data cannot be used.
    """
    try:
        facts = json.loads((folder / "compiled.json").read_text())
        facts.pop("files", None)
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder}: not a compiled reader ({error}); make one with qa_bot.reader.compile") from error
    reader = Reader(folder, facts)
    sets = load_data(data, held_out_percent)
    with tempfile.TemporaryDirectory() as temporary:
        articles = Path(temporary, "articles")
        write_articles((question for one in sets for question in one.held_out), articles)
        with QABot(settings.model_copy(update={"data_dir": Path(temporary, "store")})) as bot:
            bot.reindex([str(articles)])
            found = fit(list(ask_all(bot, reader, sets, count)))
    write_manifest(folder, {**facts, "calibration": found.calibration._asdict()})
    return found


def main(argv: list[str] | None = None) -> int:
    """Runs the command; 0 when the reader is calibrated, 2 on a setting or file that cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m qa_bot.reader.calibrate", description=__doc__)
    parser.add_argument("folder", type=Path, help="a compiled reader")
    parser.add_argument("--data", type=Path, required=True, help="folder of SQuAD-format files, as in the training")
    parser.add_argument("--held-out-percent", type=float, default=5.0, help="as in the training (default: 5)")
    parser.add_argument("--questions", type=int, default=150, help="questions of each set (default: 150)")
    options = parser.parse_args(argv)
    try:
        found = calibrate(
            options.folder,
            options.data,
            load_settings(),
            held_out_percent=options.held_out_percent,
            count=options.questions,
        )
    except QABotError as error:
        print(f"calibrate: {error}", file=sys.stderr)
        return 2
    print(json.dumps({**found._asdict(), "calibration": found.calibration._asdict()}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
