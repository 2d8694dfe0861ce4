"""Articles, passages and vectors, as they are read from the SQLite file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from embeddings.articles import Article
from embeddings.sentences import Span
from embeddings.store.local.database import Database, select_in
from embeddings.store.local.tables.rows import generation_of
from embeddings.store.protocol import MOST_NEAR, Articles, ArticleText, KnownArticle, SignedArticle

_FIELDS = ("id", "source", "title", "url", "author", "publisher", "text")
ARTICLE_COLUMNS = ", ".join((*(f"articles.{name}" for name in _FIELDS[:-1]), "text", "articles.published_at"))
ARTICLES = "articles JOIN texts ON texts.article = articles.number"


class ArticleTable(Articles):
    """The articles in the SQLite file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    def known(self, origin: str | None = None) -> list[KnownArticle]:
        query = "SELECT id, source, content_hash FROM articles"
        with self._database.snapshot() as connection:
            if origin is None:
                return [KnownArticle(*row) for row in connection.execute(query)]
            query += " WHERE origin = ? OR id IN (SELECT article FROM holders WHERE location = ?) ORDER BY number"
            return [KnownArticle(*row) for row in connection.execute(query, (origin, origin))]

    @override
    def origin(self, article_id: str) -> str | None:
        with self._database.snapshot() as connection:
            query = "SELECT origin FROM articles WHERE id = ?"
            row = connection.execute(query, (article_id,)).fetchone()
        return None if row is None else str(row[0])

    @override
    def has_text(self, text_hash: str, other_than: str) -> bool:
        with self._database.snapshot() as connection:
            query = "SELECT 1 FROM articles WHERE text_hash = ? AND id != ? LIMIT 1"
            return connection.execute(query, (text_hash, other_than)).fetchone() is not None

    @override
    def near(self, bands: Sequence[bytes]) -> list[SignedArticle]:
        some = "SELECT article FROM bands WHERE band = ? ORDER BY article LIMIT ?"
        query = (
            "SELECT id, coalesce(signature, x'') FROM articles LEFT JOIN signatures ON signatures.article = number "
            "WHERE number IN ({}) ORDER BY number"
        )
        with self._database.snapshot() as connection:
            numbers = {row[0] for band in bands for row in connection.execute(some, (band, MOST_NEAR))}
            articles = {row[0]: SignedArticle(*row) for row in select_in(connection, query, sorted(numbers))}
        return list(articles.values())

    @override
    def get(self, article_id: str) -> ArticleText | None:
        with self._database.snapshot() as connection:
            query = f"SELECT {ARTICLE_COLUMNS}, sentences FROM {ARTICLES} WHERE articles.id = ?"
            row = connection.execute(query, (article_id,)).fetchone()
        return None if row is None else ArticleText(read_article(row[:-1]), read_sentences(row[-1]))

    @override
    def vectors_of(self, text_hashes: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        query = (
            "SELECT vector FROM vectors JOIN passages ON passages.id = vectors.passage "
            "WHERE passages.text_hash = ? AND generation = ? LIMIT 1"
        )
        vectors = {}
        with self._database.snapshot() as connection:
            generation = generation_of(connection)
            for text_hash in text_hashes:
                row = connection.execute(query, (text_hash, generation)).fetchone()
                if row is not None:
                    vectors[text_hash] = np.frombuffer(row[0], np.float32)
        return vectors

    @override
    def list(self, *, offset: int = 0, limit: int | None = None) -> list[Article]:
        order = "published_at IS NULL, published_at DESC, title, id"
        some = f"SELECT number FROM articles ORDER BY {order} LIMIT ? OFFSET ?"
        query = f"SELECT {ARTICLE_COLUMNS} FROM {ARTICLES} WHERE number IN ({some}) ORDER BY {order}"
        with self._database.snapshot() as connection:
            rows = connection.execute(query, (-1 if limit is None else limit, offset))
            return [read_article(row) for row in rows]


def read_sentences(bounds: bytes) -> list[Span]:
    """The sentences that `pack_sentences` wrote."""
    return [Span(start, end) for start, end in np.frombuffer(bounds, np.int32).reshape(-1, 2).tolist()]


def read_article(row: Sequence[Any]) -> Article:
    """The article of a row of `ARTICLE_COLUMNS`."""
    *values, published_at = row
    moment: date | datetime | None = None
    if isinstance(published_at, str):
        moment = datetime.fromisoformat(published_at) if "T" in published_at else date.fromisoformat(published_at)
    return Article.model_construct(**dict(zip(_FIELDS, values, strict=True)), published_at=moment)
