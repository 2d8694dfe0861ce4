"""Prints how fast an archive is indexed and kept up to date, with sentence-transformers' own `encode` beside it.

    python tests/benchmarks/archive.py --news FILE [--limit N] [--encoder-only]

FILE is a JSON Lines file of articles, .gz or not; N indexes only its first articles.  Everything is built in a temporary
folder.  On a machine that does other work, look at the processor time: it is nearly the same as on an idle one.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from embeddings.onnx.model_cache import PACKAGED_ENCODER, packaged_weights
from embeddings.passages import split_passages
from embeddings.sources import Entry
from embeddings.sources.opening import open_source
from qa_bot import QABot, Settings, load_settings

ROOT = Path(__file__).parents[2]
COMPARED = 256
NEW = (
    "The lighthouse of Skagen Rock was painted green by {} volunteers of the sailing club on Saturday, its keeper said."
)
QUESTION = "How many volunteers painted the lighthouse of Skagen Rock?"


def row(name: str, value: str, target: str = "") -> None:
    print(f"{name:66} {value:>18}   {target}", flush=True)


class Took(NamedTuple):
    """Seconds on the clock, and of all processors together."""

    wall: float
    processor: float


def timed(work: Callable[[], Any]) -> Took:
    began, processor = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - began, time.process_time() - processor)


def texts_of(path: Path, limit: int | None) -> list[str]:
    """The texts of the first articles of a JSON Lines file."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        records = (json.loads(line) for number, line in enumerate(file) if limit is None or number < limit)
        return [record.get("text") or record.get("content") or "" for record in records]


def cut_off(path: Path, limit: int | None, folder: Path) -> Path:
    """The file, or one with its first articles."""
    if limit is None:
        return path
    target = folder / "first.jsonl.gz"
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file, gzip.open(target, "wt") as out:
        for number, line in enumerate(file):
            if number == limit:
                break
            out.write(line)
    return target


def long_passages(texts: list[str]) -> list[str]:
    """Passages of 750 characters and more, spread over the texts: of 818, as the target's are, give or take."""
    passages = [text[p.start : p.end] for text in texts for p in split_passages(text, max_chars=900)]
    long = [passage for passage in passages if len(passage) > 750]
    return long[:: max(1, len(long) // COMPARED)][:COMPARED]


def compare_encoders(texts: list[str], bot: QABot) -> None:
    """Our encoder against `SentenceTransformer.encode` in float32, on the same passages."""
    import torch
    from sentence_transformers import SentenceTransformer

    passages = long_passages(texts)
    path = str(packaged_weights()) if bot.settings.encoder == PACKAGED_ENCODER else bot.settings.encoder
    model = SentenceTransformer(path, device="cpu")
    torch.set_num_threads(os.cpu_count() or 1)
    model.encode(passages[:16])
    bot.encoder.encode_passages(passages[:16])
    theirs, ours = [], []
    for _ in range(3):  # in turn, so that what else runs here slows both
        theirs.append(timed(lambda: model.encode(passages, show_progress_bar=False)))
        ours.append(timed(lambda: bot.encoder.encode_passages(passages)))
    count = len(passages)
    row("passages compared / mean characters", f"{count} / {sum(map(len, passages)) / count:.0f}")
    their, our = min(theirs), min(ours)
    row("SentenceTransformer.encode, float32, passages/s", f"{count / their.wall:.1f}")
    row("Encoder.encode_passages, passages/s", f"{count / our.wall:.1f}")
    row("how many times as fast, by the clock", f"{their.wall / our.wall:.2f}", "3")
    row("how many times as fast, by processor time", f"{their.processor / our.processor:.2f}", "3")
    row(
        "processor time a passage, theirs / ours, ms",
        f"{their.processor / count * 1e3:.1f} / {our.processor / count * 1e3:.1f}",
    )


class IndexRun(NamedTuple):
    """What `qa-bot index` took, in seconds, and its report."""

    wall: float
    processor: float
    report: dict[str, Any]


def run_index(settings: Settings, *arguments: str) -> IndexRun:
    """Runs `qa-bot index --json` in a process of its own."""
    environment = {**os.environ, "QA_BOT_DATA_DIR": str(settings.data_dir), "QA_BOT_CACHE_DIR": str(settings.cache_dir)}
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(
        [sys.executable, "-m", "qa_bot", "index", "--json", *arguments],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return IndexRun(time.perf_counter() - began, processor, json.loads(done.stdout))


def time_reading(news: Path) -> None:
    """Listing and reading a file's articles, without cutting, comparing, embedding or storing them."""
    entries: list[Entry] = []
    listing = timed(lambda: entries.extend(open_source(str(news)).entries()))
    reading = timed(lambda: [entry.read() for entry in entries])
    row("of that: listing / reading the articles alone, s", f"{listing.wall:.2f} / {reading.wall:.2f}")


def time_archive(settings: Settings, news: Path) -> None:
    """Indexes a file, and again when nothing has changed."""
    first = run_index(settings, str(news))
    passages = first.report["passages"]
    whole = first.report["new"] == 14_961
    row("articles / passages / embedded", f"{first.report['new']:,} / {passages['total']:,} / {passages['embedded']:,}")
    row("copies of others among them", f"{first.report['duplicates']:,}")
    row("indexed, s", f"{first.wall:.1f}", "240" if whole else "240 for all of Reuters")
    time_reading(news)
    row("  passages/s: of embedding / of all", f"{passages['per_second']:.0f} / {passages['total'] / first.wall:.0f}")
    row("  processor time, s (two cores: half of it at best)", f"{first.processor:.1f}")
    again = run_index(settings)
    assert (again.report["unchanged"], again.report["passages"]["embedded"]) == (first.report["new"], 0)
    row(
        "unchanged reindex, the whole command / the reindex, s",
        f"{again.wall:.2f} / {again.report['seconds']:.2f}",
        "5",
    )


def time_one_article(settings: Settings, folder: Path) -> None:
    """A new article, read by a process that is running already, and by one that is started for it."""
    with QABot(settings) as asked, QABot(settings) as indexer:
        asked.load()
        asked.ask(QUESTION)
        indexer.load()
        committed, answered = [], []
        for number in range(7, 12):
            path = folder / f"{number}.txt"
            path.write_text(NEW.format(number))
            began = time.perf_counter()
            indexer.reindexer().run([str(path)])
            committed.append(time.perf_counter() - began)
            answer = asked.ask(QUESTION)
            answered.append(time.perf_counter() - began)
            quoted = [answer.article.source] if answer.article else []
            assert str(path) in [*quoted, *(other.article.source for other in answer.alternatives)], answer
            path.unlink()
            indexer.store.sources.remove(str(path))
        row("one new article committed, s (median of 5)", f"{sorted(committed)[2]:.3f}", "0.5")
        row("... and answered by a running bot, s", f"{sorted(answered)[2]:.3f}", "1")
        (folder / "12.txt").write_text(NEW.format(12))
        cold = run_index(settings, str(folder / "12.txt"))
        row("the same by `qa-bot index FILE`, started for it, s", f"{cold.wall:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--news", type=Path, required=True, help="a JSON Lines file of articles")
    parser.add_argument("--limit", type=int, help="index only the first articles")
    parser.add_argument("--encoder-only", action="store_true", help="only compare the encoders")
    options = parser.parse_args()
    row("figure", "measured", "target")
    row("machine: cores / load before", f"{os.cpu_count()} / {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = load_settings(data_dir=folder / "data")
        with QABot(settings) as bot:
            compare_encoders(texts_of(options.news, options.limit), bot)
        if not options.encoder_only:
            (folder / "new").mkdir()
            time_archive(settings, cut_off(options.news, options.limit, folder))
            time_one_article(settings, folder / "new")


if __name__ == "__main__":
    main()
