"""Keeps the lexical index up with the log of changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from filelock import FileLock, Timeout

from embeddings.filters import ArticleFilter
from embeddings.store.local.background import Background
from embeddings.store.local.change_log import ChangeLog
from embeddings.store.local.database import Database
from embeddings.store.local.dense.cache import Admitted
from embeddings.store.local.dense.file import AHEAD
from embeddings.store.local.lexical.cache import LexicalCache
from embeddings.store.local.lexical.document import LexicalDocument
from embeddings.store.protocol import Hit, Say

_AT_ONCE = 20_000  # passages, in the index or to be put in, up to which it is quick: a second or two
_PATIENCE = 0.25  # seconds that a question waits for what may take longer


class LexicalFollower:
    """The lexical index of one generation of passages.

    Args:
        folder: where it lies.
        database: of the store.
        log: of the generation of passages.
        identity: of the store and the generation.
        say: is told what a person should know.
        explain: is told why the index has to be made again.
    """

    def __init__(self, folder: Path, database: Database, log: ChangeLog, identity: str, say: Say, explain: Say) -> None:
        self._folder = folder
        self._database = database
        self._log = log
        self._identity = identity
        self._say = say
        self._explain = explain
        self._file_lock = FileLock(database.path.with_name("caches.lock"), timeout=10)
        self._background = Background("lexical", say)
        self._guard = threading.RLock()
        self._cache: LexicalCache | None = None
        self._in_memory = False

    def search(self, question: str, count: int, only: ArticleFilter, admitted: Admitted | None) -> list[Hit]:
        """The passages with the highest BM25 score among those that a filter admits, best first; ties by id."""
        return self._cache.search(question, count, only, admitted) if self._cache is not None else []

    def newest(self, only: ArticleFilter) -> date | None:
        """The last day on which an article that a filter admits was published; None if none has a date."""
        return self._cache.newest(only) if self._cache is not None else None

    def idf(self, terms: Sequence[str]) -> dict[str, float]:
        """How rare terms are in the index."""
        return self._cache.idf(terms) if self._cache is not None else {}

    def follow(self) -> bool:
        """Brings the index up to the last commit; True if there was anything new.

        What takes long is begun in the background, and waited for only a little: until it is done, searches find what they
        found before.
        """
        last = self._log.last()
        if self._cache is not None and self._cache.is_cut_off():
            self._cache = None
        if self._cache is None and not self._background.busy:
            self._open_quietly()
        cache = self._cache
        if (cache is not None and cache.change == last) or self._background.busy:
            return False
        if not self._is_quick(cache, last):
            self._background.start(self.catch_up)
            self._background.wait(_PATIENCE)
        elif self._guard.acquire(timeout=-1 if cache is None else 10):
            try:
                self.catch_up()
            finally:
                self._guard.release()
        return True

    def _open_quietly(self) -> None:
        """Takes the index on disk as it is, if it is in order; else `catch_up` sees to it."""
        with self._guard:
            cache = LexicalCache(self._folder, self._identity)
            if self._cache is None and cache.load() is None and cache.change <= self._log.last():
                self._cache = cache

    def _is_quick(self, cache: LexicalCache | None, last: int) -> bool:
        if cache is not None and last - cache.change > _AT_ONCE:
            return False
        if cache is not None:
            return len(cache) <= _AT_ONCE
        with self._database.errors():
            row = self._database.connection().execute(
                "SELECT count(*) FROM (SELECT 1 FROM passages LIMIT ?)", (_AT_ONCE,)
            )
            return int(row.fetchone()[0]) < _AT_ONCE

    def catch_up(self) -> None:
        """Brings the index up to the last commit, whatever it takes."""
        with self._guard:
            if self._cache is not None and self._cache.change == self._log.last():
                return
            if self._cache is not None and self._in_memory:
                self._cache = self._caught_up(self._cache)
                return
            first = self._cache is None
            try:
                with self._file_lock:
                    cache = self._cache or self._open()
                    cache.follow()
                    self._cache = self._caught_up(cache)
            except (OSError, Timeout) as error:
                if isinstance(error, Timeout) and not (first and self._is_quick(None, 0)):
                    return  # whoever holds the lock is bringing the index up to date: it is there next time
                self._cache = self._without_writing(error)

    def _open(self) -> LexicalCache:
        cache = LexicalCache(self._folder, self._identity)
        reason = cache.load()
        if reason is None and cache.change > self._log.last():
            reason = AHEAD
        if reason is not None:
            self._explain(reason)
            cache.clear()
        return cache

    def _caught_up(self, cache: LexicalCache) -> LexicalCache:
        """The index at the last commit: the same one, or one made anew, while the old one goes on answering."""
        with self._database.snapshot():
            pending = self._log.pending(cache.change)
            if pending.change == cache.change:
                return cache
            if not pending.whole and cache.is_better_rebuilt(len(pending.removed)):
                pending = self._log.pending(0)
            if pending.whole and cache.change:
                cache = LexicalCache(None if self._in_memory else self._folder, self._identity)
                cache.clear()
            cache.apply(pending.removed, self._documents(pending.added), pending.change)
        return cache

    def _documents(self, passage_ids: list[int]) -> Iterator[LexicalDocument]:
        for document in self._log.documents(passage_ids):
            self._background.check()
            yield document

    def _without_writing(self, error: Exception) -> LexicalCache:
        cache = LexicalCache(self._folder, self._identity)
        if cache.load() is None and cache.change == self._log.last():
            return cache
        self._say(f"{self._folder}: the lexical index is kept in memory, as it cannot be written ({error})")
        self._in_memory = True
        return self._caught_up(LexicalCache(None, self._identity))

    def wait(self) -> None:
        """Waits for what goes on in the background."""
        self._background.wait()

    @property
    def change(self) -> int:
        """The change that the index stands at."""
        return self._cache.change if self._cache is not None else 0

    def close(self, *, wait: bool = True) -> None:
        """Stops what goes on in the background."""
        self._background.close(wait=wait)
