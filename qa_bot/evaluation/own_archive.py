"""Questions of one's own, asked of one's own archive: how often the right words come first, are shown, are given."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from embeddings.errors import DatasetError, QuestionError
from qa_bot.answering.results import Answer, iterate
from qa_bot.bot import QABot
from qa_bot.evaluation.breakdown import interval
from qa_bot.evaluation.datasets import MAX_BYTES, Question, Reference
from qa_bot.evaluation.metrics import RIGHT_F1, best_over_references

SUFFIXES = (".jsonl", ".csv")
BETWEEN = "|"
"""Between several acceptable answers in a cell of CSV."""
DEPTHS = (1, 5, 10)
SEARCHED = 20


class OwnQuestion(NamedTuple):
    """A question: its acceptable answers, none if no article answers it, and the article that does (id, title or address)."""

    question: Question
    article: str


class Share(BaseModel, frozen=True):
    """A share in [0, 1] of so many questions, with the ends of its 95 % interval by the bootstrap."""

    questions: int
    share: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[bool]) -> Share:
        """The share of true values; 0 of none."""
        mean, low, high = interval([float(value) for value in values])
        return cls(questions=len(values), share=round(mean, 6), low=round(low, 6), high=round(high, 6))


class ArchiveFigures(BaseModel, frozen=True):
    """What a person's own questions come to.

    Attributes:
        right_on_top, right_among_shown: of the questions with an answer: the first span is right; one of those shown is.
        answered: of these: an answer is given.
        right_of_answered: of all questions that are answered: the answer is right.
        refused: of the questions without an answer: none is given.
        recall: of the questions that name an article: it is among the first 1, 5, 10 that search brings, by that number.
    """

    right_on_top: Share
    right_among_shown: Share
    answered: Share
    right_of_answered: Share
    refused: Share
    recall: dict[str, Share]


def load_own_questions(path: Path) -> list[OwnQuestion]:
    """Reads JSONL or CSV with `question`, `answers` and, where wanted, `article`.

    In JSONL, `answers` is a list or one text; in CSV, several stand in one cell with ``|`` between them.

    Raises:
        DatasetError: the file cannot be read, or a line lacks a field; the message names the line.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DatasetError(f"{path}: larger than {MAX_BYTES // 10**6} MB; split it into several files")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error}); name a file of questions") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: not UTF-8; save it as UTF-8") from error
    rows = _rows_of_csv(path, text) if path.suffix.lower() == ".csv" else _rows_of_jsonl(path, text)
    questions = [_question(path, line, row) for line, row in rows]
    if not questions:
        raise DatasetError(f"{path}: holds no questions; a line has question, answers and, where wanted, article")
    return questions


def _rows_of_csv(path: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        missing = {"question", "answers"}.difference(reader.fieldnames or ())
        if missing:
            raise DatasetError(f"{path}: line 1: the column {sorted(missing)[0]!r} is missing")
        return [
            (reader.line_num, {**row, "answers": [a for a in (row["answers"] or "").split(BETWEEN) if a.strip()]})
            for row in reader
        ]
    except csv.Error as error:
        raise DatasetError(f"{path}: line {reader.line_num}: {error}") from error


def _rows_of_jsonl(path: Path, text: str) -> list[tuple[int, dict[str, Any]]]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(f"{path}: line {number}: not JSON ({error})") from error
        if not isinstance(row, dict):
            raise DatasetError(f"{path}: line {number}: not an object with question and answers")
        rows.append((number, row))
    return rows


def _question(path: Path, line: int, row: dict[str, Any]) -> OwnQuestion:
    question, answers = row.get("question"), row.get("answers")
    answers = [answers] if isinstance(answers, str) else answers
    if not isinstance(question, str) or not question.strip():
        raise DatasetError(f"{path}: line {line}: the question is missing")
    if not isinstance(answers, list) or not all(isinstance(answer, str) for answer in answers):
        raise DatasetError(
            f"{path}: line {line}: answers is not a list of texts; write an empty one if no article answers"
        )
    references = tuple(Reference(answer.strip(), -1) for answer in answers if answer.strip())
    title = str(row.get("article") or "").strip()
    return OwnQuestion(Question(str(row.get("id") or line), question.strip(), title, "", references, path.name), title)


def ask_own(
    bot: QABot, questions: Sequence[OwnQuestion], progress: Callable[[int, int], None]
) -> tuple[ArchiveFigures, list[tuple[OwnQuestion, Answer | None]]]:
    """Asks the questions one after the other; reads the archive and writes nothing.

    Args:
        bot: has the archive.
        questions: to ask.
        progress: is told how many are done, and of how many.

    Returns:
        The figures, and each question with its answer; None where it cannot be asked.

    Raises:
        QABotError: the store or a model cannot be used.
    """
    asked: list[tuple[OwnQuestion, Answer | None]] = []
    ranks: list[int] = []
    for own in questions:
        try:
            asked.append((own, bot.ask(own.question.text)))
            if own.article:
                ranks.append(_rank(bot, own))
        except QuestionError:
            asked.append((own, None))
        progress(len(asked), len(questions))
    right = [(own, answer, _right(own, answer)) for own, answer in asked]
    answerable = [(answer, values) for own, answer, values in right if own.question.references]
    others = [answer for own, answer, _ in right if not own.question.references]
    given = [values[0] for _, answer, values in right if answer is not None and answer.answered]
    return ArchiveFigures(
        right_on_top=Share.of([any(values[:1]) for _, values in answerable]),
        right_among_shown=Share.of([any(values) for _, values in answerable]),
        answered=Share.of([answer is not None and answer.answered for answer, _ in answerable]),
        right_of_answered=Share.of(given),
        refused=Share.of([answer is None or not answer.answered for answer in others]),
        recall={str(depth): Share.of([0 < rank <= depth for rank in ranks]) for depth in DEPTHS} if ranks else {},
    ), asked


def _right(own: OwnQuestion, answer: Answer | None) -> list[bool]:
    """Which of the spans that are shown are right, the best first."""
    expected = [reference.text for reference in own.question.references]
    quotations = iterate(answer) if answer else ()
    return [bool(expected) and best_over_references(q.answer.text, expected)[1] >= RIGHT_F1 for q in quotations]


def _rank(bot: QABot, own: OwnQuestion) -> int:
    """Place of the named article among those that search brings, from 1; 0 if it is not among them."""
    wanted = own.article.casefold()
    articles = dict.fromkeys(
        (passage.article.id, passage.article.title, passage.article.url)
        for passage in bot.search(own.question.text, SEARCHED)
    )
    names = ({str(name).casefold() for name in facts if name} for facts in articles)
    return next((rank for rank, facts in enumerate(names, 1) if wanted in facts), 0)


def archive_rows(figures: ArchiveFigures) -> list[tuple[str, ...]]:
    """The figures as rows of a table."""
    shares = {
        "right on top": figures.right_on_top,
        "right among those shown": figures.right_among_shown,
        "answered, of those with an answer": figures.answered,
        "right, of those answered": figures.right_of_answered,
        "refused, of those without an answer": figures.refused,
        **{f"article among the first {depth}": share for depth, share in figures.recall.items()},
    }
    rows: list[tuple[str, ...]] = [("", "questions", "share", "95 % interval")]
    for name, share in shares.items():
        if share.questions:
            rows.append((name, f"{share.questions:,}", f"{share.share:.1%}", f"{share.low:.1%} to {share.high:.1%}"))
    return rows
