"""Which answers quote which articles, so that they can be marked when an article is retracted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from qa_bot.sqlite_file import SQLiteFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS quotations (
    article TEXT NOT NULL, channel TEXT NOT NULL, question TEXT NOT NULL, origin TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (article, channel, question)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS quotations_by_question ON quotations (channel, question);
CREATE INDEX IF NOT EXISTS quotations_by_age ON quotations (created);
"""


class Quotations:
    """The table of quotations, in a file with the tables of `SCHEMA`."""

    def __init__(self, file: SQLiteFile) -> None:
        self._file = file

    def remember(self, channel: str, question: str, articles: Iterable[str], origin: dict[str, Any]) -> None:
        """Records which articles the answer to a question quotes, or is about to, besides those recorded before.

        Args:
            channel: id.
            question: timestamp of the message that is answered.
            articles: ids.
            origin: what a job about the answer needs to know.
        """
        about, now = json.dumps(origin), time.time()
        with self._file.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO quotations VALUES (?, ?, ?, ?, ?)",
                [(article, channel, question, about, now) for article in articles],
            )

    def of(self, article: str) -> list[dict[str, Any]]:
        """The origins of the answers that quote an article."""
        return [
            json.loads(row[0]) for row in self._file.rows("SELECT origin FROM quotations WHERE article = ?", article)
        ]

    def has(self, article: str, channel: str, question: str) -> bool:
        """Whether the answer to a question still quotes an article."""
        query = "SELECT 1 FROM quotations WHERE article = ? AND channel = ? AND question = ?"
        return bool(self._file.rows(query, article, channel, question))

    def forget(self, channel: str, question: str, before: float | None = None) -> None:
        """Forgets what an answer quoted that was removed or replaced; recorded before a time, in seconds since 1970."""
        query = "DELETE FROM quotations WHERE channel = ? AND question = ? AND created < ?"
        self._file.run(query, channel, question, before or float("inf"))
