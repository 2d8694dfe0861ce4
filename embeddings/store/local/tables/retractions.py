"""The retracted articles, in the SQLite file."""

from __future__ import annotations

import builtins
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from typing_extensions import override

from embeddings.articles import Article
from embeddings.store.local.database import Database, WrongValueError
from embeddings.store.local.tables.articles import ARTICLE_COLUMNS, ARTICLES, as_text, read_article
from embeddings.store.local.tables.rows import put_fact
from embeddings.store.retractions import Retraction, Retractions

_COLUMNS = "id, named, url, reason, retracted_at, origin, article"


class RetractionTable(Retractions):
    """The table of retractions; an article is in it or among the others, never in both."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    def mark(self) -> int:
        with self._database.snapshot() as connection:
            return retraction_mark(connection)

    @override
    def list(self) -> list[Retraction]:
        with self._database.snapshot() as connection:
            return _read(connection, "ORDER BY number")

    @override
    def add(
        self, article_id: str, *, reason: str, url: str | None, copies_of: Callable[[Article], Iterable[str]]
    ) -> builtins.list[Retraction]:
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM retractions WHERE id = ?", (article_id,)).fetchone():
                return []
            about = (reason, datetime.now(UTC).isoformat(timespec="seconds"))
            article = _take(connection, article_id, article_id, about)
            if article is None:
                row = (article_id, article_id, url, *about, "", None)
                connection.execute(f"INSERT INTO retractions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            else:
                # Other connections still see the article, and nobody can write: what they read is what is there.
                for copy in copies_of(article):
                    _take(connection, copy, article_id, about)
            count_up(connection)
            return _read(connection, "WHERE named = ? ORDER BY number", article_id)


def retraction_mark(connection: sqlite3.Connection) -> int:
    """The number that changes with the list."""
    row = connection.execute("SELECT value FROM facts WHERE name = 'retractions'").fetchone()
    return int(row[0]) if row else 0


def count_up(connection: sqlite3.Connection) -> None:
    """Makes the number another one."""
    put_fact(connection, "retractions", str(retraction_mark(connection) + 1))


def _take(connection: sqlite3.Connection, article_id: str, named: str, about: tuple[str, str]) -> Article | None:
    """Moves an article into the table; None if there is no such article."""
    query = f"SELECT {ARTICLE_COLUMNS}, origin FROM {ARTICLES} WHERE articles.id = ?"
    row = connection.execute(query, (article_id,)).fetchone()
    if row is None:
        return None
    *columns, origin = row
    article = read_article(columns)
    values = (article.id, named, article.url, *about, origin, article.model_dump_json())
    connection.execute(f"INSERT OR REPLACE INTO retractions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    connection.execute("DELETE FROM articles WHERE id = ?", (article.id,))
    return article


def _read(connection: sqlite3.Connection, where: str, *values: object) -> list[Retraction]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM retractions {where}", values).fetchall()
    return [_retraction(*row) for row in rows]


def _retraction(
    article_id: object, named: object, url: object, reason: object, retracted_at: object, origin: object, text: object
) -> Retraction:
    article = None if text is None else Article.model_validate_json(as_text(text))
    if article is not None and article.id != article_id:
        raise WrongValueError(f"the retracted article {article_id} is another one")
    texts = map(as_text, (article_id, named, reason, retracted_at, origin))
    identity, original, why, moment, location = texts
    return Retraction(identity, original, None if url is None else as_text(url), why, moment, location, article)
