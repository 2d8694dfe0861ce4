"""The passages with the highest cosine, out of those that an index says look nearest, or out of all there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from embeddings.store.local.dense.index import DenseIndex
from embeddings.store.local.dense.quantiser import Ids, Vectors
from embeddings.store.local.passage_facts import Admitted
from embeddings.store.protocol import Hit

_SPARE = 32
_ROUNDING = 1e-5


def cosines(vectors: Vectors, vector: Vectors) -> NDArray[np.float32]:
    """Cosines of unit vectors, shape (n, dimension), with one.

    Each is the same to the last bit whatever else is asked for with it: products of matrices are not.
    """
    products = vectors.astype(np.float64) * vector.astype(np.float64)
    return np.asarray(products.sum(axis=1), np.float32)


def best_by_cosine(
    index: DenseIndex,
    vectors_of: Callable[[list[int]], tuple[list[int], Vectors]],
    vector: Vectors,
    count: int,
    admitted: Admitted | None,
) -> list[Hit]:
    """The admitted passages with the highest cosine, best first; ties by id.

    The index says which look nearest; `vectors_of` gives the vectors of those that still exist.
    """
    limit, everywhere = 2 * count + _SPARE, False
    while True:
        ids, looks = index.search(vector, limit, admitted, everywhere=everywhere)
        hits = _ranked(*vectors_of(ids.tolist()), vector)
        if len(ids) == limit:
            # One that was not found looks no nearer than the last that was.
            if len(hits) >= count and float(looks[-1]) + index.slack < hits[count - 1].score:
                return hits[:count]
            limit *= 2
        elif len(hits) < count and not everywhere:
            everywhere = True
        else:
            return hits[:count]


def scan(chunks: Iterable[tuple[Ids, Vectors]], vector: Vectors, count: int, admitted: Admitted | None) -> list[Hit]:
    """The same without an index: looks at every vector."""
    best: list[Hit] = []
    for ids, vectors in chunks:
        if admitted is not None:
            inside = admitted.has(ids)
            ids, vectors = ids[inside], vectors[inside]
        best = sorted([*best, *_ranked(ids.tolist(), vectors, vector)[:count]], key=_order)[:count]
    return best


def best_of(ids: Ids, vectors: Vectors, vector: Vectors, count: int) -> list[Hit]:
    """The same for vectors that are in memory."""
    if len(ids) > count:
        looks = vectors @ vector
        near = looks >= np.partition(looks, -count)[-count] - _ROUNDING
        ids, vectors = ids[near], vectors[near]
    return _ranked(ids.tolist(), vectors, vector)[:count]


def _ranked(ids: list[int], vectors: Vectors, vector: Vectors) -> list[Hit]:
    if not ids:
        return []
    scores = cosines(vectors, vector)
    return sorted((Hit(i, float(score)) for i, score in zip(ids, scores, strict=True)), key=_order)


def _order(hit: Hit) -> tuple[float, int]:
    return -hit.score, hit.passage_id
