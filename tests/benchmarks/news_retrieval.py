"""How often the right article of a news archive is found: ``python tests/benchmarks/news_retrieval.py FILE``; see ``--help``.

Takes a JSON Lines file of articles, cut and embedded as `qa-bot index` does, and looks for known articles; an article's place
is that of its first passage:

headline -> body   the headline, against bodies that have lost theirs
lead -> rest       the first sentence, against articles that have lost it
dated              stories that come again and again under one headline: that headline and the day, "5 March 1987"
latest             the same: "the latest on" and the headline; the newest is right
latest, unique     the same for a headline that only one article has: asking for the latest must not hide it
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embeddings.articles import Article
from embeddings.encoder.model import Encoder
from embeddings.filters import published_on
from embeddings.indexing.chunking import PassageRule, cut
from embeddings.sentences import split_sentences
from embeddings.sources.opening import open_source
from embeddings.store.local import LocalStore
from qa_bot.evaluation.metrics import rank_figures
from qa_bot.retrieval.retriever import DATE_WEIGHT, Retriever
from qa_bot.settings import load_settings
from qa_bot.terminal.render import render_date

DEPTH = 40
BATCH = 32
COLUMNS = ("R@1", "R@5", "R@10", "R@20", "MRR@10", "ms")


class Known(NamedTuple):
    """A question, and the ids of the articles that it asks for."""

    question: str
    articles: frozenset[str]


def _headline(article: Article) -> str:
    return " ".join(re.findall(r"[a-z]+", article.title.lower()))


def _choose(articles: Sequence[Article], limit: int, seed: int) -> tuple[list[Article], dict[str, list[Article]]]:
    """A random choice, with all the stories that come again, and those by headline: three days, three words at least."""
    headlines = defaultdict(list)
    for article in articles:
        if published_on(article) and len(_headline(article).split()) >= 3:
            headlines[_headline(article)].append(article)
    series = {
        headline: stories
        for headline, stories in headlines.items()
        if len({published_on(article) for article in stories}) >= 3
    }
    chosen = {article.id for stories in series.values() for article in stories}
    others = [article.id for article in articles if article.id not in chosen]
    chosen |= set(random.Random(seed).sample(others, max(0, min(limit - len(chosen), len(others)))))
    return [article for article in articles if article.id in chosen], series


def _without_lead(article: Article) -> tuple[str, Article] | None:
    sentences = split_sentences(article.text)
    if len(sentences) < 3 or sentences[0].end - sentences[0].start > 500:
        return None
    lead = article.text[sentences[0].start : sentences[0].end]
    return lead, article.model_copy(update={"text": article.text[sentences[0].end :]})


class Archive:
    """Articles in a store, and how their passages rank."""

    def __init__(
        self, folder: Path, articles: Sequence[Article], encoder: Encoder, vectors: dict[bytes, np.ndarray]
    ) -> None:
        self.store = LocalStore(folder)
        self._encoder = encoder
        self._of: dict[int, str] = {}
        for at in range(0, len(articles), BATCH):
            pieces = [cut(article, PassageRule()) for article in articles[at : at + BATCH]]
            texts = {key: text for piece in pieces for key, text in zip(piece.hashes, piece.texts, strict=True)}
            missing = [key for key in texts if key not in vectors]
            vectors.update(zip(missing, encoder.encode_passages([texts[key] for key in missing]), strict=True))
            indexed = [piece.with_vectors("news", vectors) for piece in pieces]
            self.store.writing.commit(indexed, encoder=encoder.identity, passage_rule=str(PassageRule()))
        self.store.refresh()

    def measure(self, name: str, known: Sequence[Known], retriever: Retriever) -> None:
        """Prints the figures."""
        if not known:
            return
        ranks = []
        vectors = [self._encoder.encode_question(query.question) for query in known]
        began = time.perf_counter()
        for query, vector in zip(known, vectors, strict=True):
            with self.store.view() as view:
                hits = retriever.retrieve(view, query.question[:1000], vector, DEPTH)
            ids = list(dict.fromkeys(hit.passage.article_id for hit in hits))
            ranks.append(next((place for place, article_id in enumerate(ids, 1) if article_id in query.articles), 0))
        milliseconds = (time.perf_counter() - began) * 1000 / len(known)
        figures = [*dict(rank_figures(ranks)).values()]
        print(
            f"{name:<34}{len(known):>6}" + "".join(f"{x:>9.4f}" for x in figures) + f"{milliseconds:>9.2f}", flush=True
        )


def _dated(series: dict[str, list[Article]]) -> tuple[list[Known], list[Known]]:
    """The stories that come again: by day, and the latest of each."""
    by_day, latest = [], []
    for headline, stories in series.items():
        days = defaultdict(list)
        for article in stories:
            days[published_on(article)].append(article.id)
        by_day += [Known(f"{headline} {render_date(day)}", frozenset(ids)) for day, ids in days.items() if day]
        newest = max(day for day in days if day)
        latest.append(Known(f"What is the latest on {headline}?", frozenset(days[newest])))
    return by_day, latest


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="JSON Lines file of articles")
    parser.add_argument("--articles", type=int, default=3000, help="take N articles, by chance; 0 for all")
    parser.add_argument("--questions", type=int, default=1000, help="ask N questions of a kind")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices")
    options = parser.parse_args()
    settings = load_settings()
    encoder = Encoder.load(settings.encoder, settings.cache_dir / "models", threads=settings.threads)
    read = (entry.read() for entry in open_source(options.file).entries())
    everything = [article for article in read if article is not None]
    articles, series = _choose(everything, options.articles or len(everything), options.seed)
    rng = random.Random(options.seed)
    asked = rng.sample(articles, min(options.questions, len(articles)))
    headlines = defaultdict(set)
    for article in articles:
        headlines[_headline(article)].add(article.id)
    retrievers = {
        "dense alone": Retriever(dense_weight=1, overlap_weight=None),
        "convex": Retriever(overlap_weight=None),
        "deployed *": Retriever(),
    }
    weights = sorted({0.0, 0.05, 0.1, 0.15, 0.2, DATE_WEIGHT})
    print(f"{Path(options.file).name}: {len(articles):,} articles, {len(series)} headlines that come again")
    print(f"{'':<34}{'asked':>6}" + "".join(f"{name:>9}" for name in COLUMNS))
    vectors: dict[bytes, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as folder:
        bare = [article.model_copy(update={"title": ""}) for article in articles]
        archive = Archive(Path(folder), bare, encoder, vectors)
        known = [Known(article.title, frozenset(headlines[_headline(article)])) for article in asked if article.title]
        for name, retriever in retrievers.items():
            archive.measure(f"headline -> body, {name}", known, retriever)
        archive.store.close()
    with tempfile.TemporaryDirectory() as folder:
        leads = {article.id: split for article in asked if (split := _without_lead(article)) is not None}
        archive = Archive(
            Path(folder), [leads.get(article.id, ("", article))[1] for article in articles], encoder, vectors
        )
        known = [Known(lead, frozenset([article_id])) for article_id, (lead, _) in leads.items()]
        for name, retriever in retrievers.items():
            archive.measure(f"lead -> rest, {name}", known, retriever)
        by_day, latest = _dated(series)
        unique = [
            Known(f"What is the latest on {_headline(article)}?", frozenset([article.id]))
            for article in asked
            if len(headlines[_headline(article)]) == 1 and article.title
        ]
        for name, known in (("dated", by_day), ("latest", latest), ("latest, unique", unique)):
            for weight in weights:
                mark = " *" if weight == DATE_WEIGHT else ""
                archive.measure(f"{name}, dates {weight:.2f}{mark}", known, Retriever(date_weight=weight))
        archive.store.close()
    print("* as deployed; ms: of the search, without encoding the question")
    return 0


if __name__ == "__main__":
    sys.exit(main())
