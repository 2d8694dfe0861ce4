"""How often the paragraph that answers is found: ``python tests/benchmarks/retrieval.py FILE...``; see ``--help``.

For each SQuAD-format file, whose paragraphs become an archive of their own, prints recall@1/5/10/20 and MRR@10 of dense
search, of lexical search, of their reciprocal rank fusion, of the convex combination of both for some weights, and of the
shortlist ranked by the words shared, for some weights: `DENSE_WEIGHT` and `OVERLAP_WEIGHT` of `retriever` are chosen
from this table.  With several files it ends with the means over them: a weight is good if it is good in each.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from embeddings.encoder.model import Encoder
from embeddings.store.protocol import Store
from qa_bot.evaluation.datasets import Question, load_questions
from qa_bot.evaluation.metrics import DEPTH, rank_figures, reciprocal_rank_fusion
from qa_bot.evaluation.question_archive import ParagraphArchive
from qa_bot.retrieval.retriever import CANDIDATES, DENSE_WEIGHT, OVERLAP_WEIGHT, Retriever
from qa_bot.settings import load_settings

COLUMNS = ("R@1", "R@5", "R@10", "R@20", "MRR@10", "ms")
CONVEX = sorted({0.4, 0.5, 0.6, 0.7, 0.8, DENSE_WEIGHT})
OVERLAP = sorted({0.3, 0.4, 0.5, 0.6, 0.7, OVERLAP_WEIGHT})

Search = Callable[[str, np.ndarray], Sequence[int]]


def _choose(questions: Sequence[Question], options: argparse.Namespace) -> tuple[list[Question], list[Question]]:
    """The questions of the first articles and paragraphs, and a random choice of the answerable ones among them."""
    titles = set(list(dict.fromkeys(question.title for question in questions))[: options.articles or None])
    chosen = [question for question in questions if question.title in titles]
    paragraphs = set(list(dict.fromkeys(question.paragraph for question in chosen))[: options.paragraphs or None])
    chosen = [question for question in chosen if question.paragraph in paragraphs]
    answerable = [question for question in chosen if question.references]
    count = min(options.questions or len(answerable), len(answerable))
    return chosen, random.Random(options.seed).sample(answerable, count)


def _searches(store: Store) -> dict[str, Search]:
    """The ways to search that are compared, by their names."""

    def dense(question: str, vector: np.ndarray, count: int = DEPTH) -> list[int]:
        with store.view() as view:
            return [hit.passage_id for hit in view.dense_search(vector, count)]

    def lexical(question: str, vector: np.ndarray, count: int = DEPTH) -> list[int]:
        with store.view() as view:
            return [hit.passage_id for hit in view.lexical_search(question, count)]

    def ranks(question: str, vector: np.ndarray) -> list[int]:
        return reciprocal_rank_fusion([dense(question, vector, CANDIDATES), lexical(question, vector, CANDIDATES)])[
            :DEPTH
        ]

    def by(retriever: Retriever) -> Search:
        def search(question: str, vector: np.ndarray) -> list[int]:
            with store.view() as view:
                return [hit.passage.id for hit in retriever.retrieve(view, question, vector, DEPTH)]

        return search

    searches: dict[str, Search] = {"dense": dense, "lexical (BM25)": lexical, "reciprocal rank fusion": ranks}
    for weight in CONVEX:
        searches[f"convex, dense {weight:.2f}"] = by(Retriever(dense_weight=weight, overlap_weight=None))
    for weight in OVERLAP:
        mark = " *" if weight == OVERLAP_WEIGHT else ""
        searches[f"ranked, overlap {weight:.2f}{mark}"] = by(Retriever(overlap_weight=weight))
    return searches


def _print(name: str, figures: Sequence[float]) -> None:
    print(f"{name:<24}" + "".join(f"{value:>9.4f}" for value in figures[:-1]) + f"{figures[-1]:>9.2f}", flush=True)


def _measure(file: Path, encoder: Encoder, options: argparse.Namespace) -> dict[str, list[float]]:
    """Prints and returns the figures of one file, by the name of the search."""
    questions, asked = _choose(load_questions(file), options)
    table = {}
    with tempfile.TemporaryDirectory() as folder, ParagraphArchive(Path(folder), questions, encoder) as archive:
        paragraphs = len({question.paragraph for question in questions})
        print(f"\n{file.name}: {paragraphs:,} paragraphs, {len(asked):,} questions, encoder {encoder.identity}")
        print(f"{'':<24}" + "".join(f"{name:>9}" for name in COLUMNS))
        vectors = [encoder.encode_question(question.text) for question in asked]
        for name, search in _searches(archive.store).items():
            began = time.perf_counter()
            results = [search(question.text, vector) for question, vector in zip(asked, vectors, strict=True)]
            milliseconds = (time.perf_counter() - began) * 1000 / len(asked)
            ranks = [archive.rank(question.paragraph, ids) for question, ids in zip(asked, results, strict=True)]
            table[name] = [*dict(rank_figures(ranks)).values(), milliseconds]
            _print(name, table[name])
    return table


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="+", help="SQuAD-format files")
    parser.add_argument("--articles", type=int, default=0, help="take the first N articles of each file only")
    parser.add_argument("--paragraphs", type=int, default=0, help="take the first N paragraphs of them only")
    parser.add_argument("--questions", type=int, default=2000, help="ask N random questions a file; 0 for all")
    parser.add_argument("--seed", type=int, default=1, help="of the random choice")
    options = parser.parse_args()
    settings = load_settings()
    encoder = Encoder.load(settings.encoder, settings.cache_dir / "models", threads=settings.threads)
    tables = defaultdict(list)
    for file in options.file:
        for name, figures in _measure(file, encoder, options).items():
            tables[name].append(figures)
    if len(options.file) > 1:
        print(f"\nmean over {len(options.file)} files")
        for name, rows in tables.items():
            _print(name, np.mean(rows, axis=0).tolist())
    print("* as deployed; ms: of the search, without encoding the question")
    return 0


if __name__ == "__main__":
    sys.exit(main())
