"""Prints what it costs that a commit outlives a power cut: SQLite's synchronous=FULL, with NORMAL beside it.

    python tests/benchmarks/durability.py [FOLDER]

FOLDER is on the disk to measure; without it, the folder of temporary files.  A batch of an index run is 64 articles of four
passages, whose embedding takes seconds; a job of Slack is one row.  The two modes take turns; the figures are medians.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.articles import Article, article_id
from embeddings.sentences import Span
from embeddings.store.local import LocalStore
from embeddings.store.local import database as store_database
from embeddings.store.protocol import IndexedArticle, NewPassage
from qa_bot.sqlite_file import SQLiteFile

MODES = ("NORMAL", "FULL")
BATCHES = 40
ARTICLES = 64
PASSAGES = 4
_JOBS = "CREATE TABLE jobs (key INTEGER PRIMARY KEY, payload TEXT)"
TEXT = "The harbour of the town was opened again. " * 20


def batch(number: int) -> list[IndexedArticle]:
    """Articles with passages and vectors of the size of the packaged encoder's."""
    random = np.random.default_rng(number)
    articles = []
    for index in range(ARTICLES):
        source = f"/news/{number}-{index}.txt"
        article = Article(id=article_id(source), title=source, text=TEXT, source=source)
        passages = [NewPassage(0, len(TEXT), random.bytes(16), random.random(384, np.float32)) for _ in range(PASSAGES)]
        articles.append(IndexedArticle(article, "/news", [Span(0, len(TEXT))], passages))
    return articles


def milliseconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def commit(store: LocalStore, articles: list[IndexedArticle]) -> None:
    store.writing.commit(articles, encoder="test", passage_rule="test")


def store_of(folder: Path, mode: str) -> LocalStore:
    store_database.SYNCHRONOUS = mode
    store = LocalStore(folder / mode)
    commit(store, batch(BATCHES))
    return store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", help="on the disk to measure")
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as name:
        folder = Path(name)
        stores = {mode: store_of(folder, mode) for mode in MODES}
        commits: dict[str, list[float]] = {mode: [] for mode in MODES}
        jobs: dict[str, list[float]] = {mode: [] for mode in MODES}
        files = {mode: SQLiteFile(folder / f"{mode}.sqlite3", _JOBS) for mode in MODES}
        for mode, file in files.items():
            file.run(f"PRAGMA synchronous = {mode}")
        for number in range(BATCHES):
            articles = batch(number)
            for mode in MODES:
                commits[mode].append(milliseconds(partial(commit, stores[mode], articles)))
                jobs[mode].append(milliseconds(partial(files[mode].run, "INSERT INTO jobs VALUES (?, '{}')", number)))
        for mode in MODES:
            stores[mode].close()
            files[mode].close()
    print(f"{'':44} {'NORMAL':>10} {'FULL':>10}")
    for label, took in ((f"commit of {ARTICLES} articles, ms", commits), ("job of Slack written down, ms", jobs)):
        print(f"{label:44} {statistics.median(took['NORMAL']):10.2f} {statistics.median(took['FULL']):10.2f}")


if __name__ == "__main__":
    main()
