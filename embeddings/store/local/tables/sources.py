"""The sources that the store remembers, which articles each of them holds, and what they want to be told next time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from typing_extensions import override

from embeddings.store.local.database import Database
from embeddings.store.local.tables.articles import as_text
from embeddings.store.protocol import SourceRecord, Sources


class SourceTable(Sources):
    """The sources in the SQLite file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    def add(self, location: str, options: str | None = None) -> None:
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO sources (location, added_at) VALUES (?, ?)", (location, _now()))
            if options is not None:
                connection.execute("UPDATE sources SET options = ? WHERE location = ?", (options, location))

    @override
    def note_result(self, location: str, result: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE sources SET last_indexed_at = ?, last_result = ? WHERE location = ?", (_now(), result, location)
            )

    @override
    def hold(self, location: str, article_ids: Iterable[str]) -> None:
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO holders (location, article) SELECT ?, id FROM articles WHERE id = ? AND origin != ?",
                [(location, article_id, location) for article_id in article_ids],
            )

    @override
    def release(self, location: str, article_ids: Iterable[str]) -> int:
        with self._database.transaction() as connection:
            return sum(_release(connection, location, article_id) for article_id in article_ids)

    @override
    def remove(self, location: str) -> int:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sources WHERE location = ?", (location,))
            connection.execute("DELETE FROM holders WHERE location = ?", (location,))
            query = "SELECT id FROM articles WHERE origin = ? ORDER BY number"
            rows = connection.execute(query, (location,)).fetchall()
            return sum(_release(connection, location, article_id) for (article_id,) in rows)

    @override
    def sync_state(self, key: str) -> str | None:
        with self._database.snapshot() as connection:
            row = connection.execute("SELECT value FROM memories WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    @override
    def set_sync_state(self, state: Mapping[str, str]) -> None:
        with self._database.transaction() as connection:
            put_sync_state(connection, state)

    @override
    def list(self) -> list[SourceRecord]:
        query = "SELECT location, options, added_at, last_indexed_at, last_result FROM sources ORDER BY number"
        with self._database.snapshot() as connection:
            return [_record(*row) for row in connection.execute(query)]


def _record(location: object, options: object, *known: object) -> SourceRecord:
    return SourceRecord(as_text(location), as_text(options), *(as_text(value) if value else None for value in known))


def put_sync_state(connection: sqlite3.Connection, state: Mapping[str, str]) -> None:
    """Writes what sources want to be told at the next reindex."""
    connection.executemany("INSERT OR REPLACE INTO memories (key, value) VALUES (?, ?)", state.items())


def _release(connection: sqlite3.Connection, location: str, article_id: str) -> int:
    connection.execute("DELETE FROM holders WHERE location = ? AND article = ?", (location, article_id))
    row = connection.execute("SELECT number, origin FROM articles WHERE id = ?", (article_id,)).fetchone()
    if row is None or row[1] != location:
        return 0
    heir = connection.execute(
        "SELECT holders.location FROM holders LEFT JOIN sources ON sources.location = holders.location "
        "WHERE article = ? ORDER BY number IS NULL, number, holders.location LIMIT 1",
        (article_id,),
    ).fetchone()
    if heir is None:
        return connection.execute("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount
    connection.execute("DELETE FROM holders WHERE location = ? AND article = ?", (heir[0], article_id))
    connection.execute("UPDATE articles SET origin = ? WHERE number = ?", (heir[0], row[0]))
    # The lexical index holds the origin of each passage.
    connection.execute(
        "INSERT INTO changes (passage, added, generation) SELECT id, 1, generation FROM passages WHERE article = ?",
        (row[0],),
    )
    return 0


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
