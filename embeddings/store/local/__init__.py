"""The store on one machine: SQLite holds everything; FAISS and tantivy are caches that follow its log of changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import override

from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.store.local.caches import Caches
from embeddings.store.local.change_log import ChangeLog, last_change
from embeddings.store.local.database import Database, read_facts
from embeddings.store.local.schema import SCHEMA_VERSION
from embeddings.store.local.tables.articles import ArticleTable
from embeddings.store.local.tables.retractions import RetractionTable
from embeddings.store.local.tables.rows import generation_of
from embeddings.store.local.tables.sources import SourceTable
from embeddings.store.local.view import LocalView
from embeddings.store.local.writing import LocalWriting
from embeddings.store.protocol import DenseKind, Say, Store, StoreStatus

__all__ = ["LocalStore"]

FILE_NAME = "qa_bot.sqlite3"


class LocalStore(Store):
    """SQLite, FAISS and tantivy in one folder.

    Safe to use from several threads and several processes at once.

    Args:
        folder: holds `qa_bot.sqlite3` and the caches; made if it is missing.
        say: is told when a cache has to be rebuilt.
        kind: the dense index to use.

    Raises:
        StoreError: the store cannot be opened; the message says why.
    """

    def __init__(self, folder: Path, say: Say = lambda _: None, kind: DenseKind = DenseKind.AUTO) -> None:
        self._folder = folder
        self._database = Database(folder / FILE_NAME)
        self._caches = Caches(self._database, kind, say)
        self.articles = ArticleTable(self._database)
        self.sources = SourceTable(self._database)
        self.writing = LocalWriting(self._database, self._caches)
        self.retractions = RetractionTable(self._database)

    @property
    @override
    def encoder(self) -> str | None:
        return self._facts().get("encoder")

    @property
    @override
    def passage_rule(self) -> str | None:
        return self._facts().get("passage_rule")

    def _facts(self) -> dict[str, str]:
        with self._database.snapshot() as connection:
            return read_facts(connection)

    @override
    @contextmanager
    def view(self, only: ArticleFilter = EVERYTHING) -> Iterator[LocalView]:
        error_of_others: Exception | None = None
        with self._caches.moment() as (connection, facts, moment):
            try:
                yield LocalView(self._database, connection, facts, moment, only)
            except Exception as error:
                error_of_others = (
                    error  # raised behind the snapshot, which would take it for a value that it cannot read
                )
        if error_of_others is not None:
            raise error_of_others

    @override
    def refresh(self) -> bool:
        with self._database.snapshot() as connection:
            caches = self._caches.current(read_facts(connection))
            was_behind = caches is not None and caches.follow(connection, last_change(connection))
        if caches is not None:
            caches.prepare_filters()
        return was_behind

    @override
    def status(self) -> StoreStatus:
        with self._database.snapshot() as connection:
            facts = read_facts(connection)
            articles = int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])
            passages = _count_passages(connection, facts)
            changes = last_change(connection)
        sizes = {
            "sqlite": _size(self._folder, f"{FILE_NAME}*"),
            "dense": _size(self._folder, "**/dense*"),
            "lexical": _size(self._folder, "**/lexical/*"),
        }
        return StoreStatus(
            location=str(self._folder),
            schema_version=SCHEMA_VERSION,
            encoder=facts.get("encoder"),
            passage_rule=facts.get("passage_rule"),
            articles=articles,
            passages=passages,
            changes=changes,
            dense_index=self._caches.dense_kind,
            sizes={name: size for name, size in sizes.items() if size},  # an exact index has no file
        )

    @override
    def close(self) -> None:
        self._caches.close()
        self._database.close()


def _count_passages(connection: sqlite3.Connection, facts: Mapping[str, str]) -> int:
    """Of the generation that answers; while there is no other, SQLite counts faster without looking at it."""
    if not facts.keys() & {"leftovers", "next generation"}:
        return int(connection.execute("SELECT count(*) FROM passages").fetchone()[0])
    return ChangeLog(generation_of(connection)).count(connection)


def _size(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())
