"""A SQLite file in the data folder, beside the store's own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from embeddings.errors import StoreError


class SQLiteFile:
    """A file for several threads and processes, which only its owner can read.

    Args:
        path: of the file; its folder is made if it is missing.
        schema: statements that make the tables if they are missing.

    Raises:
        StoreError: the file cannot be opened.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._guard = threading.Lock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)  # made by an older version
            self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")  # what has been acknowledged outlives a power cut
            self._connection.executescript(schema)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{path}: cannot be opened ({error}); set QA_BOT_DATA_DIR to a folder that you can write to"
            ) from error

    def run(self, statement: str, *values: Any) -> int:
        """Runs a statement; returns the number of rows that it changed."""
        with self._guard:
            return self._connection.execute(statement, values).rowcount

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """The rows that a query finds."""
        with self._guard:
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Runs several statements as one, while no other process writes."""
        with self._guard:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Closes the file."""
        with self._guard:
            self._connection.close()
