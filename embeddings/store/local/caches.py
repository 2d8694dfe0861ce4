"""The caches of the generation of passages that answers, whichever that is by now."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from embeddings.errors import StoreBusyError
from embeddings.filters import EVERYTHING
from embeddings.store.local.cache_follower import AHEAD, CacheFollower, Stopped
from embeddings.store.local.change_log import ChangeLog, last_change
from embeddings.store.local.database import Database, read_facts
from embeddings.store.local.dense.cache import DenseCache
from embeddings.store.local.dense.index import DenseIndex
from embeddings.store.local.lexical.cache import LexicalCache
from embeddings.store.local.lexical.search import LexicalSearcher
from embeddings.store.local.passage_facts import PassageFacts
from embeddings.store.local.tables.rows import put_fact
from embeddings.store.protocol import DenseKind, Say

_LOGGED = 100_000  # changes that the log holds at least
_TRIES = 20


class Moment(NamedTuple):
    """The caches as a view sees them, however they change meanwhile: the dense index is pinned; there may be no lexical one."""

    folder: Path
    log: ChangeLog
    facts: PassageFacts
    dense: DenseIndex
    dense_is_filled: bool
    lexical: LexicalSearcher | None


class GenerationCaches:
    """The dense and the lexical cache of one generation of passages.

    `store` tells this store from others; of caches that are new, nobody expects that they are there yet.
    """

    def __init__(
        self,
        database: Database,
        store: str,
        generation: int,
        dimension: int,
        kind: DenseKind,
        say: Say,
        *,
        is_new: bool,
    ) -> None:
        self.key = (generation, dimension)
        self._database = database
        self._log = log = ChangeLog(generation)
        folder = database.path.parent / f"generation-{generation}" if generation else database.path.parent
        put_back = not database.read_only and _forget_caches_ahead(folder, database)

        def explain(cache: str, reason: str) -> None:
            if not is_new:
                say(f"rebuilding the {cache} index from {database.path.name}: {AHEAD if put_back else reason}")

        identity = f"{store}/{generation}/{dimension}"
        dense = DenseCache(folder, database, log, kind, dimension, identity, say, partial(explain, "dense"))
        identity = f"{store}/{generation}" if generation else store
        lexical = LexicalCache(folder, database, log, identity, say, partial(explain, "lexical"))
        self.dense = CacheFollower(dense, database, say)
        self.lexical = CacheFollower(lexical, database, say)
        self._facts = PassageFacts(log)

    def follow(self, connection: sqlite3.Connection, last: int) -> bool:
        """Brings both up to the last change in a snapshot, as far as that is quick; True if one was behind."""
        behind = [self.dense.follow(connection, last), self.lexical.follow(connection, last)]
        return any(behind)

    @contextmanager
    def pinned(self, connection: sqlite3.Connection) -> Iterator[Moment | None]:
        """The caches at a snapshot; None if one of them is past it, or if a rebuild has taken their place."""
        change = last_change(connection)
        try:
            self.follow(connection, change)
        except Stopped:
            yield None
            return
        dense, lexical = self.dense.cache.index, self.lexical.cache.index
        assert dense is not None
        searcher = lexical.searcher if lexical is not None else None
        if (searcher is not None and searcher.change > change) or not dense.pin(change):
            yield None
            return
        try:
            yield Moment(self._database.path.parent, self._log, self._facts, dense, dense.change > 0, searcher)
        finally:
            dense.unpin(change)

    def prepare_filters(self) -> None:
        """Begins, in the background, what the first filter would wait for otherwise: two seconds at a million passages."""
        index = self.dense.cache.index
        if index is not None and index.quantiser is not None:
            self.dense.background.start(self._prepare_filters)

    def _prepare_filters(self) -> None:
        with self._database.snapshot() as connection:
            self._facts.look_up(connection, EVERYTHING, self.dense.background.check)

    def bring_copies_up_to_date(self) -> None:
        """Brings the copies on disk up to date, however long it takes."""
        self.dense.bring_copy_up_to_date()
        self.lexical.bring_copy_up_to_date()

    def trim_log(self) -> None:
        """Deletes old changes that the copies on disk are past; an index that is still before them is made anew."""
        if self._database.read_only:
            return
        with self._database.snapshot() as connection:
            first = int(connection.execute("SELECT coalesce(min(number), 0) FROM changes").fetchone()[0])
            last = min(self.lexical.cache.change, self.dense.cache.saved_change(connection)) - _LOGGED
        if last - first < _LOGGED:
            return
        oldest = (
            "SELECT max(number), count(*) FROM (SELECT number FROM changes WHERE number <= ? ORDER BY number LIMIT ?)"
        )
        while True:
            with self._database.transaction() as connection:
                end, count = connection.execute(oldest, (last, _LOGGED)).fetchone()
                if count < _LOGGED:
                    return
                connection.execute("DELETE FROM changes WHERE number <= ?", (end,))
                put_fact(connection, "trimmed", str(end))

    def close(self, *, wait: bool = True) -> None:
        self.dense.background.close(wait=wait)
        self.lexical.background.close(wait=wait)


def _forget_caches_ahead(folder: Path, database: Database) -> bool:
    """Deletes caches that know changes which the store does not: an older copy of it has been put back.

    That must be seen now: once there are as many new changes, the caches would pass for being behind.
    """
    is_ahead = False
    for manifest in (folder / "dense.json", folder / "lexical.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            change = int(json.loads(manifest.read_text())["change"])
            with database.snapshot() as connection:  # later than the manifest: others commit meanwhile
                if change > last_change(connection):
                    is_ahead = True
                    manifest.unlink(missing_ok=True)
    return is_ahead


class Caches:
    """Opens the caches of a generation when they are first needed, and others when a rebuild has taken its place."""

    def __init__(self, database: Database, kind: DenseKind, say: Say) -> None:
        self._database = database
        self._kind = kind
        self._say = say
        self._guard = threading.RLock()
        self._opened: GenerationCaches | None = None
        self._retired: list[GenerationCaches] = []  # whose work in the background may not have stopped yet
        with database.snapshot() as connection:
            self._are_new = last_change(connection) == 0
            self.current(read_facts(connection))

    def current(self, facts: Mapping[str, str]) -> GenerationCaches | None:
        """The caches of the generation that answers, or of a later one; None while the store is empty."""
        if "encoder" not in facts:
            return None
        key = _key(facts)
        with self._guard:
            if self._opened is None or self._opened.key < key:
                if self._opened is not None:
                    self._opened.close(wait=False)
                    self._retired.append(self._opened)
                self._opened = self.open(facts, *key)
            return self._opened

    @contextmanager
    def moment(self) -> Iterator[tuple[sqlite3.Connection, Mapping[str, str], Moment | None]]:
        """A snapshot of the store, its facts, and the caches as they are in it; None while the store is empty.

        A snapshot that a cache is past, because of another process or question, is taken anew.
        """
        for _ in range(_TRIES):
            with self._database.snapshot() as connection:
                facts = read_facts(connection)
                caches = self.current(facts)
                if caches is None:
                    yield connection, facts, None
                    return
                if caches.key != _key(facts):
                    continue
                with caches.pinned(connection) as moment:
                    if moment is not None:
                        yield connection, facts, moment
                        return
        raise StoreBusyError(f"{self._database.path}: the store changes faster than it can be read; try again")

    def open(self, facts: Mapping[str, str], generation: int, dimension: int) -> GenerationCaches:
        """The caches of any generation; whoever asks for them closes them."""
        is_new = self._are_new or rebuilt_generation(facts) == (generation, dimension)
        store = facts.get("store", "")
        return GenerationCaches(self._database, store, generation, dimension, self._kind, self._say, is_new=is_new)

    @property
    def dense_kind(self) -> str:
        """What the dense index is, in words."""
        index = self._opened.dense.cache.index if self._opened else None
        return "not loaded" if index is None else index.kind

    def close(self) -> None:
        with self._guard:
            for caches in (self._opened, *self._retired):
                if caches is not None:
                    caches.close()
            self._opened = None
            self._retired.clear()


def _key(facts: Mapping[str, str]) -> tuple[int, int]:
    """Number of the generation that answers, and the dimension of its vectors."""
    return int(facts.get("generation", 0)), int(facts.get("dimension", 0))


def rebuilt_generation(facts: Mapping[str, str]) -> tuple[int, int] | None:
    """Number of the next generation, and the dimension of its vectors; None if there is none, or it is empty."""
    return (int(facts["next generation"]), int(facts["next dimension"])) if "next dimension" in facts else None


def delete_caches(folder: Path, living: set[int]) -> None:
    """Deletes the caches in a store's folder, except those of some generations."""
    for path in folder.glob("generation-*"):
        if path.name.partition("-")[2] not in {str(generation) for generation in living}:
            shutil.rmtree(path, ignore_errors=True)
    if 0 not in living:
        for path in (folder / "dense.json", folder / "lexical.json", *folder.glob("dense-*.faiss")):
            path.unlink(missing_ok=True)
        shutil.rmtree(folder / "lexical", ignore_errors=True)
