"""What a quantised index finds of what an exact one finds: ``python tests/benchmarks/recall.py FOLDER --news FILE``.

Takes the vectors of a store's passages (the folder is that of QA_BOT_DATA_DIR; it is only read), trains a quantiser on
them, and asks headlines.  Prints recall@10 for several shares of the cells that a question looks into:
`embeddings.local.quantiser` takes its share from this table, with a margin for archives of another kind.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from synthetic_archive import questions, read_news

from embeddings.encoder import Encoder
from embeddings.local import quantiser
from embeddings.local.dense import DenseCache
from embeddings.local.dense_search import best_by_cosine
from embeddings.local.quantiser import SAMPLE_PER_CELL, Ids, Quantiser, Vectors, cells_for
from qa_bot.settings import load_settings

NEIGHBOURS = 10
DEPLOYED = quantiser._LOOKED_INTO
SHARES = sorted({32, 16, 8, 6, 5, 4, DEPLOYED}, reverse=True)


def _read(path: Path) -> tuple[Ids, Vectors]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT passage, vector FROM vectors ORDER BY passage").fetchall()
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), np.float32)
    return np.array([passage for passage, _ in rows], np.int64), vectors.reshape(len(rows), -1)


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
    exact = [set(ids[np.argpartition(-(vectors @ vector), NEIGHBOURS)[:NEIGHBOURS]].tolist()) for vector in asked]
    cells = cells_for(len(ids))
    mixed = np.random.default_rng(0).permutation(len(ids))
    trained = Quantiser.train(vectors[mixed[: cells * SAMPLE_PER_CELL]], cells)
    cache = DenseCache(vectors.shape[1], trained)
    cache.apply(np.zeros(0, np.int64), [(ids, vectors)], 1)

    def vectors_of(passages: list[int]) -> tuple[list[int], Vectors]:
        return passages, vectors[np.searchsorted(ids, passages)]

    print(f"{len(ids):,} passages, {len(asked)} questions, {cells} cells")
    print(f"{'looked into':<20}{'cells':>8}{'recall@10':>12}{'ms':>8}")
    for share in SHARES:
        quantiser._LOOKED_INTO = share
        began = time.perf_counter()
        found = [best_by_cosine(cache, vectors_of, vector, NEIGHBOURS, None) for vector in asked]
        milliseconds = (time.perf_counter() - began) * 1000 / len(asked)
        hits = sum(len(right & {hit.passage_id for hit in some}) for right, some in zip(exact, found, strict=True))
        name = f"one in {share}" + (" *" if share == DEPLOYED else "")
        recall = hits / (NEIGHBOURS * len(asked))
        print(f"{name:<20}{trained.probes(1.0):>8}{recall:>12.4f}{milliseconds:>8.2f}")
    print("* as deployed; ms: with ranking by the whole vectors, in memory")
    return 0


if __name__ == "__main__":
    sys.exit(main())
