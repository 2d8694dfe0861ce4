"""Articles, passages and vectors, as they are read from the SQLite file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.store.local.database import Database
from embeddings.store.local.tables.rows import ARTICLE_COLUMNS, ARTICLES, generation_of, read_article, read_sentences
from embeddings.store.protocol import ArticleText, KnownArticle, SignedArticle

_MANY = 500
_Value = TypeVar("_Value")


class ArticleTable:
    """Articles in the SQLite file; implements `embeddings.store.protocol.Articles`.

    Args:
        database: of the store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, origin: str | None = None) -> list[KnownArticle]:
        query = "SELECT id, source, content_hash FROM articles"
        with self._database.errors():
            connection = self._database.connection()
            if origin is None:
                return [KnownArticle(*row) for row in connection.execute(query)]
            query += " WHERE origin = ? OR id IN (SELECT article FROM holders WHERE location = ?) ORDER BY number"
            return [KnownArticle(*row) for row in connection.execute(query, (origin, origin))]

    def origin(self, article_id: str) -> str | None:
        with self._database.errors():
            query = "SELECT origin FROM articles WHERE id = ?"
            row = self._database.connection().execute(query, (article_id,)).fetchone()
        return None if row is None else str(row[0])

    def has_text(self, text_hash: str, other_than: str) -> bool:
        with self._database.errors():
            query = "SELECT 1 FROM articles WHERE text_hash = ? AND id != ? LIMIT 1"
            return self._database.connection().execute(query, (text_hash, other_than)).fetchone() is not None

    def near(self, bands: Sequence[bytes]) -> list[SignedArticle]:
        query = (
            "SELECT id, coalesce(signature, x'') FROM articles LEFT JOIN signatures ON signatures.article = number "
            "WHERE number IN (SELECT article FROM bands WHERE band IN ({})) ORDER BY number"
        )
        found: dict[str, SignedArticle] = {}
        with self._database.errors():
            connection = self._database.connection()
            for chunk in chunks(bands):
                rows = connection.execute(query.format(", ".join("?" for _ in chunk)), chunk)
                found |= {row[0]: SignedArticle(*row) for row in rows}
        return list(found.values())

    def get(self, article_id: str) -> ArticleText | None:
        with self._database.errors():
            query = f"SELECT {ARTICLE_COLUMNS}, sentences FROM {ARTICLES} WHERE articles.id = ?"
            row = self._database.connection().execute(query, (article_id,)).fetchone()
        return None if row is None else ArticleText(read_article(row[:-1]), read_sentences(row[-1]))

    def vectors(self, passage_ids: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
        """Ids, and vectors, shape (ids, dimension), of those of the passages that (still) exist."""
        ids: list[int] = []
        rows: list[bytes] = []
        with self._database.errors():
            connection = self._database.connection()
            for chunk in chunks(passage_ids):
                marks = ", ".join("?" for _ in chunk)
                query = f"SELECT passage, vector FROM vectors WHERE passage IN ({marks})"
                for passage, vector in connection.execute(query, chunk):
                    ids.append(int(passage))
                    rows.append(vector)
        return ids, np.frombuffer(b"".join(rows), np.float32).reshape(len(ids), -1 if ids else 0)

    def vectors_of(self, text_hashes: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        query = (
            "SELECT vector FROM vectors JOIN passages ON passages.id = vectors.passage "
            "WHERE passages.text_hash = ? AND generation = ? LIMIT 1"
        )
        found = {}
        with self._database.errors():
            connection = self._database.connection()
            generation = generation_of(connection)
            for text_hash in text_hashes:
                row = connection.execute(query, (text_hash, generation)).fetchone()
                if row is not None:
                    found[text_hash] = np.frombuffer(row[0], np.float32)
        return found

    def list(self, *, offset: int = 0, limit: int | None = None) -> list[Article]:
        order = "published_at IS NULL, published_at DESC, title, id"
        some = f"SELECT number FROM articles ORDER BY {order} LIMIT ? OFFSET ?"
        query = f"SELECT {ARTICLE_COLUMNS} FROM {ARTICLES} WHERE number IN ({some}) ORDER BY {order}"
        with self._database.errors():
            rows = self._database.connection().execute(query, (-1 if limit is None else limit, offset))
            return [read_article(row) for row in rows]


def chunks(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """As many values at a time as one query takes."""
    for start in range(0, len(values), _MANY):
        yield values[start : start + _MANY]
