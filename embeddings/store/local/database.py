"""The SQLite file: connections, schema, and errors in words."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from embeddings.errors import SchemaError, StoreBusyError, StoreCorruptError, StoreError
from embeddings.store.local.schema import APPLICATION_ID, SCHEMA_VERSION, create, migrate

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_PAGE_SIZE = 8192  # bytes: five vectors of 384 numbers fill a page, where two would leave a quarter of 4096 empty
_PATIENCE = 30  # seconds
_VALUES = 500  # in one query
SYNCHRONOUS = "FULL"
"""A commit is on the disk when it returns, and a power cut does not undo it; `tests/benchmarks/durability.py` prints the cost."""
_NUMBERS = ("generation", "dimension", "next generation", "next dimension", "last generation", "trimmed", "retractions")
_OF_A_REBUILD = ("next generation", "next encoder", "next passage_rule")
_DIGITS = 18
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_CHECKED_WHOLE = 200_000_000  # bytes: half a second


class WrongValueError(Exception):
    """A value in the SQLite file that no version of the store writes."""


class Database:
    """One SQLite file in WAL mode; safe to use from several threads.

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
        self._is_full = False
        self._as_opened: tuple[int, int, int, bool] | None = None
        self._checked = False
        self._connections: list[sqlite3.Connection] = []
        self._idle: list[sqlite3.Connection] = []  # the one that was used last comes last: its pages are in memory
        self._guard = threading.Lock()
        self._check_file()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _keep_private(path.parent)
            with contextlib.suppress(OSError):
                path.touch(mode=0o600)  # SQLite gives the files beside it the same mode
        except OSError as error:
            reason = f"the store's folder cannot be made ({error.strerror})"
            raise StoreError(f"{path.parent}: {reason}; set QA_BOT_DATA_DIR") from error
        try:
            with self.errors():
                self._prepare()
        except StoreError:
            self.close()
            raise

    def _check_file(self) -> None:
        try:
            if self.path.is_fifo():  # opening it would wait for a writer
                raise OSError(errno.EINVAL, "not a file")
            with self.path.open("rb") as file:
                head = file.read(_HEADER)
        except FileNotFoundError:
            return
        except OSError as error:
            reason = f"the store cannot be read ({error.strerror})"
            raise StoreError(f"{self.path}: {reason}; set QA_BOT_DATA_DIR") from error
        if head and not head.startswith(_MAGIC):
            raise self._corrupt("it is not a SQLite database")
        if 0 < len(head) < _HEADER:
            raise self._corrupt("it is cut off")
        if not head and any(self.path.parent.glob("**/lexical.json")):
            raise self._corrupt("it is empty, though there was an index beside it")
        # a file of at most one page in WAL mode: a process is about to write the schema, or was
        is_being_made = head[18:20] == b"\2\2" and int.from_bytes(head[28:32]) <= 1
        if head and not is_being_made and not self._has_log():
            # Opening a file that is not ours would already change it: into one with a write-ahead log.
            self._check_schema(application=int.from_bytes(head[68:72]), version=int.from_bytes(head[60:64]))

    def _corrupt(self, reason: str) -> StoreCorruptError:
        return StoreCorruptError(
            f"{self.path}: the store is damaged ({reason}); it was left as it is: put back a copy of it, or move it away "
            "and run: qa-bot index"
        )

    def _prepare(self) -> None:
        with self._borrowed() as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            is_new = version == 0 and not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            application = int(connection.execute("PRAGMA application_id").fetchone()[0])
        if is_new:
            with self.transaction() as connection:
                if not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                    create(connection)
            return
        self._check_schema(application, version)
        if version < SCHEMA_VERSION:
            with self.transaction() as connection:
                # Another process may have done it while this one waited.
                migrate(connection, int(connection.execute("PRAGMA user_version").fetchone()[0]))

    def _check_schema(self, application: int, version: int) -> None:
        if application != APPLICATION_ID:
            raise SchemaError(
                f"{self.path}: a SQLite file, but not a store of qa_bot; set QA_BOT_DATA_DIR to another folder"
            )
        if not 1 <= version <= SCHEMA_VERSION:
            newer = version > SCHEMA_VERSION
            raise SchemaError(
                f"{self.path}: the store has schema version {version}, this qa_bot reads 1 to {SCHEMA_VERSION}; "
                + ("update qa_bot" if newer else "move the file away and run: qa-bot index")
            )

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile."""
        with self._guard:
            if self._as_opened and self._stat() != self._as_opened:
                self._idle, self._as_opened = [], None  # somebody has opened what was nobody's, and writes
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._connect()
            with self._guard:
                self._connections.append(connection)
        as_opened = self._as_opened
        try:
            yield connection
        finally:
            with self._guard:
                if connection in self._connections and self._as_opened == as_opened:
                    self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = _open(self.path.absolute().as_uri())
        try:
            connection.execute(f"PRAGMA page_size = {_PAGE_SIZE}")  # of a new file only
            _set_wal_mode(connection)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError as error:
            connection.close()
            self._is_full = _is_full(error)
            if not self.path.exists() or not (self._is_full or _is_read_only(error)):
                raise
            connection = self._connect_read_only()
        connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    def _connect_read_only(self) -> sqlite3.Connection:
        """Opens a store that this process may not write.

        While another process has it open, SQLite follows what that one writes.  A store that nobody has open can be asked
        if it was closed in order: its log of writes is empty.
        """
        self.read_only = True
        uri = f"{self.path.absolute().as_uri()}?mode=ro"
        connection = _open(uri)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return connection
        except sqlite3.OperationalError:
            connection.close()
        if self._has_log():
            if self._is_full:
                raise sqlite3.OperationalError("database or disk is full")
            raise StoreError(
                f"{self.path}-wal: the store was not closed in order and its disk is read-only; make it writable once"
            )
        self._as_opened = self._stat()
        return _open(f"{uri}&immutable=1")

    def _stat(self) -> tuple[int, int, int, bool]:
        stat = self.path.stat()
        return stat.st_ino, stat.st_mtime_ns, stat.st_size, self._has_log()

    def _has_log(self) -> bool:
        log = self.path.with_name(self.path.name + "-wal")
        return log.exists() and log.stat().st_size > 0

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A read transaction: whatever is read in it is of one moment, however others write.

        End it soon: the log of writes grows as long as it lasts.  A value that cannot be read is an error of the store.
        """
        with self.unreadable_values(), self._borrowed() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: committed at the end, rolled back on any error."""
        with self.errors(), self._borrowed() as connection:
            if self.read_only:
                reason = "database or disk is full" if self._is_full else "attempt to write a readonly database"
                raise sqlite3.OperationalError(reason)
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
        """Looks for damage once, before the first write: writing to a damaged file damages more of it.

        In a large file only the small tables are looked at: to read all of it takes longer than the write may.
        """
        if not self._checked:
            small = self.path.stat().st_size <= _CHECKED_WHOLE
            problem = str(connection.execute(f"PRAGMA quick_check({'1' if small else 'sources'})").fetchone()[0])
            if problem != "ok":
                raise self._corrupt(problem.removeprefix("*** in database main ***").strip())
            self._checked = True

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turns errors of SQLite, and values that the store does not write, into errors of the store."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._translate(error) from error
        except WrongValueError as error:
            raise self._corrupt(str(error)) from error

    @contextlib.contextmanager
    def unreadable_values(self) -> Iterator[None]:
        """Does the same around code that only reads: whatever it stumbles over is a value that the store does not write."""
        with self.errors():
            try:
                yield
            except _UNREADABLE as error:
                reason = str(error).partition("\n")[0]
                raise WrongValueError(f"a value cannot be read: {type(error).__name__}: {reason}") from error

    def _translate(self, error: sqlite3.DatabaseError) -> StoreError:
        reason = str(error)
        if "locked" in reason or "busy" in reason:
            return StoreBusyError(
                f"{self.path}: another process has been writing for {_PATIENCE} s; try again when it is done"
            )
        if _is_full(error):
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
            self._idle.clear()


def read_facts(connection: sqlite3.Connection) -> dict[str, str]:
    """What the store knows of itself: its encoder, passage rule, generation.

    Raises:
        WrongValueError: one of these is not what it can be.
    """
    facts = dict(connection.execute("SELECT name, value FROM facts").fetchall())
    for name, value in facts.items():
        if not isinstance(value, str) or (name in _NUMBERS and not (value.isdecimal() and len(value) < _DIGITS)):
            raise WrongValueError(f"its {name} is {value!r}")
    if "next dimension" in facts or any(name in facts for name in _OF_A_REBUILD):
        for name in _OF_A_REBUILD:
            if name not in facts:
                raise WrongValueError(f"its {name} is missing")
    return facts


def select_in(connection: sqlite3.Connection, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query with `IN ({})`, for a list of values: as many at a time as one query takes."""
    for start in range(0, len(values), _VALUES):
        some = values[start : start + _VALUES]
        yield from connection.execute(query.format(", ".join("?" * len(some))), some)


def _open(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)


def _is_read_only(error: sqlite3.DatabaseError) -> bool:
    return "readonly" in str(error) or "unable to open" in str(error)


def _is_full(error: sqlite3.DatabaseError) -> bool:
    return "full" in str(error) or "disk I/O" in str(error)


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


def _keep_private(folder: Path) -> None:
    """Takes the folder of a store and the store's files away from other users of the machine, where they are ours."""
    patterns = ("qa_bot.sqlite3*", "dense*", "lexical*", "caches.lock")
    ours = [path for pattern in patterns for path in folder.glob(pattern)]
    within = [file for path in ours if path.is_dir() for file in path.iterdir()]
    for path in (folder, *ours, *within):
        with contextlib.suppress(OSError):
            status = path.lstat()
            is_shared = status.st_mode & stat.S_ISVTX or stat.S_ISLNK(status.st_mode) or path == Path(path.anchor)
            if status.st_mode & 0o077 and status.st_uid == os.geteuid() and not is_shared:
                path.chmod(status.st_mode & 0o700)
