"""Answers as CSV (RFC 4180): a line for each question, with what is needed to cite the article."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from embeddings.text import squeeze
from qa_bot.answering.results import Answer, day_of

COLUMNS = (
    *("question", "understood_as", "verdict", "answer", "confidence", "sentence", "title", "author", "publisher"),
    *("date", "url", "source", "article", "start", "end", "error", "team_answer", "team_answer_by"),
)
"""`start` and `end` are those of the answer, in characters of the article's text; `date` is a day in ISO 8601."""

_FORMULA = ("=", "+", "-", "@")


def header() -> str:
    """The first line."""
    return _line(COLUMNS)


def answer_row(answer: Answer) -> str:
    """The line of an answer; its cells about the article are empty if the articles don't say."""
    cells: dict[str, object] = {
        "question": answer.question,
        "understood_as": answer.understood_as,
        "verdict": answer.verdict.value,
        "team_answer": answer.team_answer and answer.team_answer.text,
        "team_answer_by": answer.team_answer and answer.team_answer.by,
    }
    if answer.answer and answer.sentence and answer.article:
        article, span = answer.article, answer.answer
        cells |= {
            "answer": span.text,
            "confidence": f"{span.confidence:.3f}",
            "sentence": answer.sentence.text,
            "title": article.title,
            "author": article.author,
            "publisher": article.publisher,
            "date": day_of(article),
            "url": article.url,
            "source": article.source,
            "article": article.id,
            "start": span.start,
            "end": span.end,
        }
    return _line([_cell(cells.get(name)) for name in COLUMNS])


def error_row(question: str, error: str) -> str:
    """The line of a question that could not be asked."""
    cells = {"question": question, "error": error}
    return _line([_cell(cells.get(name)) for name in COLUMNS])


def _cell(value: object) -> str:
    """A value on one line; a spreadsheet takes one that begins like a formula for text, as an apostrophe stands before it."""
    text = "" if value is None else squeeze(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()
