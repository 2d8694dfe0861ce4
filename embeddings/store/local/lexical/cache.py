"""The lexical cache: an index on disk that all processes share, or one in memory where the disk cannot be written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from typing_extensions import override

from embeddings.store.local.cache_follower import AHEAD, Cache
from embeddings.store.local.change_log import ChangeLog, LexicalDocument, last_change
from embeddings.store.local.database import Database
from embeddings.store.local.lexical.index import LexicalIndex
from embeddings.store.protocol import Say

_AT_ONCE = 20_000  # passages, in the index or to be put in, up to which it is quick: a second or two


class LexicalCache(Cache):
    """The lexical index of one generation of passages; `explain` is told why it has to be made again."""

    name = "lexical"
    patience = 10.0

    def __init__(self, folder: Path, database: Database, log: ChangeLog, identity: str, say: Say, explain: Say) -> None:
        self.index: LexicalIndex | None = None
        self._database = database
        self._folder = folder
        self._log = log
        self._identity = identity
        self._say = say
        self._explain = explain
        self._lock = FileLock(database.path.with_name("caches.lock"), timeout=10)
        self._in_memory = False

    @property
    @override
    def change(self) -> int:
        return self.index.change if self.index is not None else 0

    @override
    def is_loaded(self) -> bool:
        if self.index is not None and self.index.is_cut_off():
            self.index = None
        return self.index is not None

    @override
    def load(self, connection: sqlite3.Connection) -> None:
        if not self.is_loaded():
            index = LexicalIndex(self._folder, self._identity)
            if index.load() is None and index.change <= last_change(connection):
                self.index = index  # else `apply` sees to it

    @override
    def is_quick(self, connection: sqlite3.Connection, last: int) -> bool:
        if self.index is not None:
            return last - self.index.change <= _AT_ONCE and len(self.index) <= _AT_ONCE
        return self._log.count(connection, _AT_ONCE) < _AT_ONCE

    @override
    def apply(self, connection: sqlite3.Connection, check: Callable[[], None]) -> None:
        last = last_change(connection)
        if self.index is not None and self.index.change >= last:
            return
        if self.index is not None and self._in_memory:
            self.index = self._filled(self.index, connection, check)
            return
        is_first = self.index is None
        try:
            with self._lock:
                index = self._open() if self.index is None else self.index
                index.follow()
                self.index = self._filled(index, connection, check)
        except (OSError, Timeout) as error:
            if isinstance(error, Timeout) and not (is_first and self.is_quick(connection, last)):
                return  # the process that holds the lock is bringing the index up to date
            self.index = self._without_writing(error, connection, check)

    def _open(self) -> LexicalIndex:
        index = LexicalIndex(self._folder, self._identity)
        reason = index.load()
        with self._database.snapshot() as connection:  # the caller's may be older than what another process has put in
            if reason is None and index.change > last_change(connection):
                reason = AHEAD
        if reason is not None:
            self._explain(reason)
            index.clear()
        return index

    def _filled(self, index: LexicalIndex, connection: sqlite3.Connection, check: Callable[[], None]) -> LexicalIndex:
        """The index at the last change: the same one, or one made anew, while the old one continues to answer."""
        pending = self._log.pending(connection, index.change)
        if pending.change <= index.change:
            return index
        if not pending.whole and index.is_better_rebuilt(len(pending.removed)):
            pending = self._log.pending(connection, 0)
        if pending.whole and index.change:
            index = LexicalIndex(None if self._in_memory else self._folder, self._identity)
            index.clear()

        def documents() -> Iterator[LexicalDocument]:
            for document in self._log.documents(connection, pending.added):
                check()
                yield document

        index.apply(pending.removed, documents(), pending.change)
        return index

    def _without_writing(
        self, error: Exception, connection: sqlite3.Connection, check: Callable[[], None]
    ) -> LexicalIndex:
        index = LexicalIndex(self._folder, self._identity)
        if index.load() is None and index.change == last_change(connection):
            return index
        self._say(f"{self._folder}: the lexical index is kept in memory, as it cannot be written ({error})")
        self._in_memory = True
        return self._filled(LexicalIndex(None, self._identity), connection, check)

    # tantivy writes to disk whatever is applied: there is nothing to prepare, and nothing left to save.

    @override
    def prepare(self, check: Callable[[], None]) -> None:
        pass

    @override
    def save(self) -> None:
        pass

    @override
    def is_saved(self, connection: sqlite3.Connection) -> bool:
        return self.change == last_change(connection)
