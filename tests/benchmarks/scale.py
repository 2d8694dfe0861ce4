"""How a large archive is searched: ``python tests/benchmarks/scale.py --passages 1000000 --news FILE``; see ``--help``.

Builds an archive of real sentences and of vectors like real ones in a temporary folder, asks it in a process of its own,
and prints what that took beside what it should take.  A million passages need 6 GB of disk and half an hour.
"""

from __future__ import annotations

import argparse
import heapq
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from synthetic_archive import SyntheticArchive, questions, read_news

from embeddings.articles import Article, article_id
from embeddings.encoder.model import Encoder
from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.sentences import split_sentences
from embeddings.store.local import LocalStore
from embeddings.store.protocol import DenseKind, Hit, IndexedArticle, NewPassage
from qa_bot.bot import QABot
from qa_bot.retrieval.retriever import RetrievedPassage, Retriever
from qa_bot.settings import Settings, load_settings

SAMPLE = 5_000
QUESTIONS = 300
ANSWERED = 20
NEIGHBOURS = 10
FILTERS = {
    "one publisher of four": (ArticleFilter(publishers=("Coast Gazette",)), "publisher = 'Coast Gazette'"),
    "... since 2000": (
        ArticleFilter(publishers=("Coast Gazette",), since=date(2000, 1, 1)),
        "publisher = 'Coast Gazette' AND published_at >= '2000-01-01'",
    ),
    "one month": (
        ArticleFilter(since=date(2000, 1, 1), until=date(2000, 1, 31)),
        "published_at BETWEEN '2000-01-01' AND '2000-01-31'",
    ),
    "the one source": (ArticleFilter(sources=("/synthetic",)), "origin = '/synthetic'"),
}
"""What a person may narrow a search to, and the same as a condition in SQL."""


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000, help="in the archive")
    parser.add_argument("--news", type=Path, required=True, help="JSON Lines with title and text, .gz or not")
    parser.add_argument("--articles", type=int, default=5_000, help="of the file to draw from")
    parser.add_argument(
        "--folder", type=Path, help="build it here, and leave it there; one that is there is asked again"
    )
    parser.add_argument("--index", choices=list(DenseKind), default=DenseKind.AUTO, help="of the vectors")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(_measure(options)))
        return 0
    folder = options.folder or Path(tempfile.mkdtemp(prefix="scale-"))
    try:
        facts = {} if (folder / "qa_bot.sqlite3").exists() else _build(folder, options)
        facts |= _disk(folder, options.index)
        done = subprocess.run(
            [sys.executable, __file__, *sys.argv[1:], "--measure", "--folder", str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        _print(facts | json.loads(done.stdout))
    finally:
        if options.folder is None:
            shutil.rmtree(folder)
    return 0


def _settings(folder: Path, index: str) -> Settings:
    return load_settings(data_dir=folder, dense_index=index)


def _build(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    settings = _settings(folder, options.index)
    encoder = Encoder.load(settings.encoder, settings.cache_dir / "models")
    archive = SyntheticArchive(read_news(options.news, options.articles), encoder, SAMPLE)
    store = LocalStore(folder, _note, DenseKind(options.index))
    began = time.monotonic()
    archive.fill(store, options.passages, str(settings.passage_rule), lambda done: _note(f"{done:,} passages"))
    filled = time.monotonic()
    store.writing.save_caches()
    built = time.monotonic()
    store.close()
    return {"fill_seconds": filled - began, "index_seconds": built - filled}


def _disk(folder: Path, index: str) -> dict[str, Any]:
    store = LocalStore(folder, kind=DenseKind(index))
    status = store.status()
    store.close()
    with closing(sqlite3.connect(folder / "qa_bot.sqlite3")) as connection:
        text = connection.execute("SELECT sum(length(CAST(text AS BLOB))) FROM texts").fetchone()[0]
        vectors = connection.execute("SELECT sum(length(vector)) FROM vectors").fetchone()[0]
    whole = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"passages": status.passages, "content": text + vectors, "disk": whole, "sizes": dict(status.sizes)}


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    """Asks an archive; run in a process of its own, whose memory is the bot's."""
    settings = _settings(options.folder, options.index)
    asked = list(questions(read_news(options.news, options.articles), QUESTIONS))
    process = psutil.Process()
    facts: dict[str, Any] = {}
    with QABot(settings, _note) as bot:
        began = time.monotonic()
        bot.load()
        bot.ask(asked[0])
        facts["first_answer_seconds"] = time.monotonic() - began
        vectors = [bot.encoder.encode_question(question) for question in asked]
        search = partial(_search, bot, Retriever())
        answers = _milliseconds(lambda number: bot.ask(asked[number]), range(ANSWERED))
        fused = _milliseconds(lambda number: search(asked[number], vectors[number]), range(QUESTIONS))
        facts["memory"] = process.memory_info().rss
        processor = _milliseconds(
            lambda number: search(asked[number], vectors[number]), range(QUESTIONS), time.process_time
        )
        dense = _milliseconds(lambda number: _dense(bot, vectors[number], 50), range(QUESTIONS))
        lexical = _milliseconds(lambda number: _lexical(bot, asked[number], 50), range(QUESTIONS))
        facts["filtered"] = {
            name: _filtered(options.folder, bot, asked, vectors, only, condition)
            for name, (only, condition) in FILTERS.items()
        }
        timings = {"answer": answers, "fused": fused, "processor": processor, "dense": dense, "lexical": lexical}
        for name, values in timings.items():
            facts[name] = [float(np.percentile(values, 50)), float(np.percentile(values, 95))]
        facts["index"] = bot.store.status().dense_index
        facts["commit"], facts["seen"] = _one_more(settings, bot, vectors[0])
        facts["memory_with_filter"] = process.memory_info().rss
        results = [[hit.passage_id for hit in _dense(bot, vector, NEIGHBOURS)] for vector in vectors]
        facts["recall"] = _recall(options.folder, np.stack(vectors), results)
    return facts


def _search(
    bot: QABot, retriever: Retriever, question: str, vector: Any, only: ArticleFilter = EVERYTHING
) -> list[RetrievedPassage]:
    with bot.store.view(only) as view:
        return retriever.retrieve(view, question, vector, 8)


def _dense(bot: QABot, vector: Any, count: int, only: ArticleFilter = EVERYTHING) -> list[Hit]:
    with bot.store.view(only) as view:
        return view.dense_search(vector, count)


def _lexical(bot: QABot, question: str, count: int) -> list[Hit]:
    with bot.store.view() as view:
        return view.lexical_search(question, count)


def _filtered(
    folder: Path, bot: QABot, asked: list[str], vectors: list[Any], only: ArticleFilter, condition: str
) -> dict[str, Any]:
    """What a filter costs: the first search, p50 and p95 of the others, by the clock and by the processor; and recall."""
    retriever = Retriever()

    def search(number: int) -> object:
        return _search(bot, retriever, asked[number], vectors[number], only)

    first = _milliseconds(search, range(1))
    wall = _milliseconds(search, range(QUESTIONS))
    processor = _milliseconds(search, range(QUESTIONS), time.process_time)
    results = [[hit.passage_id for hit in _dense(bot, vector, NEIGHBOURS, only)] for vector in vectors]
    return {
        "first": first[0],
        "wall": np.percentile(wall, [50, 95]).tolist(),
        "processor": np.percentile(processor, [50, 95]).tolist(),
        "recall": _recall(folder, np.stack(vectors), results, condition),
    }


def _milliseconds(
    act: Callable[[int], object], numbers: range, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    taken = []
    for number in numbers:
        began = clock()
        act(number)
        taken.append((clock() - began) * 1000)
    return taken


def _one_more(settings: Settings, bot: QABot, vector: Any) -> tuple[float, float]:
    """Seconds that another connection takes to commit one article, and the bot to find it."""
    text = "The harbour of Aldport was opened by Ann Reed."
    source = f"/one/{time.time()}"
    article = Article(id=article_id(source), title="Aldport", text=text, source=source)
    indexed = IndexedArticle(article, "/one", split_sentences(text), [NewPassage(0, len(text), b"?" * 16, vector)])
    other = LocalStore(settings.data_dir)
    other.articles.list(limit=1)
    began = time.monotonic()
    other.writing.commit([indexed], encoder=str(bot.store.encoder), passage_rule=str(bot.store.passage_rule))
    committed = time.monotonic()
    retriever = Retriever()
    while True:
        hits = _search(bot, retriever, "Who opened the harbour of Aldport?", vector)
        if any(hit.passage.article_id == article.id and hit.bm25 and hit.cosine > 0.9 for hit in hits):
            break
    seen = time.monotonic()
    other.writing.remove([article.id])
    other.close()
    return committed - began, seen - committed


def _recall(folder: Path, asked: Any, results: list[list[int]], condition: str = "TRUE") -> float:
    """Share of the passages with the highest cosine, by looking at all of them, that were found."""
    best: list[list[tuple[float, int]]] = [[] for _ in results]
    with closing(sqlite3.connect(folder / "qa_bot.sqlite3")) as connection:
        admitted = f"SELECT id FROM passages WHERE article IN (SELECT number FROM articles WHERE {condition})"
        rows = connection.execute(f"SELECT passage, vector FROM vectors WHERE passage IN ({admitted})")
        while chunk := rows.fetchmany(20_000):
            ids = [row[0] for row in chunk]
            cosines = asked @ np.frombuffer(b"".join(row[1] for row in chunk), np.float32).reshape(len(chunk), -1).T
            top = np.argpartition(-cosines, min(NEIGHBOURS, len(ids)) - 1, axis=1)[:, :NEIGHBOURS]
            for number, places in enumerate(top):
                some = [(float(cosines[number, place]), -ids[place]) for place in places]
                best[number] = heapq.nlargest(NEIGHBOURS, best[number] + some)
    hits = [len({-i for _, i in exact} & set(ids)) for exact, ids in zip(best, results, strict=True)]
    return sum(hits) / (NEIGHBOURS * len(results))


def _print(facts: dict[str, Any]) -> None:
    beyond = facts["disk"] - facts["content"]
    rows = [
        ("passages", f"{facts['passages']:,}", ""),
        ("index", facts["index"], ""),
        ("fused search p50 / p95, ms", "{:.1f} / {:.1f}".format(*facts["fused"]), "25 / 60"),
        ("  processor time of that", "{:.1f} / {:.1f}".format(*facts["processor"]), ""),
        ("  dense, 50 hits", "{:.1f} / {:.1f}".format(*facts["dense"]), ""),
        ("  lexical, 50 hits", "{:.1f} / {:.1f}".format(*facts["lexical"]), ""),
        *(
            (f"  fused, {name}{what}", value, target)
            for name, figures in facts["filtered"].items()
            for what, value, target in (
                ("", "{:.1f} / {:.1f}".format(*figures["wall"]), "60"),
                (": processor time", "{:.1f} / {:.1f}".format(*figures["processor"]), ""),
                (": the first", f"{figures['first']:.0f}", ""),
                (f": recall@{NEIGHBOURS}", f"{figures['recall']:.4f}", "0.95"),
            )
        ),
        (f"recall@{NEIGHBOURS} of the dense search", f"{facts['recall']:.4f}", "0.95"),
        ("memory while answering, GB", f"{facts['memory'] / 1e9:.2f}", "1.5"),
        ("  when filters have been used", f"{facts['memory_with_filter'] / 1e9:.2f}", "1.5"),
        ("disk beyond text and vectors", f"{100 * beyond / facts['content']:.0f} %", "60 %"),
        ("  bytes a passage", f"{beyond / facts['passages']:.0f} of {facts['content'] / facts['passages']:.0f}", ""),
        *((f"  {name}, MB", f"{size / 1e6:.0f}", "") for name, size in facts["sizes"].items()),
        ("one more article: commit, s", f"{facts['commit']:.3f}", "0.5"),
        ("  found by a running bot, s", f"{facts['seen']:.3f}", "1"),
        ("whole answer p50 / p95, ms", "{:.0f} / {:.0f}".format(*facts["answer"]), ""),
        ("models and index loaded, first answer, s", f"{facts['first_answer_seconds']:.1f}", ""),
    ]
    if "fill_seconds" in facts:
        rows += [("filling SQLite, s", f"{facts['fill_seconds']:.0f}", "")]
        rows += [("making the indexes, s", f"{facts['index_seconds']:.0f}", "")]
    print(f"{'':<44}{'measured':>24}  target")
    for name, value, target in rows:
        print(f"{name:<44}{value:>24}  {target}")


def _note(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
