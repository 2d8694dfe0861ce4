"""How long passages should be: ``python tests/benchmarks/passage_length.py FILE...``; see ``--help``.

Joins the paragraphs of SQuAD-format files to whole articles, cuts those as `qa-bot index` does with several lengths and
overlaps, and prints for each how often a passage that holds the answer is found by the deployed retrieval, and what it costs:

R@k, MRR@10   a passage that holds the whole answer, at its place, among the first k
read          the same within the first --characters characters: longer passages are dearer to read
neighbours    the same, with the passages beside the best one in the place of those that come last
a passage     mean characters; /article: passages an article; MB: vectors and text of the passages

The `*` marks the default.  The order of the figures is the same on any machine; the times are not printed for that reason.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embeddings.articles import Article, article_id
from embeddings.encoder.model import Encoder
from embeddings.indexing.chunking import PassageRule, cut
from embeddings.store.local import LocalStore
from embeddings.store.protocol import StoredPassage
from qa_bot.evaluation.datasets import Question, load_questions
from qa_bot.evaluation.metrics import DEPTH, rank_figures
from qa_bot.retrieval.retriever import Retriever
from qa_bot.settings import load_settings

LENGTHS = (400, 600, 800, 1200)
OVERLAPS = (0, 1, 2)
BATCH = 16  # articles
COLUMNS = ("R@1", "R@5", "R@10", "R@20", "MRR@10", "read", "neighbours", "a passage", "/article", "MB")


class Asked(NamedTuple):
    """A question, its article, and where its answers stand in it."""

    text: str
    article: str
    answers: tuple[tuple[int, int], ...]


class Figures(NamedTuple):
    """What one rule gives: the columns in their order."""

    values: tuple[float, ...]

    def __str__(self) -> str:
        shares = "".join(f"{value:>8.4f}" for value in self.values[:6])
        rest = "".join(
            f"{value:>{width}.{digits}f}" for value, width, digits in zip(self.values[6:], *_SHAPES, strict=True)
        )
        return shares + rest


_SHAPES = ((12, 11, 10, 8), (4, 0, 1, 1))


def join_articles(questions: Sequence[Question], limit: int) -> tuple[list[Article], list[Asked]]:
    """The articles with the first titles of a file, and the questions that they answer."""
    paragraphs: dict[str, dict[str, int]] = {}
    for question in questions:
        if question.title in paragraphs or len(paragraphs) < (limit or sys.maxsize):
            paragraphs.setdefault(question.title, {}).setdefault(question.paragraph, 0)
    articles = []
    for title, places in paragraphs.items():
        at = 0
        for paragraph in places:
            places[paragraph] = at
            at += len(paragraph) + 2
        source = f"/{title}"
        articles.append(Article(id=article_id(source), title=title, text="\n\n".join(places), source=source))
    asked = []
    for question in questions:
        begin = paragraphs.get(question.title, {}).get(question.paragraph)
        answers = (
            tuple((begin + span.start, begin + span.end) for span in question.references if span.start >= 0)
            if begin is not None
            else ()
        )
        if answers:
            asked.append(Asked(question.text, article_id(f"/{question.title}"), answers))
    return articles, asked


class Archive:
    """Articles that are cut by a rule, in a store."""

    def __init__(self, folder: Path, articles: Sequence[Article], encoder: Encoder, rule: PassageRule) -> None:
        self.store = LocalStore(folder)
        self._beside: dict[int, list[int]] = {}
        for at in range(0, len(articles), BATCH):
            pieces = [cut(article, rule) for article in articles[at : at + BATCH]]
            texts = {key: text for piece in pieces for key, text in zip(piece.hashes, piece.texts, strict=True)}
            vectors = dict(zip(texts, encoder.encode_passages(list(texts.values())), strict=True))
            indexed = [piece.with_vectors("files", vectors) for piece in pieces]
            self.store.writing.commit(indexed, encoder=encoder.identity, passage_rule=str(rule))
        self.store.writing.save_caches()
        self._retriever = Retriever()
        with self.store.view() as view:
            self.passages = view.passages(range(1, self.store.status().passages + 1))

    def search(self, question: Asked, vector: np.ndarray) -> list[StoredPassage]:
        """The passages that are found, best first."""
        with self.store.view() as view:
            return [hit.passage for hit in self._retriever.retrieve(view, question.text, vector, DEPTH)]

    def beside(self, passage: StoredPassage) -> list[StoredPassage]:
        """The passages before and after one in its article."""
        near = (self.passages.get(passage.id + step) for step in (-1, 1))
        return [neighbour for neighbour in near if neighbour is not None and neighbour.article_id == passage.article_id]


def holds(passage: StoredPassage, question: Asked) -> bool:
    """Whether an answer stands in a passage."""
    return passage.article_id == question.article and any(
        passage.start <= start and end <= passage.end for start, end in question.answers
    )


def within(passages: Sequence[StoredPassage], characters: int) -> list[StoredPassage]:
    """The first passages that are so long together, the first in any case."""
    first: list[StoredPassage] = []
    length = 0
    for passage in dict.fromkeys(passages):
        length += passage.end - passage.start
        if first and length > characters:
            break
        first.append(passage)
    return first


def measure(archive: Archive, articles: int, asked: Sequence[Asked], vectors: np.ndarray, characters: int) -> Figures:
    """The figures of one rule."""
    ranks, read, neighbours = [], [], []
    for question, vector in zip(asked, vectors, strict=True):
        passages = archive.search(question, vector)
        ranks.append(next((place for place, passage in enumerate(passages, 1) if holds(passage, question)), 0))
        read.append(any(holds(passage, question) for passage in within(passages, characters)))
        beside = [*passages[:1], *(archive.beside(passages[0]) if passages else []), *passages[1:]]
        neighbours.append(any(holds(passage, question) for passage in within(beside, characters)))
    lengths = [passage.end - passage.start for passage in archive.passages.values()]
    size = sum(lengths) + len(lengths) * 4 * vectors.shape[1]
    shares = (*dict(rank_figures(ranks)).values(), float(np.mean(read)), float(np.mean(neighbours)))
    return Figures((*shares, float(np.mean(lengths)), len(lengths) / articles, size / 1e6))


def run(file: Path, encoder: Encoder, options: argparse.Namespace) -> None:
    """Prints the table of one file."""
    articles, answerable = join_articles(load_questions(file), options.articles)
    asked = random.Random(options.seed).sample(answerable, min(options.questions, len(answerable)))
    vectors = np.stack([encoder.encode_question(question.text) for question in asked])
    print(f"\n{file.name}: {len(articles):,} articles, {len(asked):,} questions, encoder {encoder.identity}")
    print(
        f"{'longest, overlap':<18}"
        + "".join(f"{name:>8}" for name in COLUMNS[:6])
        + "  neighbours  a passage  /article      MB"
    )
    for max_chars in options.lengths:
        for overlap in options.overlaps:
            rule = PassageRule(max_chars, overlap)
            with tempfile.TemporaryDirectory() as folder:
                archive = Archive(Path(folder), articles, encoder, rule)
                figures = measure(archive, len(articles), asked, vectors, options.characters)
                archive.store.close()
            mark = " *" if rule == PassageRule() else ""
            print(f"{f'{max_chars}, {overlap}{mark}':<18}{figures}", flush=True)


def main() -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="+", help="SQuAD-format files")
    parser.add_argument("--articles", type=int, default=40, help="take the first N titles of each file; 0 for all")
    parser.add_argument("--questions", type=int, default=800, help="ask N random questions a file")
    parser.add_argument("--characters", type=int, default=5600, help="that are read: by default, eight passages of 700")
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS, metavar="N", help="longest passages to try")
    parser.add_argument("--overlaps", type=int, nargs="+", default=OVERLAPS, metavar="N", help="overlaps to try")
    parser.add_argument("--seed", type=int, default=1, help="of the random choice")
    options = parser.parse_args()
    settings = load_settings()
    encoder = Encoder.load(settings.encoder, settings.cache_dir / "models", threads=settings.threads)
    for file in options.file:
        run(file, encoder, options)
    print("* the default")
    return 0


if __name__ == "__main__":
    sys.exit(main())
