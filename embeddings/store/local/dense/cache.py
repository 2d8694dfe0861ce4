"""The dense cache: a FAISS index, in memory, over the vectors that SQLite holds."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.store.local.dense.quantiser import Ids, Quantiser, Vectors
from embeddings.store.local.dense.shared_lock import SharedLock

_FAISS: Any = faiss  # its stubs do not know what its Python layer adds

BROAD = 0.05
"""Share of the passages that a filter admits from which the best of all are looked at, and the others left out."""

_SPARE = 1.25
"""How many more than its share says are looked at, so that enough of those that a filter admits are among them."""

_FURTHER = 0.25
"""How much further to look for the nearest n * k passages than for the nearest k: this power of n times as far.  Chosen by
`tests/benchmarks/recall.py`: as many of the nearest are found as without a filter."""


class Admitted(NamedTuple):
    """Which passages may be found: a bit for each id, the lowest bit of a byte first, and the number that are set."""

    bits: NDArray[np.uint8]
    size: int

    def has(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of these ids may be found, shape (ids,)."""
        inside = ids < len(self.bits) * 8
        places = np.where(inside, ids, 0)
        return np.asarray(inside & (self.bits[places >> 3] >> (places & 7) & 1).astype(np.bool_))

    def is_broad(self, total: int) -> bool:
        """Whether so many of all passages may be found that it is faster to look at all of them."""
        return self.size >= BROAD * total

    def ids(self) -> Ids:
        """All ids that may be found, ascending."""
        return np.flatnonzero(np.unpackbits(self.bits, bitorder="little"))


class DenseCache:
    """An index by inner product: exact, or quantised.

    Args:
        dimension: of the vectors.
        quantiser: what the index is trained to; None for an exact one.
        index: one that is filled already.
        change: that it stands at.
    """

    def __init__(self, dimension: int, quantiser: Quantiser | None, index: Any = None, change: int = 0) -> None:
        self.dimension = dimension
        self.quantiser = quantiser
        self.change = change
        self._lock = SharedLock()
        self._one_writer = threading.Lock()
        self._index = self._empty() if index is None else index
        self._held = _mark(np.zeros(0, np.bool_), _ids_in(self._index))

    def _empty(self) -> Any:
        if self.quantiser is not None:
            return self.quantiser.new_index()
        return faiss.IndexIDMap2(faiss.IndexFlatIP(self.dimension))

    @property
    def slack(self) -> float:
        """By how much a passage may look nearer than it is."""
        return 1e-5 if self.quantiser is None else 4e-3

    def apply(self, removed: Ids, chunks: Iterable[tuple[Ids, Vectors]], change: int) -> None:
        """Takes passages out and puts others in; the index then stands at `change`.

        Searches go on between the chunks.  If it is interrupted, it can be done again from the beginning: what is there
        is not put in twice.
        """
        with self._one_writer:
            faiss.omp_set_num_threads(1)
            gone = removed[removed < len(self._held)]
            gone = gone[self._held[gone]]
            if len(gone):
                with self._lock.writing():
                    self._held[gone] = False
                    self._index.remove_ids(np.sort(gone))
            for ids, vectors in chunks:
                self._put(ids, np.ascontiguousarray(vectors, np.float32))
            self.change = change

    def _put(self, ids: Ids, vectors: Vectors) -> None:
        known = np.zeros(len(ids), np.bool_)
        inside = ids < len(self._held)
        known[inside] = self._held[ids[inside]]
        if known.any():
            ids, vectors = ids[~known], np.ascontiguousarray(vectors[~known])
        if not len(ids):
            return
        cells = None if self.quantiser is None else self.quantiser.cells_of(vectors)
        with self._lock.writing():
            if self.quantiser is None or cells is None:
                self._index.add_with_ids(vectors, ids)
            else:
                self.quantiser.put(self._index, ids, vectors, cells)
            self._held = _mark(self._held, ids)

    def others(self, passage_ids: list[int]) -> Ids:
        """The passages in the index that are not among these."""
        rest = self._held.copy()
        ids = np.array(passage_ids, np.int64)
        rest[ids[ids < len(rest)]] = False
        return np.flatnonzero(rest)

    def search(
        self, vector: Vectors, count: int, admitted: Admitted | None = None, *, everywhere: bool = False
    ) -> tuple[Ids, Vectors]:
        """Ids of the passages that look nearest, nearest first, and how near they look; at most `count`.

        Args:
            vector: unit vector, shape (dimension,).
            count: how many to find at most.
            admitted: the only passages that may be found.
            everywhere: looks into all cells of a quantised index.
        """
        # A question is one vector: waking a second thread for it costs more than it saves, far more on busy cores.
        faiss.omp_set_num_threads(1)
        query = np.ascontiguousarray(vector[None, :], np.float32)
        with self._lock.reading():
            total = self._index.ntotal
            if admitted is None:
                return self._nearest(query, min(count, total), everywhere=everywhere)
            count = min(count, admitted.size, total)
            if admitted.is_broad(total) and not everywhere:
                ids, looks = self._nearest_of_all(query, count, admitted, total / max(admitted.size, 1))
                if len(ids) == count:
                    return ids, looks
            further = total / max(admitted.size, 1)
            return self._nearest(query, count, further, admitted, everywhere=everywhere)

    def _nearest_of_all(self, query: Vectors, count: int, admitted: Admitted, one_in: float) -> tuple[Ids, Vectors]:
        """The nearest of those that are admitted, one in so many, as far as they are among the nearest of all.

        FAISS is slower in passing over vectors than in comparing them.
        """
        wanted = min(int(count * one_in * _SPARE), self._index.ntotal)
        ids, looks = self._nearest(query, wanted, one_in**_FURTHER)
        kept = admitted.has(ids)
        return ids[kept][:count], looks[kept][:count]

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
        facts: dict[str, Any] = {} if admitted is None else {"sel": _FAISS.IDSelectorBitmap(admitted.bits)}
        if self.quantiser is None:
            parameters = _FAISS.SearchParameters(**facts)
        else:
            probes = self.quantiser.cells if everywhere else self.quantiser.probes(further)
            parameters = _FAISS.SearchParametersIVF(nprobe=probes, **facts)
        scores, ids = self._index.search(query, count, params=parameters)
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]

    def read_by(self, reader: Any) -> None:
        """Calls a function with the FAISS index and the change that it stands at; it does not change meanwhile."""
        with self._one_writer:  # not the lock: searches go on
            reader(self._index, self.change)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def kind(self) -> str:
        """What the index is, in words."""
        if self.quantiser is None:
            return "exact (FAISS flat, inner product)"
        cells, probes = self.quantiser.cells, self.quantiser.probes(1.0)
        return f"quantised (FAISS IVF{cells},SQ8, {probes} cells a question, the best ranked by whole vectors)"


def _mark(held: NDArray[np.bool_], ids: Ids) -> NDArray[np.bool_]:
    if len(ids) and int(ids.max()) >= len(held):
        grown = np.zeros(max(int(ids.max()) + 1, len(held) * 5 // 4), np.bool_)
        grown[: len(held)] = held
        held = grown
    held[ids] = True
    return held


def _ids_in(index: Any) -> Ids:
    """The ids that an index holds."""
    if hasattr(index, "id_map"):
        return np.asarray(faiss.vector_to_array(index.id_map), np.int64)
    lists = index.invlists
    sizes = [(number, lists.list_size(number)) for number in range(lists.nlist)]
    parts = [np.array(faiss.rev_swig_ptr(lists.get_ids(number), size)) for number, size in sizes if size]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
