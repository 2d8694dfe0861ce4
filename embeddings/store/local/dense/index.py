"""A FAISS index, in memory, over the vectors that SQLite holds."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import faiss
import numpy as np

from embeddings.store.local.dense.quantiser import Ids, Quantiser, Vectors
from embeddings.store.local.passage_facts import Admitted, grown

_FAISS: Any = faiss  # its stubs do not know what its Python layer adds

_SPARE = 1.25
"""How many more than its share says are looked at, so that enough of those that a filter admits are among them."""

_FURTHER = 0.25
"""How much further to look for the nearest n * k passages than for the nearest k: this power of n times as far.  Chosen by
`tests/benchmarks/recall.py`: as many of the nearest are found as without a filter."""


class SharedLock:
    """Many readers or one writer; a writer that waits goes before readers that come later."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0
        self._writing = False
        self._waiting = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """To be held by any number of readers, while nobody writes."""
        with self._changed:
            self._changed.wait_for(lambda: not self._writing and not self._waiting)
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """To be held by one writer alone."""
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: not self._writing and not self._readers)
                self._writing = True
            finally:
                self._waiting -= 1
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()


class DenseIndex:
    """An index by inner product: exact, or quantised.

    What is removed stays searchable for the views that were opened before: a view leaves out what its snapshot lacks.

    Args:
        dimension: of the vectors.
        quantiser: what the index is trained to; None for an exact one.
        index, change: one that FAISS has filled already, and the change that it stands at.
    """

    def __init__(self, dimension: int, quantiser: Quantiser | None, index: Any = None, change: int = 0) -> None:
        self.dimension = dimension
        self.quantiser = quantiser
        self.change = change
        self._lock = SharedLock()
        self._pinning = threading.Lock()
        self._pins: Counter[int] = Counter()  # the changes that open views stand at
        self._removed: list[tuple[int, Ids]] = []  # passages that are still searchable, and what change removed them
        self._removed_up_to = 0
        self._index = self._empty() if index is None else index
        self._held = np.bincount(_ids_in(self._index)).astype(np.bool_)

    def _empty(self) -> Any:
        if self.quantiser is not None:
            return self.quantiser.new_index()
        return faiss.IndexIDMap2(faiss.IndexFlatIP(self.dimension))

    @property
    def slack(self) -> float:
        """By how much a passage may look nearer than it is."""
        return 1e-5 if self.quantiser is None else 4e-3

    def pin(self, change: int) -> bool:
        """Keeps what is removed after a change searchable until `unpin`; False if some of it is gone already."""
        with self._pinning:
            self._pins[change] += change >= self._removed_up_to
            return change >= self._removed_up_to

    def unpin(self, change: int) -> None:
        """Ends what one call of `pin` began."""
        with self._pinning:
            self._pins[change] -= 1

    def apply(self, removed: Ids, chunks: Iterable[tuple[Ids, Vectors]], change: int) -> None:
        """Takes passages out and puts others in; the index then stands at `change`.

        One at a time.  Searches go on between the chunks.  If it is interrupted, it can be done again from the beginning:
        what is there is not put in twice.
        """
        faiss.omp_set_num_threads(1)
        removed = self._held_among(removed)
        if len(removed):
            self._held[removed] = False
            self._removed.append((change, removed))
        self.settle()
        for ids, vectors in chunks:
            if vectors.shape[1] != self.dimension:
                raise ValueError(f"a vector has {vectors.shape[1]} numbers, not {self.dimension}")
            self._put(ids, np.ascontiguousarray(vectors, np.float32))
        self.change = change

    def _held_among(self, ids: Ids) -> Ids:
        ids = ids[ids < len(self._held)]
        return ids[self._held[ids]]

    def settle(self) -> bool:
        """Takes out what was removed before any open view; True if nothing that was removed is left."""
        with self._pinning:
            oldest = min((change for change, views in self._pins.items() if views > 0), default=None)
            ripe = [ids for change, ids in self._removed if oldest is None or change <= oldest]
            self._pins = +self._pins
            if ripe:
                self._removed_up_to = self._removed[len(ripe) - 1][0]
                del self._removed[: len(ripe)]
        if ripe:
            with self._lock.writing():
                self._index.remove_ids(np.sort(np.concatenate(ripe)))
        return not self._removed

    def _put(self, ids: Ids, vectors: Vectors) -> None:
        is_new = ~np.isin(ids, self._held_among(ids))
        if not is_new.any():
            return
        ids, vectors = ids[is_new], np.ascontiguousarray(vectors[is_new])
        cells = None if self.quantiser is None else self.quantiser.cells_of(vectors)
        with self._lock.writing():
            if self.quantiser is None or cells is None:
                self._index.add_with_ids(vectors, ids)
            else:
                self.quantiser.put(self._index, ids, vectors, cells)
            self._held = grown(self._held, ids, False)
            self._held[ids] = True

    def others(self, passage_ids: list[int]) -> Ids:
        """The passages in the index that are not among these."""
        rest = self._held.copy()
        ids = np.array(passage_ids, np.int64)
        rest[ids[ids < len(rest)]] = False
        return np.flatnonzero(rest)

    def search(
        self, vector: Vectors, count: int, admitted: Admitted | None = None, *, everywhere: bool = False
    ) -> tuple[Ids, Vectors]:
        """Ids of the passages that look nearest to a unit vector, nearest first, and how near they look; at most `count`.

        Only those that are admitted; `everywhere` looks into all cells of a quantised index.
        """
        # A question is one vector: waking a second thread for it costs more than it saves, far more on busy cores.
        faiss.omp_set_num_threads(1)
        query = np.ascontiguousarray(vector[None, :], np.float32)
        with self._lock.reading():
            count = min(count, self._index.ntotal)
            if admitted is None:
                return self._nearest(query, count, everywhere=everywhere)
            count = min(count, admitted.size)
            if admitted.is_broad and not everywhere:
                ids, looks = self._nearest_of_all(query, count, admitted)
                if len(ids) == count:
                    return ids, looks
            return self._nearest(query, count, admitted.one_in, admitted, everywhere=everywhere)

    def _nearest_of_all(self, query: Vectors, count: int, admitted: Admitted) -> tuple[Ids, Vectors]:
        """The nearest of those that are admitted, as far as they are among the nearest of all.

        FAISS is slower in passing over vectors than in comparing them.
        """
        looked_at = min(int(count * admitted.one_in * _SPARE), self._index.ntotal)
        ids, looks = self._nearest(query, looked_at, admitted.one_in**_FURTHER)
        inside = admitted.has(ids)
        return ids[inside][:count], looks[inside][:count]

    def _nearest(
        self,
        query: Vectors,
        count: int,
        further: float = 1.0,
        admitted: Admitted | None = None,
        *,
        everywhere: bool = False,
    ) -> tuple[Ids, Vectors]:
        if count == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        selector: dict[str, Any] = {} if admitted is None else {"sel": _FAISS.IDSelectorBitmap(admitted.bits)}
        if self.quantiser is None:
            parameters = _FAISS.SearchParameters(**selector)
        else:
            probes = self.quantiser.cells if everywhere else self.quantiser.probes(further)
            parameters = _FAISS.SearchParametersIVF(nprobe=probes, **selector)
        scores, ids = self._index.search(query, count, params=parameters)
        inside = ids[0] >= 0  # FAISS fills up with -1
        return ids[0][inside], scores[0][inside]

    @property
    def faiss_index(self) -> Any:
        """What is saved; only what `settle` says is settled, and not while it changes."""
        return self._index

    def __len__(self) -> int:
        return int(self._index.ntotal) - sum(len(ids) for _, ids in self._removed)

    @property
    def kind(self) -> str:
        """What the index is, in words."""
        if self.quantiser is None:
            return "exact (FAISS flat, inner product)"
        cells, probes = self.quantiser.cells, self.quantiser.probes(1.0)
        return f"quantised (FAISS IVF{cells},SQ8, {probes} cells a question, the best ranked by whole vectors)"


def _ids_in(index: Any) -> Ids:
    """The ids that an index holds."""
    if hasattr(index, "id_map"):
        return np.asarray(faiss.vector_to_array(index.id_map), np.int64)
    lists = index.invlists
    sizes = [(number, lists.list_size(number)) for number in range(lists.nlist)]
    parts = [np.array(faiss.rev_swig_ptr(lists.get_ids(number), size)) for number, size in sizes if size]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
