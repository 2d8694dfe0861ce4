"""What people say of answers, kept beside the store, and exported in the format that readers are trained on.

Each judgement is kept with the paragraph that the answer stood in, so that it can be exported after the article has changed
or gone.  The export is SQuAD v2.0: Rajpurkar et al., 2018, "Know What You Don't Know", https://arxiv.org/abs/1806.03822.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from embeddings.store.protocol import ArticleText
from qa_bot.sqlite_file import SQLiteFile

FILE_NAME = "feedback.sqlite3"
CONTEXT_SENTENCES = 4
"""Sentences before and after an answer's own that are kept with a judgement."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS judgements (
    person TEXT NOT NULL,
    question TEXT NOT NULL,
    article TEXT NOT NULL,
    judgement TEXT NOT NULL,
    given REAL NOT NULL,
    PRIMARY KEY (person, question, article)
) WITHOUT ROWID;
"""
_KEEP = """
INSERT INTO judgements VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
SET judgement = excluded.judgement, given = excluded.given WHERE excluded.given >= given
"""


class Verdict(StrEnum):
    """What a person says of an answer, or of there being none."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_ASKED = "not asked"
    ANSWERABLE = "answerable"
    UNANSWERABLE = "unanswerable"


class Judgement(BaseModel):
    """A person's judgement of an answer.

    Attributes:
        question: as it was asked.
        verdict: what they say.
        person: who, as an opaque id.
        article: id of the article that was quoted; empty if none was.
        title: of the article.
        context: the sentences around the answer, as in the article; empty if there was no answer.
        answer: the words that were given as the answer; empty if there were none.
        start: of these words, in characters of `context`.
        correction: the right answer in the person's words; empty if they gave none.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    verdict: Verdict
    person: str
    article: str = ""
    title: str = ""
    context: str = ""
    answer: str = ""
    start: int = 0
    correction: str = ""


def surroundings(held: ArticleText, start: int, end: int) -> tuple[str, int]:
    """The sentences around a range of an article's text, and where the range begins in them.

    Args:
        held: the article.
        start, end: in characters of its text.
    """
    text, sentences = held.article.text, held.sentences
    own = [number for number, one in enumerate(sentences) if one.start < end and one.end > start]
    if not own:
        return text[start:end], 0
    first = sentences[max(own[0] - CONTEXT_SENTENCES, 0)].start
    last = sentences[min(own[-1] + CONTEXT_SENTENCES, len(sentences) - 1)].end
    return text[first:last], start - first


class FeedbackLog:
    """The judgements, in a SQLite file.  Safe to use from several threads and several processes.

    Args:
        folder: the data folder; made if it is missing.

    Raises:
        StoreError: the file cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._file = SQLiteFile(folder / FILE_NAME, _SCHEMA)

    def add(self, judgement: Judgement, given: float | None = None) -> None:
        """Keeps a judgement, in place of what the same person said before of the same answer.

        Args:
            judgement: what they say.
            given: when they said it, in seconds since 1970; now, if None.  What is written late does not take the place of
                what was said after it.
        """
        when = time.time() if given is None else given
        row = (judgement.person, judgement.question, judgement.article, judgement.model_dump_json(), when)
        self._file.run(_KEEP, *row)

    def judgements(self) -> list[Judgement]:
        """All of them, the oldest first."""
        rows = self._file.rows("SELECT judgement FROM judgements ORDER BY given, question, person")
        return [Judgement.model_validate_json(row[0]) for row in rows]

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()


def squad(judgements: Iterable[Judgement]) -> dict[str, Any]:
    """Judgements as a SQuAD v2.0 object; those that say nothing of what the answer should be are left out.

    An answer that somebody calls right is one; a correction is one if it stands in the context.  That the articles don't say
    makes the question one that the context does not answer.  The latest word of all counts.
    """
    latest: dict[tuple[str, str], tuple[Judgement, dict[str, Any]]] = {}
    for judgement in judgements:
        answer = _answer(judgement)
        if answer is not None:
            latest[judgement.question, judgement.context] = (judgement, answer)
    by_title: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for judgement, answer in latest.values():
        by_title.setdefault(judgement.title, {}).setdefault(judgement.context, []).append(answer)
    data = [
        {"title": title, "paragraphs": [{"context": context, "qas": asked} for context, asked in contexts.items()]}
        for title, contexts in by_title.items()
    ]
    return {"version": "v2.0", "data": data}


def _answer(judgement: Judgement) -> dict[str, Any] | None:
    if not judgement.context:
        return None
    given = hashlib.sha256(f"{judgement.question}\0{judgement.context}".encode()).hexdigest()[:24]
    asked: dict[str, Any] = {"id": given, "question": judgement.question, "is_impossible": False}
    if judgement.verdict is Verdict.RIGHT:
        return asked | {"answers": [{"text": judgement.answer, "answer_start": judgement.start}]}
    if judgement.correction:
        found = next(_places(judgement.correction, judgement.context), None)
        if found is not None:
            text = judgement.context[found : found + len(judgement.correction)]
            return asked | {"answers": [{"text": text, "answer_start": found}]}
        return None
    if judgement.verdict is Verdict.UNANSWERABLE:
        plausible = [{"text": judgement.answer, "answer_start": judgement.start}] if judgement.answer else []
        return asked | {"is_impossible": True, "answers": [], "plausible_answers": plausible}
    return None


def _places(words: str, context: str) -> Iterator[int]:
    """Where words stand in a context, first as they are, then whatever their case."""
    for text, sought in ((context, words), (context.lower(), words.lower())):
        if len(text) == len(context) and (found := text.find(sought)) >= 0:
            yield found
