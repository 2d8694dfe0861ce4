"""A large archive out of a small one: real sentences put together anew, real embeddings mixed and moved."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article, article_id
from embeddings.encoder.model import Encoder
from embeddings.indexing.near_duplicates import bands, fingerprint
from embeddings.passages import split_passages
from embeddings.sentences import split_sentences
from embeddings.store.protocol import IndexedArticle, NewPassage, Store

Vectors = NDArray[np.float32]

PASSAGE_CHARS = 800
_PASSAGES_AN_ARTICLE = 4
_RUN = 3  # sentences that stay together
_BATCH = 500  # articles
_PUBLISHERS = ("The Morning Post", "Valley Herald", "Coast Gazette", "Northern Wire")


def read_news(path: Path, limit: int) -> list[tuple[str, str]]:
    """Titles and texts of articles in a JSON Lines file."""
    articles = []
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            text = record.get("text") or record.get("content") or ""
            if len(text) > 200:
                articles.append((record.get("title") or "", text))
            if len(articles) == limit:
                break
    return articles


class SyntheticArchive:
    """Articles of `_PASSAGES_AN_ARTICLE` passages each.

    A passage is made of runs of consecutive sentences from the news.  Its vector is that of a real passage, moved in the
    direction from one real passage to another: such vectors lie in as few dimensions, and as close together, as real ones.

    Args:
        news: titles and texts.
        encoder: makes the real vectors.
        sample: real passages to encode.
        seed: of all that is drawn by lot.
    """

    def __init__(self, news: Sequence[tuple[str, str]], encoder: Encoder, sample: int, seed: int = 1) -> None:
        self.encoder = encoder
        self._rng = np.random.default_rng(seed)
        self.titles = [title for title, _ in news if title]
        self._sentences: list[str] = []
        real: list[str] = []
        for _, text in news:
            self._sentences += [text[s.start : s.end] for s in split_sentences(text) if s.end - s.start < PASSAGE_CHARS]
            real += [text[p.start : p.end] for p in split_passages(text, max_chars=PASSAGE_CHARS, overlap_sentences=1)]
        chosen = self._rng.permutation(len(real))[:sample]
        self.real_vectors = encoder.encode_passages([real[number] for number in chosen])

    def vectors(self, count: int) -> Vectors:
        """Unit vectors, shape (count, dimension)."""
        base, start, end = (self._rng.integers(0, len(self.real_vectors), count) for _ in range(3))
        far = self._rng.uniform(0.2, 0.7, (count, 1)).astype(np.float32)
        moved = self.real_vectors[base] + far * (self.real_vectors[start] - self.real_vectors[end])
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)

    def _passage(self) -> str:
        text = ""
        while len(text) < PASSAGE_CHARS * 0.75:
            at = int(self._rng.integers(0, len(self._sentences) - _RUN))
            text += " ".join(self._sentences[at : at + _RUN]).replace("\n", " ") + " "
        return text[:PASSAGE_CHARS].rsplit(" ", 1)[0]

    def article(self, number: int) -> IndexedArticle:
        """One article."""
        texts = [self._passage() for _ in range(_PASSAGES_AN_ARTICLE)]
        source = f"/synthetic/{number}"
        article = Article(
            id=article_id(source),
            title=self.titles[int(self._rng.integers(0, len(self.titles)))],
            text="\n".join(texts),
            publisher=_PUBLISHERS[number % len(_PUBLISHERS)],
            published_at=np.datetime64("1990-01-01").astype("datetime64[D]").item()
            + np.timedelta64(number % 12_000, "D").item(),
            source=source,
        )
        passages, at = [], 0
        for text, vector in zip(texts, self.vectors(len(texts)), strict=True):
            text_hash = hashlib.sha256(text.encode()).digest()[:16]
            passages.append(NewPassage(at, at + len(text), text_hash, vector))
            at += len(text) + 1
        signature = fingerprint(article).signature
        sentences = split_sentences(article.text)
        return IndexedArticle(article, "/synthetic", sentences, passages, signature, bands(signature))

    def fill(self, store: Store, passages: int, rule: str, progress: Callable[[int], None]) -> None:
        """Commits articles until the store holds so many passages."""
        articles = range(passages // _PASSAGES_AN_ARTICLE)
        for start in range(0, len(articles), _BATCH):
            batch = [self.article(number) for number in articles[start : start + _BATCH]]
            store.writing.commit(batch, encoder=self.encoder.identity, passage_rule=rule)
            progress((start + len(batch)) * _PASSAGES_AN_ARTICLE)


def questions(news: Sequence[tuple[str, str]], count: int, seed: int = 2) -> Iterator[str]:
    """Headlines as questions, of articles drawn by lot."""
    titles = [title for title, _ in news if len(title.split()) > 3]
    for number in np.random.default_rng(seed).permutation(len(titles))[:count]:
        yield f"What is known about {titles[number].lower()}?"
