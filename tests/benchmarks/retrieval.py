"""How often the paragraph that answers is found: ``python tests/benchmarks/retrieval.py FILE``; see ``--help``.

Prints recall@1/5/10/20 and MRR@10 of dense search, of lexical search, of their reciprocal rank fusion, and of the
convex combination for each weight of the cosine: `qa_bot.retrieval.DENSE_WEIGHT` is chosen from this table.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from embeddings.encoder import Encoder
from qa_bot.evaluation.archive import ParagraphArchive
from qa_bot.evaluation.datasets import Question, load_questions
from qa_bot.evaluation.ranking import DEPTH, RankFigures, rank_figures, reciprocal_rank_fusion
from qa_bot.retrieval import CANDIDATES, DENSE_WEIGHT, Retriever
from qa_bot.settings import load_settings

WEIGHTS = [step / 10 for step in range(11)]


def _choose(
    questions: Sequence[Question], articles: int, count: int, seed: int
) -> tuple[list[Question], list[Question]]:
    """The questions of the first articles, and a random choice of the answerable ones among them."""
    titles = list(dict.fromkeys(question.title for question in questions))[: articles or None]
    held = [question for question in questions if question.title in set(titles)]
    answerable = [question for question in held if question.references]
    return held, random.Random(seed).sample(answerable, min(count or len(answerable), len(answerable)))


def _print(name: str, figures: RankFigures, milliseconds: float) -> None:
    columns = (figures.recall_at_1, figures.recall_at_5, figures.recall_at_10, figures.recall_at_20, figures.mrr_at_10)
    print(f"{name:<24}" + "".join(f"{value:>9.4f}" for value in columns) + f"{milliseconds:>9.2f}", flush=True)


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="SQuAD-format file")
    parser.add_argument("--articles", type=int, default=0, help="take the first N articles only")
    parser.add_argument("--questions", type=int, default=3000, help="ask N random questions; 0 for all")
    parser.add_argument("--seed", type=int, default=1, help="of the random choice")
    options = parser.parse_args()
    settings = load_settings()
    encoder = Encoder.load(settings.encoder, settings.cache_dir / "models", threads=settings.threads)
    held, asked = _choose(load_questions(options.file), options.articles, options.questions, options.seed)
    with tempfile.TemporaryDirectory() as folder, ParagraphArchive(Path(folder), held, encoder) as archive:
        paragraphs = len({question.paragraph for question in held})
        print(f"{options.file.name}: {paragraphs:,} paragraphs, {len(asked):,} questions, encoder {encoder.identity}")
        vectors = {question.text: encoder.encode_question(question.text) for question in asked}
        store = archive.store

        def measure(name: str, search: Callable[[Question], Sequence[int]]) -> None:
            began = time.perf_counter()
            found = [search(question) for question in asked]
            milliseconds = (time.perf_counter() - began) * 1000 / len(asked)
            ranks = [archive.rank(question.paragraph, ids) for question, ids in zip(asked, found, strict=True)]
            _print(name, rank_figures(ranks), milliseconds)

        def dense(question: Question, count: int = DEPTH) -> list[int]:
            return [hit.passage_id for hit in store.dense_search(vectors[question.text], count)]

        def lexical(question: Question, count: int = DEPTH) -> list[int]:
            return [hit.passage_id for hit in store.lexical_search(question.text, count)]

        def fused(question: Question) -> list[int]:
            return reciprocal_rank_fusion([dense(question, CANDIDATES), lexical(question, CANDIDATES)])[:DEPTH]

        def convex(retriever: Retriever, question: Question) -> list[int]:
            return [found.passage.id for found in retriever.retrieve(question.text, vectors[question.text], DEPTH)]

        print(f"{'':<24}" + "".join(f"{name:>9}" for name in ("R@1", "R@5", "R@10", "R@20", "MRR@10", "ms")))
        measure("dense", dense)
        measure("lexical (BM25)", lexical)
        measure("reciprocal rank fusion", fused)
        for weight in sorted({*WEIGHTS, DENSE_WEIGHT}):
            name = f"convex, dense {weight:.2f}" + (" *" if weight == DENSE_WEIGHT else "")
            measure(name, partial(convex, Retriever(store, dense_weight=weight)))
        print("* as deployed; ms: of the search, without encoding the question")
    return 0


if __name__ == "__main__":
    sys.exit(main())
