"""The SQLite file: connections, schema, and errors in words."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embeddings.errors import SchemaError, StoreBusyError, StoreCorruptError, StoreError

SCHEMA_VERSION = 1
_APPLICATION_ID = 0x51414254
_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_PATIENCE = 30  # seconds

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sources (number INTEGER PRIMARY KEY, location TEXT NOT NULL UNIQUE);
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    url TEXT,
    publisher TEXT,
    published_at TEXT,
    text_hash TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    sentences BLOB NOT NULL
);
CREATE INDEX articles_by_origin ON articles (origin);
CREATE INDEX articles_by_text ON articles (text_hash);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    text_hash BLOB NOT NULL
);
CREATE INDEX passages_by_article ON passages (article);
CREATE INDEX passages_by_text ON passages (text_hash);
CREATE TABLE vectors (
    passage INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
    vector BLOB NOT NULL
);
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    passage INTEGER NOT NULL,
    added INTEGER NOT NULL
);
CREATE TRIGGER passage_added AFTER INSERT ON passages
    BEGIN INSERT INTO changes (passage, added) VALUES (new.id, 1); END;
CREATE TRIGGER passage_removed AFTER DELETE ON passages
    BEGIN INSERT INTO changes (passage, added) VALUES (old.id, 0); END;
"""


class Database:
    """One SQLite file in WAL mode, with a connection for each thread.

    Args:
        path: the file; it and its folder are made if they are missing.

    Raises:
        StoreCorruptError: the file is not a database, or damaged.
        SchemaError: it was written by another version.
        StoreError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read_only = False
        self._checked = False
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._check_file()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{path.parent}: the store's folder cannot be made ({error.strerror}); set QA_BOT_DATA_DIR"
            ) from error
        try:
            with self.errors():
                self._prepare()
        except StoreError:
            self.close()
            raise

    def _check_file(self) -> None:
        try:
            with self.path.open("rb") as file:
                head = file.read(_HEADER)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(
                f"{self.path}: the store cannot be read ({error.strerror}); set QA_BOT_DATA_DIR"
            ) from error
        if head and not head.startswith(_MAGIC):
            raise self._corrupt("it is not a SQLite database")
        if 0 < len(head) < _HEADER:
            raise self._corrupt("it is cut off")
        if not head and (self.path.parent / "dense.json").exists():
            raise self._corrupt("it is empty, though there was an index beside it")
        if head and not _is_being_made(head) and not self._has_log():
            # Opening a file that is not ours would already change it: into one with a write-ahead log.
            self._check_schema(application=int.from_bytes(head[68:72]), version=int.from_bytes(head[60:64]))

    def _corrupt(self, reason: str) -> StoreCorruptError:
        return StoreCorruptError(
            f"{self.path}: the store is damaged ({reason}); it was left as it is: put back a copy of it, or move it away "
            "and run: qa-bot index"
        )

    def _prepare(self) -> None:
        connection = self.connection()
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            with self.transaction() as connection:
                if not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                    for statement in _statements(_SCHEMA):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            return
        application = int(connection.execute("PRAGMA application_id").fetchone()[0])
        self._check_schema(application, version)

    def _check_schema(self, application: int, version: int) -> None:
        if application != _APPLICATION_ID:
            raise SchemaError(
                f"{self.path}: a SQLite file, but not a store of qa_bot; set QA_BOT_DATA_DIR to another folder"
            )
        if version != SCHEMA_VERSION:
            newer = version > SCHEMA_VERSION
            raise SchemaError(
                f"{self.path}: the store has schema version {version}, this qa_bot reads {SCHEMA_VERSION}; "
                + ("update qa_bot" if newer else "move the file away and run: qa-bot index")
            )

    def connection(self) -> sqlite3.Connection:
        """The calling thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._connect()
            self._local.connection = found
            with self._guard:
                self._connections.append(found)
        return found

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            _set_wal_mode(connection)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError as error:
            connection.close()
            if not self.path.exists() or not _is_read_only(error):
                raise
            connection = self._connect_read_only()
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    def _connect_read_only(self) -> sqlite3.Connection:
        """A store on a read-only disk can be asked, if it was closed in order: its log of writes is empty."""
        if self._has_log():
            raise StoreError(
                f"{self.path}-wal: the store was not closed in order and its disk is read-only; make it writable once"
            )
        self.read_only = True
        uri = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)

    def _has_log(self) -> bool:
        log = self.path.with_name(self.path.name + "-wal")
        return log.exists() and log.stat().st_size > 0

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A read transaction: whatever is read in it is of one moment, however others write."""
        with self.errors():
            connection = self.connection()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed at the end, rolled back on any error."""
        with self.errors():
            connection = self.connection()
            if self.read_only:
                raise sqlite3.OperationalError("attempt to write a readonly database")
            self._check_pages(connection)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _check_pages(self, connection: sqlite3.Connection) -> None:
        """Looks for damage once, before the first write: writing to a damaged file damages more of it."""
        if not self._checked:
            problem = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            if problem != "ok":
                raise self._corrupt(problem.removeprefix("*** in database main ***").strip())
            self._checked = True

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turns SQLite's errors into ours."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._translate(error) from error

    def _translate(self, error: sqlite3.DatabaseError) -> StoreError:
        reason = str(error)
        if "locked" in reason or "busy" in reason:
            return StoreBusyError(
                f"{self.path}: another process has been writing for {_PATIENCE} s; try again when it is done"
            )
        if "full" in reason or "disk I/O" in reason:
            return StoreError(
                f"{self.path}: disk full or failing ({reason}); what was committed is safe: free space, run again"
            )
        if _is_read_only(error):
            return StoreError(f"{self.path}: the store cannot be written ({reason}); check its folder's permissions")
        if "malformed" in reason or "not a database" in reason or "corrupt" in reason:
            return self._corrupt(reason)
        return StoreError(f"{self.path}: {reason}")

    def close(self) -> None:
        """Closes every connection; the last one folds the log of writes into the file."""
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
            self._local = threading.local()


def _is_read_only(error: sqlite3.DatabaseError) -> bool:
    return "readonly" in str(error) or "unable to open" in str(error)


def _set_wal_mode(connection: sqlite3.Connection) -> None:
    """Does so; while another process does it to the same new file, SQLite would not wait by itself."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _is_being_made(head: bytes) -> bool:
    """Whether a file is one of at most one page in WAL mode: a process is about to write the schema, or was."""
    return head[18:20] == b"\2\2" and int.from_bytes(head[28:32]) <= 1


def _statements(script: str) -> list[str]:
    statements, pending = [], ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return [statement for statement in statements if statement.strip()]
