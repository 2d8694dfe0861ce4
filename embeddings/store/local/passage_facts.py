"""What an `ArticleFilter` asks of an article, for each passage, in arrays: a filter is then a matter of milliseconds."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from embeddings.filters import ArticleFilter
from embeddings.store.local.change_log import ChangeLog, last_change
from embeddings.store.local.database import select_in
from embeddings.store.local.tables.rows import read_day

_FILTERS = 16
_MANY = 20_000
_NO_DAY = 0
_FACTS = "SELECT number, origin, publisher, published_at FROM articles"

NARROW = 2_000
"""Passages whose vectors are compared one by one where a filter admits no more: a millisecond, and 3 MB for each filter."""

BROAD = 0.05
"""Share of the passages that a filter admits from which the best of all are looked at, and the others left out."""

Codes = NDArray[np.int32]


Array = TypeVar("Array", bound=NDArray[Any])


def grown(array: Array, ids: NDArray[np.int64], filler: int) -> Array:
    """An array with a place for each id along its last axis: the same one, or a larger copy with room for more."""
    size, needed = array.shape[-1], int(ids.max(initial=-1)) + 1
    if needed <= size:
        return array
    more = max(needed, size * 5 // 4) - size
    return cast(Array, np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, more)], constant_values=filler))


class Admitted(NamedTuple):
    """The passages that a filter admits.

    Attributes:
        bits: one for each id, the lowest bit of a byte first.
        size: how many are set.
        total: how many passages there are, admitted or not.
    """

    bits: NDArray[np.uint8]
    size: int
    total: int

    def has(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these ids are admitted, shape (ids,)."""
        inside = ids < len(self.bits) * 8
        places = np.where(inside, ids, 0)
        return np.asarray(inside & (self.bits[places >> 3] >> (places & 7) & 1).astype(np.bool_))

    @property
    def is_broad(self) -> bool:
        """Whether so many of all passages are admitted that it is faster to look at all of them."""
        return self.size >= BROAD * self.total

    @property
    def one_in(self) -> float:
        """Of how many passages one is admitted."""
        return self.total / max(self.size, 1)

    def among(self, ids: Iterable[int]) -> list[int]:
        """Those of some ids that are admitted."""
        array = np.fromiter(ids, np.int64)
        return [int(passage) for passage in array[self.has(array)]]

    def ids(self) -> NDArray[np.int64]:
        """All ids that are admitted, ascending."""
        return np.flatnonzero(np.unpackbits(self.bits, bitorder="little"))


@dataclass
class FilterFacts:
    """What a filter admits; None for everything.  `vectors` are ids and vectors, if they have been read."""

    admitted: Admitted | None
    vectors: tuple[NDArray[np.int64], NDArray[np.float32]] | None = None


class PassageFacts:
    """Arrays that are indexed by passage id, filled when a filter is first used, and kept up by the log of changes."""

    def __init__(self, log: ChangeLog) -> None:
        self._log = log
        self._guard = threading.Lock()
        self._change = 0
        self._origins: dict[str, int] = {}
        self._publishers: dict[str, int] = {}
        self._codes = np.zeros((3, 0), np.int32)  # of each passage: its origin, its publisher and its day
        self._filters: dict[ArticleFilter, FilterFacts] = {}

    def look_up(
        self, connection: sqlite3.Connection, only: ArticleFilter, check: Callable[[], None] = lambda: None
    ) -> FilterFacts:
        """What a filter admits in a snapshot; `check` is called now and then while much is read, and may raise, to stop."""
        with self._guard:
            if self._change <= last_change(connection):
                self._follow(connection, check)
                facts = self._filters.pop(only, None) or self._look_through(only)
                self._filters[only] = facts  # the last one: those that have not been used for longest go first
                if len(self._filters) > _FILTERS:
                    self._filters.pop(next(iter(self._filters)))
                return facts
        return PassageFacts(self._log).look_up(connection, only, check)  # a later snapshot has been looked at

    def _look_through(self, only: ArticleFilter) -> FilterFacts:
        mask = self._mask(only)
        size, total = int(mask.sum()), int((self._codes[0] >= 0).sum())
        return FilterFacts(None if size == total else Admitted(np.packbits(mask, bitorder="little"), size, total))

    def _mask(self, only: ArticleFilter) -> NDArray[np.bool_]:
        origin, publisher, day = self._codes
        mask: NDArray[np.bool_] = origin >= 0
        if only.sources or only.hidden:
            mask &= np.isin(origin, [code for name, code in self._origins.items() if only.admits_origin(name)])
        if only.publishers:
            known = self._publishers.keys() & only.folded_publishers
            mask &= np.isin(publisher, [self._publishers[name] for name in known])
        if only.since is not None:
            mask &= day >= only.since.toordinal()
        if only.until is not None:
            mask &= (day != _NO_DAY) & (day <= only.until.toordinal())
        return mask

    def _follow(self, connection: sqlite3.Connection, check: Callable[[], None]) -> None:
        pending = self._log.pending(connection, self._change)
        if pending.change == self._change:
            return
        self._filters.clear()
        if pending.whole:
            self._codes = self._codes[:, :0]
            of_article = self._codes_of(connection.execute(_FACTS))
            rows = connection.execute("SELECT id, article FROM passages WHERE generation = ?", (self._log.generation,))
            while passages := rows.fetchmany(_MANY):
                check()
                self._put(passages, of_article)
        else:
            self._codes[0, [passage for passage in pending.removed if passage < self._codes.shape[1]]] = -1
            query = "SELECT id, article FROM passages WHERE id IN ({})"
            if passages := list(select_in(connection, query, pending.added)):
                articles = sorted({article for _, article in passages})
                facts = select_in(connection, f"{_FACTS} WHERE number IN ({{}})", articles)
                self._put(passages, self._codes_of(facts))
        self._change = pending.change

    def _codes_of(self, articles: Iterable[tuple[Any, ...]]) -> Codes:
        """The codes of articles, shape (3, highest number + 1)."""
        rows = [
            (
                number,
                self._origins.setdefault(origin, len(self._origins)),
                self._publishers.setdefault((publisher or "").casefold(), len(self._publishers)),
                day.toordinal() if (day := read_day(published)) else _NO_DAY,
            )
            for number, origin, publisher, published in articles
        ]
        facts = np.array(rows, np.int32).reshape(-1, 4)
        codes = np.zeros((3, int(facts[:, 0].max(initial=0)) + 1), np.int32)
        codes[:, facts[:, 0]] = facts[:, 1:].T
        return codes

    def _put(self, passages: list[tuple[int, int]], of_article: Codes) -> None:
        ids, articles = np.array(passages, np.int64).T
        self._codes = grown(self._codes, ids, -1)
        self._codes[:, ids] = of_article[:, articles]
