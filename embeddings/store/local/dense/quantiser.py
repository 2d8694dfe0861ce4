"""How vectors are put into cells and codes: what a quantised index is trained to.

An inverted file (Sivic and Zisserman, 2003) over the cells of a spherical k-means, with each number of a vector in one
byte.  A question looks into the nearest cells only; what it finds there is ranked again by the whole vectors.

Training takes a minute at a million passages, so its result is kept in the store: the index that is built with it is then
a function of what the store holds, whoever builds it, at once or piece by piece.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]

SAMPLE_PER_CELL = 32
"""Vectors that a cell is trained on, on average."""

_ROUNDS = 8
_BLOCK = 128
_LOOKED_INTO = 6  # one cell in so many; chosen by tests/benchmarks/recall.py, on real passages
_FEWEST = 8


def cells_for(passages: int) -> int:
    """The number of cells for so many passages: a power of two, about four times the square root."""
    return int(2 ** round(math.log2(max(4.0 * math.sqrt(passages), 16.0))))


class Quantiser:
    """A trained and empty FAISS index."""

    def __init__(self, empty: Any) -> None:
        self._empty = empty
        self.cells = int(empty.nlist)
        self.dimension = int(empty.d)

    @classmethod
    def train(cls, sample: Vectors, cells: int, check: Callable[[], None] = lambda: None) -> Quantiser:
        """Trains on vectors.  The same vectors in the same order give the same quantiser.

        Args:
            sample: unit vectors, shape (n, dimension), in an order that has nothing to do with what they are.
            cells: to divide them into.
            check: called now and then; may raise, to stop.
        """
        faiss.omp_set_num_threads(1)  # the other cores are for those who ask
        dimension = sample.shape[1]
        centroids = np.array(sample[: min(cells, len(sample))])
        for _ in range(_ROUNDS):
            coarse = faiss.IndexFlatIP(dimension)
            coarse.add(centroids)
            cell_of = _nearest(coarse, sample, check)
            total = np.zeros_like(centroids)
            np.add.at(total, cell_of, sample)
            norms = np.linalg.norm(total, axis=1, keepdims=True)
            centroids = np.where(norms > 0, total / np.maximum(norms, 1e-12), centroids).astype(np.float32)
        coarse = faiss.IndexFlatIP(dimension)
        coarse.add(centroids)
        empty = faiss.IndexIVFScalarQuantizer(
            coarse, dimension, len(centroids), faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
        )
        empty.train(sample)
        return cls(faiss.deserialize_index(faiss.serialize_index(empty)))  # which holds on to its own coarse index

    @classmethod
    def from_bytes(cls, data: bytes) -> Quantiser:
        """The quantiser that `to_bytes` wrote."""
        return cls(faiss.deserialize_index(np.frombuffer(data, np.uint8)))

    def to_bytes(self) -> bytes:
        return bytes(faiss.serialize_index(self._empty).tobytes())

    def new_index(self) -> Any:
        return faiss.clone_index(self._empty)

    def cells_of(self, vectors: Vectors) -> Ids:
        """The cell of each vector; it depends on that vector only."""
        return _nearest(self._empty.quantizer, vectors, lambda: None)

    @staticmethod
    def put(index: Any, ids: Ids, vectors: Vectors, cells: Ids) -> None:
        """Puts vectors into an index made by `new_index`, each under its id and into its cell."""
        index.add_core(len(ids), faiss.swig_ptr(vectors), faiss.swig_ptr(ids), faiss.swig_ptr(cells))

    def probes(self, further: float) -> int:
        """How many cells a question looks into, if it has to look so many times as far as usual."""
        return min(self.cells, math.ceil(max(self.cells / _LOOKED_INTO, _FEWEST) * further))


def _nearest(coarse: Any, vectors: Vectors, check: Callable[[], None]) -> Ids:
    """The cell of each vector.

    All blocks have the same shape: a product of matrices of other shapes may differ in the last bit, and a vector between
    two cells would change its cell with its neighbours.
    """
    nearest = np.empty(len(vectors), np.int64)
    for start in range(0, len(vectors), _BLOCK):
        check()
        block = vectors[start : start + _BLOCK]
        padded = np.zeros((_BLOCK, vectors.shape[1]), np.float32)
        padded[: len(block)] = block
        _, cells = coarse.search(padded, 1)
        nearest[start : start + len(block)] = cells[: len(block), 0]
    return nearest


class TrainedOn(NamedTuple):
    """A quantiser in the store: its number, and how many passages there were when it was trained."""

    number: int
    passages: int


def current_quantiser(connection: sqlite3.Connection, generation: int) -> TrainedOn | None:
    """The quantiser of a generation of passages, or None."""
    query = "SELECT number, passages FROM quantisers WHERE generation = ? ORDER BY number DESC LIMIT 1"
    row = connection.execute(query, (generation,)).fetchone()
    return None if row is None else TrainedOn(*row)


def read_quantiser(connection: sqlite3.Connection, number: int) -> Quantiser | None:
    """The quantiser with this number, or None."""
    row = connection.execute("SELECT data FROM quantisers WHERE number = ?", (number,)).fetchone()
    return None if row is None else Quantiser.from_bytes(row[0])


def write_quantiser(connection: sqlite3.Connection, generation: int, quantiser: Quantiser, passages: int) -> TrainedOn:
    """Puts a quantiser in the place of the one that a generation has."""
    connection.execute("DELETE FROM quantisers WHERE generation = ?", (generation,))
    number = connection.execute(
        "INSERT INTO quantisers (generation, passages, data) VALUES (?, ?, ?)",
        (generation, passages, quantiser.to_bytes()),
    ).lastrowid
    assert number is not None
    return TrainedOn(number, passages)
