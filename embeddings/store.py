"""What every store must do, and the records that cross its border."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.sentences import Span

Say = Callable[[str], None]
"""Is told a line that a person should see: a cache is rebuilt, a model compiled."""


class NewPassage(NamedTuple):
    """A passage to be stored: its place in the article, a hash of what was encoded, and its unit vector."""

    start: int
    end: int
    text_hash: bytes
    vector: NDArray[np.float32]


class IndexedArticle(NamedTuple):
    """An article with its sentences and passages, ready to be stored."""

    article: Article
    origin: str
    sentences: Sequence[Span]
    passages: Sequence[NewPassage]


class KnownArticle(NamedTuple):
    """What a reindex needs to know of an article that is in the store."""

    id: str
    source: str
    content_hash: str


class StoredPassage(NamedTuple):
    """A passage in the store: `start` and `end` count characters of its article's text."""

    id: int
    article_id: str
    start: int
    end: int


class ArticleText(NamedTuple):
    """An article with the sentences that it was cut into when it was indexed."""

    article: Article
    sentences: Sequence[Span]


class Hit(NamedTuple):
    """A passage that a search found: cosine in [-1, 1] for dense search, a BM25 score for lexical search."""

    passage_id: int
    score: float


def best_hits(find: Callable[[int], list[Hit]], count: int) -> list[Hit]:
    """The `count` best hits, ties by id, from an engine that cuts off equal scores in an order of its own.

    Args:
        find: the hits with the `limit` highest scores, best first.
        count: how many hits to return at most.
    """
    limit = count + 1
    hits = find(limit)
    while len(hits) == limit and hits[-1].score == hits[count - 1].score:
        limit *= 2
        hits = find(limit)
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))[:count]


class StoreStatus(NamedTuple):
    """Figures for `qa-bot status`; sizes in bytes."""

    location: str
    schema_version: int
    encoder: str | None
    passage_rule: str | None
    articles: int
    passages: int
    changes: int
    dense_index: str
    sizes: Mapping[str, int]


class Store(Protocol):
    """Articles, passages and vectors, kept safe, and searched by vector and by word.

    A commit is all or nothing.  Searches see every commit made before they began, by this process or another.
    """

    @property
    def encoder(self) -> str | None:
        """Identity of the encoder that made the vectors; None while the store is empty."""

    @property
    def passage_rule(self) -> str | None:
        """How the articles were cut into passages; None while the store is empty."""

    def sources(self) -> list[str]:
        """The sources that a bare reindex reads, in the order they were added."""

    def add_source(self, location: str) -> None:
        """Remembers a source; nothing happens if it is known."""

    def known(self, origin: str | None = None) -> list[KnownArticle]:
        """The articles that came from one source, or all."""

    def has_text(self, text_hash: str, other_than: str) -> bool:
        """Whether an article other than the one with this id has this text."""

    def vectors_of(self, text_hashes: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The vectors that the store already holds for passages with these hashes."""

    def commit(self, articles: Sequence[IndexedArticle], *, encoder: str, passage_rule: str) -> None:
        """Stores articles, each in place of an earlier one with its id, in one transaction."""

    def replace_all(self, articles: Iterable[IndexedArticle], *, encoder: str, passage_rule: str) -> None:
        """Puts other passages and vectors in place of all there are, in one transaction."""

    def remove(self, article_ids: Sequence[str]) -> int:
        """Removes articles in one transaction; returns how many there were."""

    def articles(self, *, offset: int = 0, limit: int | None = None) -> list[Article]:
        """Articles by date, the newest first; those without a date last."""

    def article(self, article_id: str) -> ArticleText | None:
        """One article, or None."""

    def origin(self, article_id: str) -> str | None:
        """The source that an article came from, or None."""

    def passages(self, passage_ids: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages with these ids that (still) exist."""

    def dense_search(self, vector: NDArray[np.float32], count: int) -> list[Hit]:
        """The `count` passages with the highest cosine, best first; ties by id."""

    def similarities(self, vector: NDArray[np.float32], passage_ids: Sequence[int]) -> dict[int, float]:
        """Cosine of a vector with the vectors of these passages."""

    def lexical_search(self, question: str, count: int) -> list[Hit]:
        """The `count` passages with the highest BM25 score for the question's words, best first; ties by id."""

    def refresh(self) -> bool:
        """Brings the caches up to the last commit of any process; True if there was anything new."""

    def save_caches(self) -> None:
        """Writes the caches beside the store, so that the next process need not catch up."""

    def status(self) -> StoreStatus:
        """Figures about the store."""

    def close(self) -> None:
        """Lets go of files and connections."""
