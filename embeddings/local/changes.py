"""The store's log of changes, as a cache follows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.local.database import Database
from embeddings.local.lexical import LexicalDocument

_CHUNK = 10_000


class Pending(NamedTuple):
    """What a cache lacks: passages to take out, passages to put in, and the change that it then stands at."""

    removed: list[int]
    added: list[int]
    change: int


class ChangeLog:
    """Reads the log, and what the passages that it names hold.

    Args:
        database: of the store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> int:
        """Number of the last change; 0 if there was none."""
        row = self._database.connection().execute("SELECT max(number) FROM changes").fetchone()
        return int(row[0] or 0)

    def pending(self, change: int) -> Pending:
        """What a cache that stands at a change lacks."""
        query = (
            "SELECT changes.passage, max(changes.number), max(passages.id IS NOT NULL) FROM changes "
            "LEFT JOIN passages ON passages.id = changes.passage WHERE changes.number > ? "
            "GROUP BY changes.passage ORDER BY changes.passage"
        )
        removed: list[int] = []
        added: list[int] = []
        last = change
        for passage, number, exists in self._database.connection().execute(query, (change,)):
            (added if exists else removed).append(int(passage))
            last = max(last, int(number))
        return Pending(removed, added, last)

    def vectors(self, passage_ids: list[int]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Ids, shape (n,), and vectors, shape (n, dimension), of passages, in chunks; the ids in ascending order."""
        connection = self._database.connection()
        for chunk in _runs(passage_ids):
            query = "SELECT passage, vector FROM vectors WHERE passage BETWEEN ? AND ? ORDER BY passage"
            wanted = set(chunk)
            rows = [row for row in connection.execute(query, (chunk[0], chunk[-1])) if row[0] in wanted]
            if rows:
                ids = np.array([passage for passage, _ in rows], np.int64)
                yield ids, np.frombuffer(b"".join(vector for _, vector in rows), np.float32).reshape(len(rows), -1)

    def documents(self, passage_ids: list[int]) -> Iterator[LexicalDocument]:
        """The texts of passages and the titles of their articles; the ids in ascending order."""
        query = "SELECT passages.id, start, end, article FROM passages WHERE id BETWEEN ? AND ? ORDER BY id"
        connection = self._database.connection()
        number, title, text = -1, "", ""
        for chunk in _runs(passage_ids):
            wanted = set(chunk)
            for passage, start, end, article in connection.execute(query, (chunk[0], chunk[-1])).fetchall():
                if passage not in wanted:
                    continue
                if article != number:
                    found = connection.execute(
                        "SELECT title, text FROM articles WHERE number = ?", (article,)
                    ).fetchone()
                    number, (title, text) = article, found
                yield LexicalDocument(passage, text[start:end], title)


def _runs(ids: list[int]) -> Iterator[list[int]]:
    """Cuts a sorted list of ids into chunks that are read with one query each; a chunk spans no large gap."""
    chunk: list[int] = []
    for passage_id in ids:
        if chunk and (len(chunk) == _CHUNK or passage_id - chunk[-1] > 1000):
            yield chunk
            chunk = []
        chunk.append(passage_id)
    if chunk:
        yield chunk
