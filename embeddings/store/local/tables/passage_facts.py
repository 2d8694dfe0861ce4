"""What an `ArticleFilter` asks of an article, for each passage, in arrays: a filter is then a matter of milliseconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from embeddings.filters import ArticleFilter
from embeddings.store.local.change_log import ChangeLog
from embeddings.store.local.database import Database
from embeddings.store.local.dense.cache import Admitted
from embeddings.store.local.dense.quantiser import Ids, Vectors
from embeddings.store.local.tables.articles import ArticleTable

_KEPT = 16
_CHUNK = 500
_MANY = 20_000
_NO_DAY = 0

NARROW = 2_000
"""Passages whose vectors are compared one by one where a filter admits no more: a millisecond, and 3 MB for each filter."""

Codes = NDArray[np.int32]


@dataclass
class _Found:
    """What a filter admits; None for everything.  The vectors are read when they are first asked for."""

    admitted: Admitted | None
    vectors: tuple[Ids, Vectors] | None = None


class PassageFacts:
    """Arrays that are indexed by passage id, filled when a filter is first used, and kept up by the log of changes.

    Args:
        database: of the store.
        log: of the generation of passages.
        check: called now and then while much is read; may raise, to stop.
    """

    def __init__(self, database: Database, log: ChangeLog, check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        self._database = database
        self._log = log
        self._guard = threading.Lock()
        self._change = 0
        self._origins: dict[str, int] = {}
        self._publishers: dict[str, int] = {}
        self._origin = self._publisher = self._day = np.zeros(0, np.int32)
        self._found: dict[ArticleFilter, _Found] = {}
        self._articles = ArticleTable(database)

    def admitted(self, only: ArticleFilter) -> Admitted | None:
        """The passages of the articles that a filter admits, as of the last commit; None if it admits all."""
        return self._look_up(only).admitted

    def vectors(self, only: ArticleFilter) -> tuple[Ids, Vectors] | None:
        """Ids of the passages that a filter admits, and their vectors, if they are at most `NARROW`; else None."""
        found = self._look_up(only)
        if found.admitted is None or found.admitted.size > NARROW:
            return None
        if found.vectors is None:
            ids, vectors = self._articles.vectors(found.admitted.ids().tolist())
            found.vectors = np.array(ids, np.int64), vectors
        return found.vectors

    def _look_up(self, only: ArticleFilter) -> _Found:
        with self._guard:
            self._follow()
            found = self._found.pop(only, None) or self._look_through(only)
            self._found[only] = found  # the last one: those that have not been used for longest go first
            if len(self._found) > _KEPT:
                self._found.pop(next(iter(self._found)))
            return found

    def _look_through(self, only: ArticleFilter) -> _Found:
        mask = self._mask(only)
        size, all_there_are = int(mask.sum()), int((self._origin >= 0).sum())
        return _Found(None if size == all_there_are else Admitted(np.packbits(mask, bitorder="little"), size))

    def _mask(self, only: ArticleFilter) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = self._origin >= 0
        if only.sources:
            mask &= np.isin(self._origin, [code for name, code in self._origins.items() if only.admits_origin(name)])
        if only.publishers:
            known = self._publishers.keys() & only.folded_publishers
            mask &= np.isin(self._publisher, [self._publishers[name] for name in known])
        if only.since is not None:
            mask &= self._day >= only.since.toordinal()
        if only.until is not None:
            mask &= (self._day != _NO_DAY) & (self._day <= only.until.toordinal())
        return mask

    def prepare(self) -> None:
        """Reads what there is, so that the first filter need not wait for it: two seconds at a million passages."""
        with self._guard:
            self._follow()

    def _follow(self) -> None:
        with self._database.snapshot() as connection:
            if self._change == self._log.last():
                return
            pending = self._log.pending(self._change)
            self._found.clear()
            if pending.whole:
                self._origin = self._publisher = self._day = np.zeros(0, np.int32)
                of_article = self._codes(connection.execute(_FACTS))
                rows = connection.execute(
                    "SELECT id, article FROM passages WHERE generation = ?", (self._log.generation,)
                )
                while passages := rows.fetchmany(_MANY):
                    self._check()
                    self._put(passages, of_article)
            known = [passage for passage in pending.removed if passage < len(self._origin)]
            self._origin[known] = -1
            added = [] if pending.whole else pending.added
            for start in range(0, len(added), _CHUNK):
                some = added[start : start + _CHUNK]
                marks = ", ".join("?" for _ in some)
                passages = connection.execute(
                    f"SELECT id, article FROM passages WHERE id IN ({marks})", some
                ).fetchall()
                articles = sorted({article for _, article in passages})
                marks = ", ".join("?" for _ in articles)
                self._put(passages, self._codes(connection.execute(f"{_FACTS} WHERE number IN ({marks})", articles)))
            self._change = pending.change

    def _codes(self, articles: Iterable[tuple[int, str, str | None, str | None]]) -> Codes:
        """The codes of articles, shape (highest number + 1, 3): of the origin, of the publisher, and the day."""
        rows = [
            (
                number,
                self._origins.setdefault(origin, len(self._origins)),
                self._publishers.setdefault((publisher or "").casefold(), len(self._publishers)),
                date.fromisoformat(published[:10]).toordinal() if published else _NO_DAY,
            )
            for number, origin, publisher, published in articles
        ]
        facts = np.array(rows, np.int32).reshape(-1, 4)
        codes = np.zeros((int(facts[:, 0].max(initial=0)) + 1, 3), np.int32)
        codes[facts[:, 0]] = facts[:, 1:]
        return codes

    def _put(self, passages: list[tuple[int, int]], of_article: Codes) -> None:
        ids, articles = np.array(passages, np.int64).T
        size = int(ids.max()) + 1
        self._origin = _grown(self._origin, size, -1)
        self._publisher = _grown(self._publisher, size, -1)
        self._day = _grown(self._day, size, _NO_DAY)
        self._origin[ids], self._publisher[ids], self._day[ids] = of_article[articles].T


_FACTS = "SELECT number, origin, publisher, published_at FROM articles"


def _grown(codes: Codes, size: int, filler: int) -> Codes:
    if size <= len(codes):
        return codes
    grown = np.full(max(size, len(codes) * 5 // 4), filler, np.int32)
    grown[: len(codes)] = codes
    return grown
