"""Keeps the dense index up with the log of changes, of the kind that suits its size, and on disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from embeddings.filters import ArticleFilter
from embeddings.store.local.background import Background
from embeddings.store.local.change_log import ChangeLog
from embeddings.store.local.database import Database
from embeddings.store.local.dense.cache import Admitted, DenseCache
from embeddings.store.local.dense.file import AHEAD, DenseFile
from embeddings.store.local.dense.kind import is_too_old, wants_quantised
from embeddings.store.local.dense.quantiser import SAMPLE_PER_CELL, Ids, Quantiser, Vectors, cells_for
from embeddings.store.local.dense.search import best_by_cosine, best_of, scan
from embeddings.store.local.tables.articles import ArticleTable
from embeddings.store.local.tables.passage_facts import PassageFacts
from embeddings.store.local.tables.quantisers import HeldQuantiser, QuantiserTable
from embeddings.store.protocol import DenseKind, Hit, Say

AT_ONCE = 512
"""Changes that are put into the index while a question waits: a batch of articles, 40 ms at a million passages."""

_READ_AT_ONCE = 60_000  # passages that a question waits for when the process has just begun: 0.3 s
_CHUNK = 2_000
_UNSAVED = 2_000
_PATIENCE = 0.2  # seconds
_NONE = HeldQuantiser(0, 0)


class DenseFollower:
    """The dense index of one generation of passages.

    An exact index has no copy on disk: it would be the vectors once more, and SQLite reads them as fast.

    Args:
        folder: where the copy of a quantised index lies.
        database: of the store.
        log: of the generation of passages.
        kind: which index to use.
        dimension: of the vectors.
        say: is told what a person should know.
        explain: is told why an index has to be made again.
    """

    def __init__(
        self, folder: Path, database: Database, log: ChangeLog, kind: DenseKind, dimension: int, say: Say, explain: Say
    ) -> None:
        self.dimension = dimension
        self._database = database
        self._log = log
        self._kind = kind
        self._say = say
        self._explain = explain
        self._articles = ArticleTable(database)
        self._quantisers = QuantiserTable(database, log.generation)
        self._file = DenseFile(folder)
        self._file_lock: AbstractContextManager[object] = (
            nullcontext() if database.read_only else FileLock(database.path.with_name("dense.lock"), timeout=0)
        )
        self._background = Background("dense", say)
        self._facts = PassageFacts(database, log, self._background.check)
        self._guard = threading.RLock()  # held by who opens the index or sees to it
        self._applying = threading.RLock()  # held by who changes the index that answers
        self._cache: DenseCache | None = None
        self._quantiser = _NONE  # the one that the cache is trained to
        self._saved = -1

    # -- searching -----------------------------------------------------------------------------------------------------

    def search(self, vector: Vectors, count: int, only: ArticleFilter) -> list[Hit]:
        """The passages with the highest cosine among those that a filter admits, best first; ties by id."""
        admitted = self.admitted(only)
        near = self._facts.vectors(only) if admitted is not None else None
        if near is not None:
            return best_of(*near, vector, count)
        cache = self._cache
        if cache is not None and cache.change:
            return best_by_cosine(cache, self._articles.vectors, vector, count, admitted)
        with self._database.snapshot():
            everything = self._log.pending(0).added
            return scan(self._log.vectors(everything, _CHUNK), vector, count, admitted)

    def admitted(self, only: ArticleFilter) -> Admitted | None:
        """The passages that a filter admits; None if it admits all."""
        return self._facts.admitted(only) if only else None

    # -- following -----------------------------------------------------------------------------------------------------

    def follow(self) -> bool:
        """Brings the index up to the last commit; True if there was anything new.

        What takes long is begun in the background: until it is done, searches find what they found before, except what
        has been removed.
        """
        last = self._log.last()
        cache = self._cache
        if cache is None:
            with self._guard:
                cache = self._cache or self._open()
        if cache.change == last:
            return False
        if not self._is_quick(cache, last):
            self._background.start(self.catch_up)
        elif self._applying.acquire(timeout=_PATIENCE if cache.change else -1):
            try:
                self._catch_up(cache)
            finally:
                self._applying.release()
            if self._is_due(cache):
                self._background.start(self.catch_up)
        return True

    def prepare_filters(self) -> None:
        """Begins, in the background, what the first filter would wait for otherwise."""
        if self._cache is not None and self._cache.quantiser is not None:
            self._background.start(self._facts.prepare)

    def _is_quick(self, cache: DenseCache, last: int) -> bool:
        if cache.change == 0:
            return not self._background.busy and self._size() <= _READ_AT_ONCE
        return last - cache.change <= AT_ONCE

    def catch_up(self) -> None:
        """Brings the index up to the last commit, whatever it takes: trains it if that is due, and saves it."""
        with self._guard:
            try:
                with self._file_lock:
                    self._suit()
                    cache = self._cache or self._open()
                    with self._applying:
                        self._catch_up(cache)
                        self._save(cache)
            except Timeout:
                # Another process is at it: its work can be used when it is done, and this one need not do it again.
                if self._cache is not None and self._cache.change:
                    with self._applying:
                        self._catch_up(self._cache)

    def bring_copy_up_to_date(self) -> None:
        """Sees to the copy on disk, if there should be one and it has fallen behind."""
        held = self._quantisers.current() or _NONE
        size = self._size()
        if self._database.read_only or not wants_quantised(self._kind, size, trained=bool(held.number)):
            return
        saved = -1 if self._cache is not None and self._saved < 0 else self._file.change(self._identity(held))
        if is_too_old(size, held.passages) or self._is_behind(saved, self._log.last(), size):
            self.catch_up()

    @staticmethod
    def _is_behind(saved: int, change: int, size: int) -> bool:
        """Whether a copy on disk is missing (-1), or so old that it is better written again."""
        return saved < 0 or change - saved > max(_UNSAVED, size // 100)

    def _size(self) -> int:
        query = "SELECT count(*) FROM passages WHERE generation = ?"
        with self._database.errors():
            return int(self._database.connection().execute(query, (self._log.generation,)).fetchone()[0])

    def _open(self) -> DenseCache:
        held = self._quantisers.current() or _NONE
        if not held.number or not wants_quantised(self._kind, self._size(), trained=True):
            held = _NONE
        self._cache, self._quantiser = self._load(held, aloud=True), held
        return self._cache

    def _load(self, held: HeldQuantiser, *, aloud: bool) -> DenseCache:
        """The index with a quantiser, as it lies on disk; else an empty one."""
        quantiser = self._quantisers.read(held.number) if held.number else None
        if quantiser is None:
            return DenseCache(self.dimension, None)
        found = self._file.read(self._identity(held))
        if not isinstance(found, str) and found.change > self._log.last():
            found = AHEAD
        if isinstance(found, str):
            if aloud:
                self._explain(found)
            return DenseCache(self.dimension, quantiser)
        self._saved = found.change
        return DenseCache(self.dimension, quantiser, found.index, found.change)

    def _identity(self, held: HeldQuantiser) -> str:
        with self._database.errors():
            row = self._database.connection().execute("SELECT value FROM facts WHERE name = 'store'").fetchone()
        return f"{row[0] if row else ''}/{self._log.generation}/{self.dimension}/{held.number}"

    def _catch_up(self, cache: DenseCache) -> None:
        with self._database.snapshot():
            pending = self._log.pending(cache.change)
            if pending.change == cache.change:
                return
            removed = cache.others(pending.added) if pending.whole else np.array(pending.removed, np.int64)
            cache.apply(removed, self._chunks(pending.added), pending.change)

    def _chunks(self, passage_ids: list[int]) -> Iterator[tuple[Ids, Vectors]]:
        for chunk in self._log.vectors(passage_ids, _CHUNK):
            self._background.check()
            yield chunk

    # -- the kind of index ---------------------------------------------------------------------------------------------

    def _is_due(self, cache: DenseCache) -> bool:
        """Whether there is something for the background to do: another kind of index, or a copy on disk."""
        size, held = len(cache), self._quantiser
        wanted = wants_quantised(self._kind, size, trained=bool(held.number))
        if wanted != bool(held.number) or (wanted and is_too_old(size, held.passages)):
            return True
        return wanted and not self._database.read_only and self._is_behind(self._saved, cache.change, size)

    def _suit(self) -> None:
        """Puts an index of another kind, or with a newer quantiser, in place of the present one, if that is due."""
        size = self._size()
        unwritten = self._quantiser if self._quantiser.number < 0 else _NONE
        held = self._quantisers.current() or unwritten
        quantiser: Quantiser | None = None
        if not wants_quantised(self._kind, size, trained=bool(held.number)):
            held = _NONE
        elif is_too_old(size, held.passages):
            quantiser = self._train(size)
            held = HeldQuantiser(-1, size) if self._database.read_only else self._quantisers.write(quantiser, size)
        if quantiser is None and (self._cache is None or held == self._quantiser):
            return
        fresh = DenseCache(self.dimension, quantiser) if quantiser else self._load(held, aloud=False)
        self._saved = -1 if quantiser else self._saved
        self._catch_up(fresh)
        with self._applying:
            self._catch_up(fresh)
            self._cache, self._quantiser = fresh, held

    def _train(self, size: int) -> Quantiser:
        self._say(f"training the dense index on {size:,} passages; questions are answered meanwhile")
        cells = cells_for(size)
        with self._database.snapshot():
            ids = np.array(self._log.pending(0).added, np.uint64)
            mixed = np.argsort(ids * np.uint64(0x9E3779B97F4A7C15), kind="stable")  # wraps round: Knuth's hash
            chosen = ids[mixed[: cells * SAMPLE_PER_CELL]].astype(np.int64)
            sample = np.empty((len(chosen), self.dimension), np.float32)
            for start in range(0, len(chosen), _CHUNK):
                some = chosen[start : start + _CHUNK]
                found, vectors = self._articles.vectors(some.tolist())
                by_id = np.argsort(found)
                sample[start : start + len(some)] = vectors[by_id[np.searchsorted(np.sort(found), some)]]
        return Quantiser.train(sample, cells, self._background.check)

    def _save(self, cache: DenseCache) -> None:
        if cache.quantiser is None or self._database.read_only or self._quantiser.number < 0:
            return
        identity = self._identity(self._quantiser)
        saved = self._file.change(identity) if self._saved >= 0 else -1
        if self._is_behind(saved, cache.change, len(cache)):
            try:
                cache.read_by(lambda index, change: self._file.write(index, identity, change))
            except OSError as error:
                self._say(f"the dense index could not be saved ({error}); it is made again next time")
        self._saved = max(self._file.change(identity), 0)

    # -- figures -------------------------------------------------------------------------------------------------------

    @property
    def kind(self) -> str:
        """What the index is, in words."""
        return self._cache.kind if self._cache is not None else "not loaded"

    @property
    def saved_change(self) -> int:
        """The change that the copy on disk stands at; the last one, if there is to be no copy."""
        held = self._quantisers.current() or _NONE
        if not wants_quantised(self._kind, self._size(), trained=bool(held.number)):
            return self._log.last()
        return max(self._file.change(self._identity(held)), 0)

    def wait(self) -> None:
        """Waits for what goes on in the background."""
        self._background.wait()

    def close(self, *, wait: bool = True) -> None:
        """Stops what goes on in the background."""
        self._background.close(wait=wait)
