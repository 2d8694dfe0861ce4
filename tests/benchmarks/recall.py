"""What a quantised index finds of what an exact one finds: ``python tests/benchmarks/recall.py FOLDER --news FILE``.

Takes the vectors of a store's passages (the folder is that of QA_BOT_DATA_DIR; it is only read), trains a quantiser on
them, and asks headlines.  Prints recall@10 for several shares of the cells that a question looks into:
`dense.quantiser` takes its share from this table, with a margin for archives of another kind.  Then the same where
a filter admits a part, which lies anywhere or together, for several ways to look further (`dense.index`); where
what is among the nearest of all is not enough, as with questions on another subject, only that part is looked through.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from synthetic_archive import questions, read_news

from embeddings.encoder.model import Encoder
from embeddings.store.local.dense import index as dense_index
from embeddings.store.local.dense import quantiser
from embeddings.store.local.dense.index import DenseIndex
from embeddings.store.local.dense.quantiser import SAMPLE_PER_CELL, Ids, Quantiser, Vectors, cells_for
from embeddings.store.local.dense.search import best_by_cosine
from embeddings.store.local.passage_facts import Admitted
from qa_bot.settings import load_settings

NEIGHBOURS = 10
DEPLOYED = quantiser._LOOKED_INTO
SHARES = sorted({32, 16, 8, 6, 5, 4, DEPLOYED}, reverse=True)
FURTHER = dense_index._FURTHER
POWERS = sorted({0.0, 0.5, 1.0, FURTHER})
FILTERS = (0.5, 0.25, 0.1)


def _read(path: Path) -> tuple[Ids, Vectors]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT passage, vector FROM vectors ORDER BY passage").fetchall()
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), np.float32)
    return np.array([passage for passage, _ in rows], np.int64), vectors.reshape(len(rows), -1)


def _filters(vectors: Vectors) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """What filters may admit: passages by chance, or those on one subject, in one direction of the vectors."""
    chance = np.random.default_rng(1).random(len(vectors))
    some = vectors[:: max(1, len(vectors) // 5_000)]
    subject = vectors @ np.linalg.svd(some - some.mean(axis=0), full_matrices=False)[2][0]
    for share in FILTERS:
        yield f"{share:.0%} by chance", chance < share
        yield f"{share:.0%} on a subject", subject > np.quantile(subject, 1 - share)


class Archive:
    """Passages in an index, and questions."""

    def __init__(self, cache: DenseIndex, ids: Ids, vectors: Vectors, asked: Sequence[Vectors]) -> None:
        self._cache = cache
        self._ids = ids
        self._vectors = vectors
        self._asked = asked

    def _vectors_of(self, passages: list[int]) -> tuple[list[int], Vectors]:
        return passages, self._vectors[np.searchsorted(self._ids, passages)]

    def measure(self, name: str, mask: NDArray[np.bool_]) -> None:
        """Prints a row: the recall among the passages of a mask."""
        bits = np.zeros(int(self._ids.max()) + 1, np.bool_)
        bits[self._ids[mask]] = True
        admitted = None if mask.all() else Admitted(np.packbits(bits, bitorder="little"), int(mask.sum()), len(mask))
        began = time.perf_counter()
        results = [
            best_by_cosine(self._cache, self._vectors_of, vector, NEIGHBOURS, admitted) for vector in self._asked
        ]
        milliseconds = (time.perf_counter() - began) * 1000 / len(self._asked)
        ids, vectors = self._ids[mask], self._vectors[mask]
        hits = 0
        for vector, some in zip(self._asked, results, strict=True):
            exact = ids[np.argpartition(-(vectors @ vector), NEIGHBOURS)[:NEIGHBOURS]]
            hits += len(set(exact.tolist()) & {hit.passage_id for hit in some})
        assert self._cache.quantiser is not None
        probes = self._cache.quantiser.probes(float(mask.mean()) ** -dense_index._FURTHER)
        print(f"{name:<36}{probes:>8}{hits / (NEIGHBOURS * len(results)):>12.4f}{milliseconds:>8.2f}", flush=True)


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of the store")
    parser.add_argument("--news", type=Path, required=True, help="JSON Lines with title and text, .gz or not")
    parser.add_argument("--questions", type=int, default=300, help="headlines to ask")
    options = parser.parse_args()
    ids, vectors = _read(options.folder / "qa_bot.sqlite3")
    settings = load_settings()
    encoder = Encoder.load(settings.encoder, settings.cache_dir / "models")
    asked = [encoder.encode_question(text) for text in questions(read_news(options.news, 50_000), options.questions)]
    cells = cells_for(len(ids))
    mixed = np.random.default_rng(0).permutation(len(ids))
    trained = Quantiser.train(vectors[mixed[: cells * SAMPLE_PER_CELL]], cells)
    cache = DenseIndex(vectors.shape[1], trained)
    cache.apply(np.zeros(0, np.int64), [(ids, vectors)], 1)
    print(f"{len(ids):,} passages, {len(asked)} questions, {cells} cells")
    archive = Archive(cache, ids, vectors, asked)
    print(f"{'looked into':<36}{'cells':>8}{'recall@10':>12}{'ms':>8}")
    for share in SHARES:
        quantiser._LOOKED_INTO = share
        archive.measure(f"one in {share}" + (" *" if share == DEPLOYED else ""), np.ones(len(ids), np.bool_))
    quantiser._LOOKED_INTO = DEPLOYED
    print("\nwith a filter, by how much further it looks")
    for name, admitted in _filters(vectors):
        for power in POWERS:
            dense_index._FURTHER = power
            archive.measure(f"{name}, {power}" + (" *" if power == FURTHER else ""), admitted)
    print("* as deployed; ms: with ranking by the whole vectors, in memory")
    return 0


if __name__ == "__main__":
    sys.exit(main())
