"""What people say of answers, and what had no answer, kept beside the store; judgements are exported to train readers on.

Each judgement is kept with the sentences around the answer, so that it can be exported after the article has changed or is
gone.  The export is SQuAD v2.0: Rajpurkar et al., 2018, "Know What You Don't Know", https://arxiv.org/abs/1806.03822.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from embeddings.store.protocol import ArticleText
from qa_bot.sqlite_file import SQLiteFile

FILE_NAME = "feedback.sqlite3"
CONTEXT_SENTENCES = 4
"""Sentences kept with a judgement before the answer's own, and as many after it."""
UNANSWERED_AGE = 90 * 86_400.0
"""How long questions without an answer are kept, in seconds."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS judgements (
    person TEXT NOT NULL,
    question TEXT NOT NULL,
    article TEXT NOT NULL,
    judgement TEXT NOT NULL,
    given REAL NOT NULL,
    PRIMARY KEY (person, question, article)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unanswered (
    message TEXT NOT NULL, question TEXT NOT NULL, team TEXT NOT NULL, channel TEXT NOT NULL, asked REAL NOT NULL,
    PRIMARY KEY (message, question)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unanswered_by_age ON unanswered (asked);
"""
_KEEP = """
INSERT INTO judgements VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
SET judgement = excluded.judgement, given = excluded.given WHERE excluded.given >= given
"""


class Verdict(StrEnum):
    """What a person says of an answer, or of a question without an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_ASKED = "not asked"
    ANSWERABLE = "answerable"
    UNANSWERABLE = "unanswerable"


class Judgement(BaseModel, frozen=True):
    """A person's judgement of an answer.

    Attributes:
        question: as asked.
        verdict: of the person.
        person: an opaque id.
        article: id of the quoted article; empty if there was no answer.
        title: of the article.
        context: the sentences around the answer, as in the article; empty if there was no answer.
        answer: its words; empty if there was no answer.
        start: of the answer, in characters of `context`.
        correction: the right answer in the person's words; empty if they gave none.
        channel, team: ids of where it was asked, if that is recorded; else empty.
    """

    question: str
    verdict: Verdict
    person: str
    article: str = ""
    title: str = ""
    context: str = ""
    answer: str = ""
    start: int = 0
    correction: str = ""
    channel: str = ""
    team: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the person finds the answer, or that there was none, wrong."""
        agrees_with_none = self.verdict is Verdict.UNANSWERABLE and not self.answer
        return self.verdict is not Verdict.RIGHT and not agrees_with_none


class MissedQuestion(NamedTuple):
    """A question that was refused, or whose answer somebody judged wrong.

    Attributes:
        question: as it can be asked again.
        channel: id of the channel; empty outside channels, and where it is not recorded.
        moment: in seconds since 1970.
        is_judged: whether somebody judged the answer; else there was none.
    """

    question: str
    channel: str
    moment: float
    is_judged: bool


def surroundings(stored: ArticleText, start: int, end: int) -> tuple[str, int]:
    """The sentences around a range of an article's text, and where the range begins in them.

    Args:
        stored: the article.
        start: of the range, in characters of its text.
        end: of the range.
    """
    text, sentences = stored.article.text, stored.sentences
    own = [number for number, sentence in enumerate(sentences) if sentence.start < end and sentence.end > start]
    if not own:
        return text[start:end], 0
    first = sentences[max(own[0] - CONTEXT_SENTENCES, 0)].start
    last = sentences[min(own[-1] + CONTEXT_SENTENCES, len(sentences) - 1)].end
    return text[first:last], start - first


class FeedbackLog:
    """The judgements, in a SQLite file in the data folder.  Safe to use from several threads and several processes.

    Raises:
        StoreError: the file cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._file = SQLiteFile(folder / FILE_NAME, _SCHEMA)

    def add(self, judgement: Judgement, given: float | None = None) -> None:
        """Keeps a judgement, in place of an earlier one of the same person on the same answer.

        Args:
            judgement: to keep.
            given: when it was given, in seconds since 1970; None for now.  It never replaces one that was given later.
        """
        key = (judgement.person, judgement.question, judgement.article)
        self._file.run(_KEEP, *key, judgement.model_dump_json(), time.time() if given is None else given)

    def judgements(self) -> list[Judgement]:
        """All judgements, oldest first."""
        rows = self._file.rows("SELECT judgement FROM judgements ORDER BY given, question, person")
        return [Judgement.model_validate_json(row[0]) for row in rows]

    def note_unanswered(
        self, message: str, questions: Iterable[str], *, team: str, channel: str, asked: float | None = None
    ) -> None:
        """Records the questions of a message that had no answer, in place of what was recorded of it; forgets old ones.

        Args:
            message: names it.
            questions: as they can be asked again; none if all have an answer, or if the message is deleted.
            team: id of the workspace; empty if it is not known.
            channel: id of the channel; empty outside channels.
            asked: when, in seconds since 1970; None for now.
        """
        now = time.time()
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM unanswered WHERE message = ? OR asked < ?", (message, now - UNANSWERED_AGE))
            rows = [(message, question, team, channel, now if asked is None else asked) for question in questions]
            connection.executemany("INSERT OR IGNORE INTO unanswered VALUES (?, ?, ?, ?, ?)", rows)

    def missed(self, since: float, until: float, team: str | None = None) -> list[MissedQuestion]:
        """The questions of a period that were refused or judged wrong, the oldest first.

        Args:
            since: in seconds since 1970.
            until: the same, exclusive.
            team: id of the workspace; None for all.
        """
        rows = self._file.rows("SELECT judgement, given FROM judgements WHERE given >= ? AND given < ?", since, until)
        judged = [(Judgement.model_validate_json(row), given) for row, given in rows]
        missed = [
            MissedQuestion(judgement.question, judgement.channel, given, is_judged=True)
            for judgement, given in judged
            if judgement.is_wrong and team in (None, judgement.team)
        ]
        query = (
            "SELECT question, channel, asked FROM unanswered WHERE asked >= ? AND asked < ? AND (team = ? OR ? IS NULL)"
        )
        rows = self._file.rows(query, since, until, team, team)
        missed += [MissedQuestion(question, channel, asked, is_judged=False) for question, channel, asked in rows]
        return sorted(missed, key=lambda question: question.moment)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def squad(judgements: Iterable[Judgement]) -> dict[str, Any]:
    """Judgements as a SQuAD v2.0 object, without those that do not tell what the answer should be.

    An answer that somebody calls right becomes the answer, and so does a correction that is in the context.  A question that
    the articles do not answer becomes an unanswerable one.  The latest judgement counts.
    """
    latest: dict[tuple[str, str], tuple[Judgement, dict[str, Any]]] = {}
    for judgement in judgements:
        if question := _question(judgement):
            latest[judgement.question, judgement.context] = (judgement, question)
    by_title: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for judgement, question in latest.values():
        by_title.setdefault(judgement.title, {}).setdefault(judgement.context, []).append(question)
    data = [
        {"title": title, "paragraphs": [{"context": context, "qas": qas} for context, qas in contexts.items()]}
        for title, contexts in by_title.items()
    ]
    return {"version": "v2.0", "data": data}


def _question(judgement: Judgement) -> dict[str, Any] | None:
    if not judgement.context:
        return None
    identity = hashlib.sha256(f"{judgement.question}\0{judgement.context}".encode()).hexdigest()[:24]
    question: dict[str, Any] = {"id": identity, "question": judgement.question, "is_impossible": False}
    if judgement.verdict is Verdict.RIGHT:
        return question | {"answers": [{"text": judgement.answer, "answer_start": judgement.start}]}
    if judgement.correction:
        start = _start(judgement.correction, judgement.context)
        text = judgement.context[start : start + len(judgement.correction)]
        return None if start < 0 else question | {"answers": [{"text": text, "answer_start": start}]}
    if judgement.verdict is Verdict.UNANSWERABLE:
        plausible = [{"text": judgement.answer, "answer_start": judgement.start}] if judgement.answer else []
        return question | {"is_impossible": True, "answers": [], "plausible_answers": plausible}
    return None


def _start(words: str, context: str) -> int:
    """Where words start in a context, in the same case if possible; -1 if they are not in it."""
    start = context.find(words)
    lower = context.lower()
    return lower.find(words.lower()) if start < 0 and len(lower) == len(context) else start
