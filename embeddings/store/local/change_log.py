"""The store's log of changes, as a cache follows it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.store.local.tables.rows import read_day

_CHUNK = 10_000


class Pending(NamedTuple):
    """What a cache lacks.

    Attributes:
        removed: passages to take out.
        added: passages to put in.
        change: that it then stands at.
        whole: it must be emptied first: `added` are all passages there are.
    """

    removed: list[int]
    added: list[int]
    change: int
    whole: bool


class LexicalDocument(NamedTuple):
    """What is searched for one passage, and the facts about its article that a search can be narrowed by."""

    passage_id: int
    text: str
    title: str
    publisher: str | None = None
    origin: str = ""
    day: date | None = None


def last_change(connection: sqlite3.Connection) -> int:
    """Number of the last change; 0 if there was none."""
    return int(connection.execute("SELECT max(number) FROM changes").fetchone()[0] or 0)


class ChangeLog:
    """Reads the log of one generation of passages, and what the passages that it names hold, in a snapshot."""

    def __init__(self, generation: int) -> None:
        self.generation = generation

    def count(self, connection: sqlite3.Connection, limit: int = -1) -> int:
        """The number of passages, counted up to a limit; -1 for none."""
        query = "SELECT count(*) FROM (SELECT 1 FROM passages WHERE generation = ? LIMIT ?)"
        return int(connection.execute(query, (self.generation, limit)).fetchone()[0])

    def pending(self, connection: sqlite3.Connection, change: int) -> Pending:
        """What a cache that stands at a change lacks.

        The log loses its beginning in time: a cache that is behind it has to be made anew.
        """
        row = connection.execute("SELECT value FROM facts WHERE name = 'trimmed'").fetchone()
        last = last_change(connection)
        if change < max(int(row[0]) if row else 0, 1):
            query = "SELECT id FROM passages WHERE generation = ? ORDER BY id"
            passages = [int(passage) for (passage,) in connection.execute(query, (self.generation,))]
            return Pending([], passages, last, whole=True)
        query = (
            "SELECT changes.passage, max(passages.id IS NOT NULL) FROM changes "
            "LEFT JOIN passages ON passages.id = changes.passage WHERE changes.number > ? AND changes.generation = ? "
            "GROUP BY changes.passage ORDER BY changes.passage"
        )
        removed: list[int] = []
        added: list[int] = []
        for passage, exists in connection.execute(query, (change, self.generation)):
            (added if exists else removed).append(int(passage))
        return Pending(removed, added, last, whole=False)

    def vectors(
        self, connection: sqlite3.Connection, passage_ids: list[int], chunk_size: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Ids, shape (n,), and vectors, shape (n, dimension), of passages, in chunks; the ids in ascending order."""
        query = "SELECT passage, vector FROM vectors WHERE passage BETWEEN ? AND ? ORDER BY passage"
        for chunk in _runs(passage_ids, chunk_size):
            ids = set(chunk)
            rows = [row for row in connection.execute(query, (chunk[0], chunk[-1])) if row[0] in ids]
            if rows:
                vectors = np.frombuffer(b"".join(vector for _, vector in rows), np.float32)
                yield np.array([passage for passage, _ in rows], np.int64), vectors.reshape(len(rows), -1)

    def documents(self, connection: sqlite3.Connection, passage_ids: list[int]) -> Iterator[LexicalDocument]:
        """What is searched for passages and for their articles; the ids in ascending order."""
        query = "SELECT id, start, end, article FROM passages WHERE id BETWEEN ? AND ? ORDER BY id"
        columns = "text, title, publisher, origin, published_at"
        facts = f"SELECT {columns} FROM articles JOIN texts ON article = number WHERE number = ?"
        number, about = -1, ("", "", None, "", None)
        for chunk in _runs(passage_ids, _CHUNK):
            ids = set(chunk)
            for passage, start, end, article in connection.execute(query, (chunk[0], chunk[-1])).fetchall():
                if passage not in ids:
                    continue
                if article != number:
                    number, about = article, connection.execute(facts, (article,)).fetchone()
                text, title, publisher, origin, published = about
                yield LexicalDocument(passage, text[start:end], title, publisher, origin, read_day(published))


def _runs(ids: list[int], size: int) -> Iterator[list[int]]:
    """Cuts a sorted list of ids into chunks that are read with one query each; a chunk spans no large gap."""
    chunk: list[int] = []
    for passage_id in ids:
        if chunk and (len(chunk) == size or passage_id - chunk[-1] > 1000):
            yield chunk
            chunk = []
        chunk.append(passage_id)
    if chunk:
        yield chunk
