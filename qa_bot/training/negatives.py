"""Passages that a search ranks high for a question and that do not hold its answer: what a reader must refuse in use."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import tantivy

from embeddings.encoder.model import Encoder, Vectors
from embeddings.passages import embedded_text
from qa_bot.answering.normalize import normalize_answer
from qa_bot.evaluation.datasets import Question
from qa_bot.training.data import Example

_SPARE = 8
"""Passages looked at beyond those wanted, as some hold the answer."""

_CHUNK = 1024


class HardNegatives:
    """Mines a pool of paragraphs by words and by meaning, as the product searches.

    A passage that holds the question's answer, anywhere and in whatever sense, counts as one that may answer it and is
    passed over, as in Karpukhin et al., 2020, "Dense Passage Retrieval", https://arxiv.org/abs/2004.04906.

    Args:
        questions: their paragraphs, each once, are the pool.
        encoder: makes the vectors of the search by meaning; None to search by words only.
        vectors: file in which the paragraphs' vectors stay for the next start.
    """

    def __init__(
        self, questions: Iterable[Question], encoder: Encoder | None = None, vectors: Path | None = None
    ) -> None:
        self.pool: list[tuple[str, str]] = list(dict.fromkeys((q.title, q.paragraph) for q in questions))
        self._normalized = [f" {normalize_answer(paragraph)} " for _, paragraph in self.pool]
        self._index = _lexical_index(self.pool)
        self._searcher = self._index.searcher()
        self._encoder = encoder
        self._vectors = _pool_vectors(self.pool, encoder, vectors) if encoder else np.zeros((0, 0), np.float32)

    def find(self, question: Question, count: int) -> list[Example]:
        """The first `count` passages by BM25 that are not the question's own and hold none of its answers."""
        return self._without_answer(question, self._by_words(question.text, count + _SPARE), count)

    def find_by_meaning(self, question: Question, count: int) -> list[Example]:
        """The same by the cosine of the question's and the passage's vectors; needs an encoder."""
        if self._encoder is None:
            raise ValueError("find_by_meaning needs an encoder")
        scores = self._vectors @ self._encoder.encode_question(question.text)
        limit = min(count + _SPARE, len(scores))
        best = np.argpartition(-scores, limit - 1)[:limit]
        ranked = best[np.lexsort((best, -scores[best]))]
        return self._without_answer(question, ranked.tolist(), count)

    def _by_words(self, question: str, count: int) -> Iterator[int]:
        words = re.findall(r"\w+", question)
        if not words:
            return
        query = self._index.parse_query(" ".join(f'"{word}"' for word in words), ["text"])
        for _, address in self._searcher.search(query, limit=count).hits:
            yield self._searcher.doc(address)["number"][0]

    def _without_answer(self, question: Question, ranked: Iterable[int], count: int) -> list[Example]:
        answers = [f" {normalize_answer(reference.text)} " for reference in question.references]
        negatives: list[Example] = []
        for number in ranked:
            title, paragraph = self.pool[number]
            if paragraph == question.paragraph or any(answer in self._normalized[number] for answer in answers):
                continue
            negatives.append(Example(question.text, title, paragraph, ()))
            if len(negatives) == count:
                break
        return negatives


def _lexical_index(pool: list[tuple[str, str]]) -> tantivy.Index:
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
    schema.add_integer_field("number", stored=True, fast=True)
    index = tantivy.Index(schema.build())
    writer = index.writer(heap_size=64_000_000, num_threads=1)
    for number, (title, paragraph) in enumerate(pool):
        writer.add_document(tantivy.Document(text=f"{title}. {paragraph}", number=number))
    writer.commit()
    index.reload()
    return index


def _pool_vectors(pool: list[tuple[str, str]], encoder: Encoder, path: Path | None) -> Vectors:
    """The paragraphs' vectors, shape (paragraphs, dimension); from the file if it is of this pool and this encoder."""
    digest = hashlib.sha256(encoder.identity.encode())
    for title, paragraph in pool:
        digest.update(f"{title}\0{paragraph}\0".encode())
    made_from = digest.hexdigest()
    saved = _saved_vectors(path, made_from) if path else None
    if saved is not None:
        return saved
    vectors = np.concatenate(
        [
            encoder.encode_passages([embedded_text(title, text) for title, text in pool[at : at + _CHUNK]])
            for at in range(0, len(pool), _CHUNK)
        ]
    )
    if path:
        part = path.with_suffix(".part.npz")
        np.savez(part, vectors=vectors, made_from=np.array(made_from))
        os.replace(part, path)
    return vectors


def _saved_vectors(path: Path, made_from: str) -> Vectors | None:
    """None if the file is not there, damaged, or made from something else: then they are made again."""
    try:
        with path.open("rb") as file, np.load(file) as saved:
            return np.asarray(saved["vectors"], np.float32) if str(saved["made_from"]) == made_from else None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
