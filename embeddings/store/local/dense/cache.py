"""The dense cache: an index of the kind that suits the number of passages, and a copy of it on disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from typing_extensions import override

from embeddings.store.local.cache_follower import AHEAD, Cache
from embeddings.store.local.change_log import ChangeLog, last_change
from embeddings.store.local.database import Database
from embeddings.store.local.dense.file import DenseFile
from embeddings.store.local.dense.index import DenseIndex
from embeddings.store.local.dense.quantiser import (
    SAMPLE_PER_CELL,
    Ids,
    Quantiser,
    TrainedOn,
    Vectors,
    cells_for,
    current_quantiser,
    read_quantiser,
    write_quantiser,
)
from embeddings.store.local.tables.rows import read_vectors
from embeddings.store.protocol import DenseKind, Say

AT_ONCE = 512
"""Changes that are put into the index while a question waits: a batch of articles, 40 ms at a million passages."""

EXACT_UP_TO = 50_000
"""Passages up to which `auto` is exact: it answers in 10 ms there, and is read from SQLite in 0.3 s."""

CHUNK = 2_000
"""Passages whose vectors are read at a time."""

_FEWEST = 256  # below that there is too little to train on, whatever the setting says
_GROWTH = 4
_READ_AT_ONCE = 60_000  # passages that a question waits for when the process has just begun: 0.3 s
_UNSAVED = 2_000
_NONE = TrainedOn(0, 0)


class DenseCache(Cache):
    """The dense index of one generation of passages.

    An exact index has no copy on disk: it would be the vectors once more, and SQLite reads them as fast.  Every process
    applies the changes to an index of its own; one at a time trains a quantised index, and saves it for all.  `explain` is
    told why an index has to be made again.
    """

    name = "dense"
    patience = 0.25

    def __init__(
        self,
        folder: Path,
        database: Database,
        log: ChangeLog,
        kind: DenseKind,
        dimension: int,
        identity: str,
        say: Say,
        explain: Say,
    ) -> None:
        self.dimension = dimension
        self.index: DenseIndex | None = None
        self._database = database
        self._log = log
        self._kind = kind
        self._identity = identity
        self._say = say
        self._explain = explain
        self._file = DenseFile(folder)
        self._lock = FileLock(database.path.with_name("dense.lock"), timeout=0)
        self._trained = _NONE  # of the index that answers
        self._saved = -1
        self._next: tuple[DenseIndex, TrainedOn] | None = None

    @property
    @override
    def change(self) -> int:
        return self.index.change if self.index is not None else 0

    @override
    def is_loaded(self) -> bool:
        return self.index is not None

    # -- loading -------------------------------------------------------------------------------------------------------

    @override
    def load(self, connection: sqlite3.Connection) -> None:
        if self.index is None:
            trained = current_quantiser(connection, self._log.generation) or _NONE
            if not trained.number or not self._wants_quantised(self._log.count(connection), is_trained=True):
                trained = _NONE
            self.index, self._trained = self._read(connection, trained, self._explain), trained

    def _read(self, connection: sqlite3.Connection, trained: TrainedOn, explain: Say) -> DenseIndex:
        """The index with a quantiser, as it lies on disk; else an empty one."""
        quantiser = read_quantiser(connection, trained.number) if trained.number else None
        if quantiser is None:
            return DenseIndex(self.dimension, None)
        saved = self._file.read(self._identity_of(trained))
        if not isinstance(saved, str) and saved.change > last_change(connection):
            saved = AHEAD
        if isinstance(saved, str):
            explain(saved)
            return DenseIndex(self.dimension, quantiser)
        self._saved = saved.change
        return DenseIndex(self.dimension, quantiser, saved.index, saved.change)

    def _identity_of(self, trained: TrainedOn) -> str:
        return f"{self._identity}/{trained.number}"

    # -- applying ------------------------------------------------------------------------------------------------------

    @override
    def is_quick(self, connection: sqlite3.Connection, last: int) -> bool:
        if self.change == 0:
            return self._log.count(connection, _READ_AT_ONCE + 1) <= _READ_AT_ONCE
        return last - self.change <= AT_ONCE

    @override
    def apply(self, connection: sqlite3.Connection, check: Callable[[], None]) -> None:
        if self._next is not None:
            (self.index, self._trained), self._next = self._next, None
        assert self.index is not None
        self._fill(self.index, connection, check)

    def _fill(self, index: DenseIndex, connection: sqlite3.Connection, check: Callable[[], None]) -> None:
        pending = self._log.pending(connection, index.change)
        if pending.change <= index.change:
            index.settle()
            return
        removed = index.others(pending.added) if pending.whole else np.array(pending.removed, np.int64)

        def chunks() -> Iterator[tuple[Ids, Vectors]]:
            for chunk in self._log.vectors(connection, pending.added, CHUNK):
                check()
                yield chunk

        index.apply(removed, chunks(), pending.change)

    # -- preparing and saving ------------------------------------------------------------------------------------------

    @contextmanager
    @override
    def alone(self) -> Iterator[bool]:
        with ExitStack() as stack:
            is_alone = True
            if not self._database.read_only:
                try:
                    stack.enter_context(self._lock)
                except Timeout:
                    is_alone = False  # the other process's work can be used when it is done
            yield is_alone

    @override
    def prepare(self, check: Callable[[], None]) -> None:
        with self._database.snapshot() as connection:
            size = self._log.count(connection)
            unwritten = self._trained if self._trained.number < 0 else _NONE
            trained = current_quantiser(connection, self._log.generation) or unwritten
        quantiser: Quantiser | None = None
        if not self._wants_quantised(size, is_trained=bool(trained.number)):
            trained = _NONE
        elif _is_too_old(size, trained):
            quantiser = self._train(size, check)
            trained = TrainedOn(-1, size)
            if not self._database.read_only:
                with self._database.transaction() as connection:
                    trained = write_quantiser(connection, self._log.generation, quantiser, size)
        if quantiser is None and (self.index is None or trained == self._trained):
            return
        with self._database.snapshot() as connection:
            if quantiser is not None:
                index, self._saved = DenseIndex(self.dimension, quantiser), -1
            else:
                index = self._read(connection, trained, lambda _: None)
            self._fill(index, connection, check)
        self._next = index, trained

    def _train(self, size: int, check: Callable[[], None]) -> Quantiser:
        self._say(f"training the dense index on {size:,} passages; questions are answered meanwhile")
        cells = cells_for(size)
        with self._database.snapshot() as connection:
            ids = np.array(self._log.pending(connection, 0).added, np.uint64)
            mixed = np.argsort(ids * np.uint64(0x9E3779B97F4A7C15), kind="stable")  # wraps round: Knuth's hash
            chosen = ids[mixed[: cells * SAMPLE_PER_CELL]].astype(np.int64)
            sample = np.empty((len(chosen), self.dimension), np.float32)
            for start in range(0, len(chosen), CHUNK):
                some = chosen[start : start + CHUNK]
                read, vectors = read_vectors(connection, some.tolist())
                by_id = np.argsort(read)
                sample[start : start + len(some)] = vectors[by_id[np.searchsorted(np.sort(read), some)]]
        return Quantiser.train(sample, cells, check)

    @override
    def save(self) -> None:
        index = self.index
        if index is None or index.quantiser is None or self._database.read_only or self._trained.number < 0:
            return
        identity = self._identity_of(self._trained)
        saved = self._file.change(identity) if self._saved >= 0 else -1
        if _is_behind(saved, index.change, len(index)) and index.settle():
            try:
                self._file.write(index.faiss_index, identity, index.change)
            except OSError as error:
                self._say(f"the dense index could not be saved ({error}); it is made again next time")
        self._saved = max(self._file.change(identity), 0)

    @override
    def is_due(self) -> bool:
        index = self.index
        return index is not None and self._is_due(len(index), self._trained, self._saved, index.change)

    def _is_due(self, size: int, trained: TrainedOn, saved: int, change: int) -> bool:
        is_quantised = self._wants_quantised(size, is_trained=bool(trained.number))
        if is_quantised != bool(trained.number) or (is_quantised and _is_too_old(size, trained)):
            return True
        return is_quantised and not self._database.read_only and _is_behind(saved, change, size)

    @override
    def is_saved(self, connection: sqlite3.Connection) -> bool:
        trained = current_quantiser(connection, self._log.generation) or _NONE
        size = self._log.count(connection)
        if self._database.read_only or not self._wants_quantised(size, is_trained=bool(trained.number)):
            return True
        saved = -1 if self.index is not None and self._saved < 0 else self._file.change(self._identity_of(trained))
        return not self._is_due(size, trained, saved, last_change(connection))

    def saved_change(self, connection: sqlite3.Connection) -> int:
        """The change that the copy on disk stands at; the last one, if there is to be no copy."""
        trained = current_quantiser(connection, self._log.generation) or _NONE
        if not self._wants_quantised(self._log.count(connection), is_trained=bool(trained.number)):
            return last_change(connection)
        return max(self._file.change(self._identity_of(trained)), 0)

    def _wants_quantised(self, passages: int, *, is_trained: bool) -> bool:
        """Whether so many passages are searched by a quantised index, which has been trained already or not."""
        if self._kind is DenseKind.AUTO:
            return passages > (EXACT_UP_TO // 2 if is_trained else EXACT_UP_TO)
        return self._kind is DenseKind.QUANTISED and passages >= _FEWEST


def _is_too_old(passages: int, trained: TrainedOn) -> bool:
    """Whether a quantiser is due for another; one that was trained on no passages always is."""
    return passages > _GROWTH * trained.passages


def _is_behind(saved: int, change: int, size: int) -> bool:
    """Whether a copy on disk is missing (-1), or so old that it is better written again."""
    return saved < 0 or change - saved > max(_UNSAVED, size // 100)
