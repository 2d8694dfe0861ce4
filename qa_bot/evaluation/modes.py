"""The three ways to evaluate: reading alone, retrieval alone, and all from the question to the answer.

None of them touches the user's archive: what they index lies in a temporary folder, which is gone when they end.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.errors import QuestionError, SettingsError
from qa_bot import __version__
from qa_bot.answering.normalize import normalize_answer
from qa_bot.answering.results import Answer, iterate
from qa_bot.bot import QABot
from qa_bot.evaluation.baselines import baselines
from qa_bot.evaluation.conversations import evaluate_conversations
from qa_bot.evaluation.datasets import Question, load_follow_ups, load_questions
from qa_bot.evaluation.metrics import DEPTH, rank_figures, reciprocal_rank_fusion
from qa_bot.evaluation.own_archive import SUFFIXES, ask_own, load_own_questions
from qa_bot.evaluation.predictions import Latency, Prediction, answer_figures
from qa_bot.evaluation.question_archive import ParagraphArchive, write_articles
from qa_bot.evaluation.report import EvaluationReport, Provenance, Ranking, RetrievalFigures
from qa_bot.reader.model import Reader, ReadingPassage
from qa_bot.retrieval.retriever import CANDIDATES, Retriever
from qa_bot.settings import Settings

Progress = Callable[[int, int, str], None]
"""Is told how much is done, of how much, and of what; from one thread at a time."""

GOLD_RETRIEVAL_SCORE = 0.5
"""What a given paragraph counts as having been found with; see `qa_bot.reader.model.Calibration.retrieval_weight`.

About what a held-out question's own paragraph is found with in the archives of `qa_bot.training.calibrate`."""


SETTINGS = ("passage_chars", "passage_overlap", "passages_read", "threshold", "possible_threshold", "dense_index")
"""The settings that the figures depend on, besides the models."""


class Mode(StrEnum):
    """What is evaluated.

    READER: the gold paragraph is given and read.  RETRIEVAL: the files' paragraphs are an archive, in which the gold
    paragraph is to be found.  END_TO_END: the files' articles are an archive, of which the bot is asked.  CONVERSATION:
    the files hold follow-up questions (`qa_bot.evaluation.conversations`); this mode runs by itself.
    """

    READER = "reader"
    RETRIEVAL = "retrieval"
    END_TO_END = "end-to-end"
    CONVERSATION = "conversation"


QUESTION_MODES = (Mode.READER, Mode.RETRIEVAL, Mode.END_TO_END)


def evaluate(
    files: Sequence[Path],
    *,
    settings: Settings,
    modes: Sequence[Mode] = QUESTION_MODES,
    limit: int | None = None,
    progress: Progress = lambda done, total, what: None,
    say: Callable[[str], None] = lambda _: None,
    with_baselines: bool = False,
) -> EvaluationReport:
    """Evaluates the bot on question files.

    Args:
        files: in SQuAD format, v1.1 or v2.0, at least one; what they hold is taken as one set of questions.  Or all of
            them JSONL or CSV (`qa_bot.evaluation.own_archive`): then the archive of the settings is asked, and read only.
        settings: models, passage lengths, threshold as in the settings; `data_dir` is not used.
        modes: what to evaluate.
        limit: look at this many questions only, at least 1, spread evenly over the files; archives still hold all
            paragraphs, as an answer is the harder to find the more there are.  None for all questions.
        progress: is told how far each step is.
        say: is told what else a person should see (a model is compiled).
        with_baselines: also say what is got end to end without reading (`qa_bot.evaluation.baselines`).

    Raises:
        DatasetError: a file is missing or not in SQuAD format.
        ModelError: a model of the settings cannot be used.
        SettingsError: other modes are named beside CONVERSATION, or with one's own questions; or files of both kinds.
    """
    if Mode.CONVERSATION in modes:
        return _converse(files, settings, modes, limit, progress, say)
    own = [path.suffix.lower() in SUFFIXES for path in files]
    if any(own):
        if not all(own):
            raise SettingsError(
                "files in SQuAD format and one's own questions (.jsonl, .csv) are not evaluated together"
            )
        if tuple(modes) != QUESTION_MODES:
            raise SettingsError(
                "--mode: one's own questions (.jsonl, .csv) are asked of one's own archive; leave it out"
            )
        return _ask_own(files, settings, limit, progress, say, with_baselines)
    questions = [question for path in files for question in _load(path, say)]
    number = min(limit or len(questions), len(questions))
    asked = [questions[at * len(questions) // number] for at in range(number)]
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="qa_bot-eval-") as folder:
        overrides = {"data_dir": Path(folder) / "end-to-end", "alternatives": 1}
        with QABot(settings.model_copy(update=overrides), say) as bot:
            if Mode.READER in modes:
                predictions = _read(bot.reader, _threshold(bot), asked, progress)
                results["reader"] = answer_figures(predictions, _threshold(bot), curve=False)
                results["reader_predictions"] = predictions
            if Mode.RETRIEVAL in modes:
                store = Path(folder) / "retrieval"
                results["rankings"], results["retrieval"] = _retrieve(bot, store, questions, asked, progress)
            if Mode.END_TO_END in modes:
                predictions = _ask(bot, Path(folder) / "articles", questions, asked, progress, say)
                results["end_to_end"] = answer_figures(predictions, _threshold(bot))
                results["end_to_end_predictions"] = predictions
                results["baselines"] = baselines(bot, asked) if with_baselines else None
            provenance = Provenance(
                files=tuple(map(str, files)),
                questions=len(questions),
                evaluated=len(asked),
                encoder=bot.encoder.identity if set(modes) - {Mode.READER} else None,
                reader=bot.reader.identity if set(modes) - {Mode.RETRIEVAL} else None,
                version=__version__,
                settings={name: str(getattr(settings, name)) for name in SETTINGS},
            )
    return EvaluationReport(provenance=provenance, **results)


def _ask_own(
    files: Sequence[Path],
    settings: Settings,
    limit: int | None,
    progress: Progress,
    say: Callable[[str], None],
    with_baselines: bool,
) -> EvaluationReport:
    """Asks a person's own questions of their own archive."""
    questions = [question for path in files for question in load_own_questions(path)]
    number = min(limit or len(questions), len(questions))
    chosen = [questions[at * len(questions) // number] for at in range(number)]
    with QABot(settings, say) as bot:
        bot.load()
        figures, asked = ask_own(bot, chosen, lambda done, total: progress(done, total, "questions asked"))
        threshold = _threshold(bot)
        without_reading = baselines(bot, [own.question for own in chosen]) if with_baselines else None
        provenance = Provenance(
            files=tuple(map(str, files)),
            questions=len(questions),
            evaluated=len(chosen),
            encoder=bot.encoder.identity,
            reader=bot.reader.identity,
            version=__version__,
            settings={name: str(getattr(settings, name)) for name in SETTINGS},
        )
    predictions = tuple(_prediction(own.question, answer, threshold) for own, answer in asked)
    return EvaluationReport(
        provenance=provenance,
        archive=figures,
        baselines=without_reading,
        end_to_end=answer_figures(predictions, threshold),
        end_to_end_predictions=predictions,
    )


def _prediction(question: Question, answer: Answer | None, threshold: float) -> Prediction:
    best = next(iterate(answer), None) if answer else None
    text, confidence = (best.answer.text, best.answer.confidence) if best else ("", 0.0)
    return Prediction.of(
        question,
        text,
        score=confidence,
        confidence=confidence,
        threshold=threshold,
        milliseconds=answer.timings_ms.total if answer else 0.0,
        sentence=best.sentence.text if best else "",
    )


def _converse(
    files: Sequence[Path],
    settings: Settings,
    modes: Sequence[Mode],
    limit: int | None,
    progress: Progress,
    say: Callable[[str], None],
) -> EvaluationReport:
    """Evaluates on conversations; those without paragraphs of their own are asked of the archive of the settings."""
    if set(modes) != {Mode.CONVERSATION}:
        raise SettingsError("--mode conversation: its files hold conversations, so no other mode can run; run it alone")
    follow_ups = [follow_up for path in files for follow_up in load_follow_ups(path)]
    number = min(limit or len(follow_ups), len(follow_ups))
    asked = [follow_ups[at * len(follow_ups) // number] for at in range(number)]
    with tempfile.TemporaryDirectory(prefix="qa_bot-eval-") as folder:
        has_own = any(follow_up.context for follow_up in follow_ups)
        overrides = {"data_dir": Path(folder) / "store"} if has_own else {}
        with QABot(settings.model_copy(update=overrides), say) as bot:
            archived = follow_ups if has_own else ()
            figures = evaluate_conversations(bot, asked, archived, Path(folder) / "articles", progress)
            provenance = Provenance(
                files=tuple(map(str, files)),
                questions=len(follow_ups),
                evaluated=len(asked),
                encoder=bot.encoder.identity if figures.literal else None,
                reader=bot.reader.identity if figures.literal else None,
                version=__version__,
            )
    return EvaluationReport(provenance=provenance, conversation=figures)


def _load(path: Path, say: Callable[[str], None]) -> list[Question]:
    """The questions of a file; answers that do not stand where it says are told of, as they may be a sign of worse."""
    questions = [question._replace(file=path.name) for question in load_questions(path)]
    misplaced = [question.id for question in questions if any(answer.misplaced for answer in question.references)]
    if misplaced:
        say(
            f"{path}: {len(misplaced):,} of {len(questions):,} questions have answers that do not stand at their "
            f"answer_start (the first: id {misplaced[0]}); they count by their text"
        )
    return questions


def _threshold(bot: QABot) -> float:
    given = bot.settings.threshold
    return bot.reader.calibration.threshold if given is None else given


def _milliseconds(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _read(
    reader: Reader, threshold: float, questions: Sequence[Question], progress: Progress
) -> tuple[Prediction, ...]:
    """Reads each question's own paragraph, with its article's title, as a whole: spans may cross sentence ends.

    A paragraph is mostly one window, which one core reads; so as many questions are read at once as there are cores.
    """

    def predict(question: Question) -> Prediction:
        began = time.perf_counter()
        spans = reader.read(question.text, [ReadingPassage(question.paragraph, question.title)])
        milliseconds = _milliseconds(began)
        text, score, confidence = "", -1e9, 0.0
        if spans:
            texts = [question.paragraph[span.start : span.end] for span in spans]
            ranked_by = reader.calibration.scores(
                np.array([span.score for span in spans]), np.full(len(spans), GOLD_RETRIEVAL_SCORE)
            )
            text, score = texts[0], spans[0].score
            confidence = reader.calibration.probabilities(ranked_by, [normalize_answer(text) for text in texts])[0]
        return Prediction.of(
            question, text, score=score, confidence=confidence, threshold=threshold, milliseconds=milliseconds
        )

    predictions = []
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="evaluation") as pool:
        for prediction in pool.map(predict, questions):
            predictions.append(prediction)
            progress(len(predictions), len(questions), "questions read")
    return tuple(predictions)


def _retrieve(
    bot: QABot, folder: Path, archived: Sequence[Question], asked: Sequence[Question], progress: Progress
) -> tuple[tuple[Ranking, ...], RetrievalFigures]:
    """Searches the paragraphs for each answerable question."""
    answerable = [question for question in asked if question.references]
    encoder = bot.encoder
    with ParagraphArchive(
        folder, archived, encoder, lambda done, of: progress(done, of, "paragraphs indexed")
    ) as archive:
        store, retriever = archive.store, Retriever()
        rankings = []
        for question in answerable:
            began = time.perf_counter()
            vector = encoder.encode_question(question.text)
            with store.view() as view:
                fused = [hit.passage.id for hit in retriever.retrieve(view, question.text, vector, DEPTH)]
                milliseconds = _milliseconds(began)
                dense = [hit.passage_id for hit in view.dense_search(vector, CANDIDATES)]
                lexical = [hit.passage_id for hit in view.lexical_search(question.text, CANDIDATES)]
            rankings.append(
                Ranking(
                    id=question.id,
                    question=question.text,
                    rank=archive.rank(question.paragraph, fused),
                    dense=archive.rank(question.paragraph, dense[:DEPTH]),
                    lexical=archive.rank(question.paragraph, lexical[:DEPTH]),
                    rrf=archive.rank(question.paragraph, reciprocal_rank_fusion([dense, lexical])[:DEPTH]),
                    milliseconds=round(milliseconds, 3),
                )
            )
            progress(len(rankings), len(answerable), "questions searched")
    figures = RetrievalFigures(
        **dict(rank_figures([ranking.rank for ranking in rankings])),
        questions=len(answerable),
        paragraphs=len({question.paragraph for question in archived}),
        dense=rank_figures([ranking.dense for ranking in rankings]),
        lexical=rank_figures([ranking.lexical for ranking in rankings]),
        rrf=rank_figures([ranking.rrf for ranking in rankings]),
        latency_ms=Latency.of([ranking.milliseconds for ranking in rankings]),
    )
    return tuple(rankings), figures


def _ask(
    bot: QABot,
    folder: Path,
    archived: Sequence[Question],
    asked: Sequence[Question],
    progress: Progress,
    say: Callable[[str], None],
) -> tuple[Prediction, ...]:
    """Indexes the articles as a user would, and asks one question after the other."""
    write_articles(archived, folder)
    report = bot.reindex([str(folder)], progress=lambda at: progress(at.entries, at.total, "articles indexed"))
    for failure in report.failed:
        say(f"{failure.source}: not indexed: {failure.reason}")
    bot.load()
    predictions = []
    for question in asked:
        began = time.perf_counter()
        try:
            answer = bot.ask(question.text)
        except QuestionError:
            answer = None
        milliseconds = _milliseconds(began)
        best = next(iterate(answer), None) if answer else None
        text, confidence = (best.answer.text, best.answer.confidence) if best else ("", 0.0)
        prediction = Prediction.of(
            question,
            text,
            score=confidence,
            confidence=confidence,
            threshold=_threshold(bot),
            milliseconds=milliseconds,
            sentence=best.sentence.text if best else "",
        )
        predictions.append(prediction)
        progress(len(predictions), len(asked), "questions asked")
    return tuple(predictions)
