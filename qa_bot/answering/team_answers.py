"""What a team itself answers to a question: saved by people, shown before quotations, and never mixed with them."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import web_url
from embeddings.errors import SettingsError, StoreError
from embeddings.text import squeeze
from qa_bot.answering.answerer import check_question
from qa_bot.answering.results import TeamAnswer
from qa_bot.answering.same_question import LEAST_COSINE, SameQuestion
from qa_bot.sqlite_file import SQLiteFile

if TYPE_CHECKING:
    from embeddings.encoder.model import Encoder

FILE_NAME = "team-answers.sqlite3"
MAX_TEXT_CHARS = 2000
MAX_LINK_CHARS = 1000
MAX_NAME_CHARS = 80
_COMPARED = 5
"""Saved questions, the closest first, that a question is compared with word by word."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    id TEXT PRIMARY KEY,
    workspace TEXT NOT NULL,
    answer TEXT NOT NULL,
    encoder TEXT,
    vector BLOB
) WITHOUT ROWID;
"""


class _Compared(NamedTuple):
    """Saved answers, and the vectors of their questions, of shape (answers, dimension)."""

    answers: list[TeamAnswer]
    vectors: NDArray[np.float32]


class TeamAnswers:
    """The saved answers, in a SQLite file in the data folder.  Safe to use from several threads and several processes.

    A question has one answer in a workspace: saving another one replaces it.

    Raises:
        StoreError: the file cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self._file = SQLiteFile(folder / FILE_NAME, _SCHEMA)
        self._guard = threading.Lock()
        self._known: tuple[object, _Compared] | None = None

    def save(
        self, question: str, text: str, *, by: str, by_id: str | None = None, link: str = "", workspace: str = ""
    ) -> TeamAnswer:
        """Saves an answer, in place of an earlier one to the same question.

        Raises:
            QuestionError: the question has no words, or too many.
            SettingsError: the answer or the link is empty, too long, or no address.
        """
        question, text = check_question(question), text.strip()
        if not squeeze(text):
            raise SettingsError("the answer is empty; write it in words")
        if len(text) > MAX_TEXT_CHARS:
            raise SettingsError(f"the answer is longer than {MAX_TEXT_CHARS:,} characters; write a shorter one")
        if link and (web_url(link) is None or len(link) > MAX_LINK_CHARS):
            raise SettingsError(f"the link {link[:80]!r} cannot be used; give a web address that begins with https://")
        answer = TeamAnswer(
            id=_identity(workspace, question),
            question=question,
            text=text,
            by=squeeze(by)[:MAX_NAME_CHARS] or "somebody",
            by_id=by_id,
            saved_at=datetime.now(UTC).replace(microsecond=0),
            link=link or None,
            workspace=workspace,
        )
        self._file.run(
            "INSERT INTO answers VALUES (?, ?, ?, NULL, NULL) ON CONFLICT DO UPDATE "
            "SET answer = excluded.answer, encoder = NULL, vector = NULL",
            *(answer.id, workspace, answer.model_dump_json()),
        )
        return answer

    def get(self, identity: str) -> TeamAnswer | None:
        """The answer with an id; None if there is none."""
        rows = self._file.rows("SELECT answer FROM answers WHERE id = ?", identity)
        return TeamAnswer.model_validate_json(rows[0][0]) if rows else None

    def list(self, workspace: str | None = None) -> list[TeamAnswer]:
        """The answers of a workspace and those for everybody, the newest first; all of them for None."""
        rows = self._file.rows("SELECT answer FROM answers WHERE ?1 IS NULL OR workspace IN ('', ?1)", workspace)
        answers = [TeamAnswer.model_validate_json(row[0]) for row in rows]
        return sorted(answers, key=lambda answer: (answer.saved_at, answer.id), reverse=True)

    def remove(self, identity: str) -> bool:
        """Removes an answer; says whether there was one."""
        return self._file.run("DELETE FROM answers WHERE id = ?", identity) > 0

    def find(self, questions: Sequence[str], encoder: Encoder, workspace: str | None = None) -> TeamAnswer | None:
        """The answer that a team saved to a question that means the same.

        Args:
            questions: the question in the forms that it has, as typed and as understood; the first that is known counts.
            encoder: of the settings.
            workspace: id of the Slack workspace in which it is asked; None elsewhere, where all answers count.

        Raises:
            StoreError: the file cannot be read.
        """
        try:
            return self._find(questions, encoder, workspace)
        except (sqlite3.Error, ValueError) as error:
            raise StoreError(
                f"{self._file.path}: cannot be read ({error}); bring it back from a backup, or move it away"
            ) from error

    def _find(self, questions: Sequence[str], encoder: Encoder, workspace: str | None) -> TeamAnswer | None:
        known = self._compared(encoder)
        shown = [
            place
            for place, answer in enumerate(known.answers)
            if workspace is None or answer.workspace in ("", workspace)
        ]
        if not shown:
            return None
        comparison = SameQuestion(encoder.encode_question)
        for question in questions:
            cosines = known.vectors[shown] @ encoder.encode_question(question)
            for near in np.argsort(-cosines, kind="stable")[:_COMPARED]:
                answer: TeamAnswer = known.answers[shown[int(near)]]
                if cosines[near] >= LEAST_COSINE and comparison.same(question, answer.question, float(cosines[near])):
                    return answer
        return None

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _compared(self, encoder: Encoder) -> _Compared:
        """The answers with vectors of the encoder, which are made where they are missing, and kept."""
        with self._guard:
            version = self._version(encoder)
            if self._known is None or self._known[0] != version:
                rows = self._file.rows("SELECT id, answer, encoder, vector FROM answers ORDER BY id")
                answers = [TeamAnswer.model_validate_json(row[1]) for row in rows]
                vectors = [self._vector(row, answer, encoder) for row, answer in zip(rows, answers, strict=True)]
                compared = _Compared(answers, np.stack(vectors) if vectors else np.zeros((0, 1), np.float32))
                self._known = (self._version(encoder), compared)
            return self._known[1]

    def _version(self, encoder: Encoder) -> object:
        """Changes when an answer does, whichever process changed it."""
        (count, newest), *_ = self._file.rows("SELECT count(*), max(json_extract(answer, '$.saved_at')) FROM answers")
        (changes,) = self._file.rows("SELECT total_changes()")[0]
        (version,) = self._file.rows("PRAGMA data_version")[0]
        return count, newest, changes, version, encoder.identity

    def _vector(self, row: Sequence[object], answer: TeamAnswer, encoder: Encoder) -> NDArray[np.float32]:
        identity, _, encoded_by, vector = row
        if encoded_by == encoder.identity and isinstance(vector, bytes):
            return np.frombuffer(vector, np.float32)
        fresh = encoder.encode_question(answer.question)
        self._file.run(
            "UPDATE answers SET encoder = ?, vector = ? WHERE id = ?", encoder.identity, fresh.tobytes(), identity
        )
        return fresh


def _identity(workspace: str, question: str) -> str:
    return hashlib.sha256(f"{workspace}\0{question.lower()}".encode()).hexdigest()[:12]
