"""Articles, passages and vectors, as they are read from the SQLite file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.sentences import Span
from embeddings.store.local.database import Database
from embeddings.store.local.tables.rows import ARTICLE_COLUMNS, ARTICLES, generation_of, read_article
from embeddings.store.protocol import ArticleText, KnownArticle, PassageText, SignedArticle, StoredPassage

_MANY = 500
_Value = TypeVar("_Value")


class ArticleTable:
    """Articles in the SQLite file.

    Args:
        database: of the store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, origin: str | None) -> list[KnownArticle]:
        """The articles that a source holds, or all."""
        query = "SELECT id, source, content_hash FROM articles"
        with self._database.errors():
            connection = self._database.connection()
            if origin is None:
                return [KnownArticle(*row) for row in connection.execute(query)]
            query += " WHERE origin = ? OR id IN (SELECT article FROM holders WHERE location = ?) ORDER BY number"
            return [KnownArticle(*row) for row in connection.execute(query, (origin, origin))]

    def origin(self, article_id: str) -> str | None:
        """The source that an article came from, or None."""
        with self._database.errors():
            query = "SELECT origin FROM articles WHERE id = ?"
            row = self._database.connection().execute(query, (article_id,)).fetchone()
        return None if row is None else str(row[0])

    def has_text(self, text_hash: str, other_than: str) -> bool:
        """Whether an article other than the one with this id has this text."""
        with self._database.errors():
            query = "SELECT 1 FROM articles WHERE text_hash = ? AND id != ? LIMIT 1"
            return self._database.connection().execute(query, (text_hash, other_than)).fetchone() is not None

    def near(self, bands: Sequence[bytes]) -> list[SignedArticle]:
        """The articles that share a band, in the order that they were stored."""
        query = (
            "SELECT id, coalesce(signature, x'') FROM articles LEFT JOIN signatures ON signatures.article = number "
            "WHERE number IN (SELECT article FROM bands WHERE band IN ({})) ORDER BY number"
        )
        found: dict[str, SignedArticle] = {}
        with self._database.errors():
            connection = self._database.connection()
            for chunk in _chunks(bands):
                rows = connection.execute(query.format(", ".join("?" for _ in chunk)), chunk)
                found |= {row[0]: SignedArticle(*row) for row in rows}
        return list(found.values())

    def copies(self, article_ids: Sequence[str]) -> dict[str, list[Article]]:
        """For each article that has copies, the other articles of its group, newest first, those without a date last."""
        query = (
            f"SELECT {ARTICLE_COLUMNS} FROM {ARTICLES} WHERE articles.id != ? AND copies = "
            "(SELECT copies FROM articles WHERE id = ?) ORDER BY published_at IS NULL, published_at DESC, title, id"
        )
        found = {}
        with self._database.errors():
            connection = self._database.connection()
            for article_id in dict.fromkeys(article_ids):
                others = [read_article(row) for row in connection.execute(query, (article_id, article_id))]
                if others:
                    found[article_id] = others
        return found

    def articles(self, offset: int, limit: int | None) -> list[Article]:
        """Articles by date, the newest first; those without a date last."""
        order = "published_at IS NULL, published_at DESC, title, id"
        some = f"SELECT number FROM articles ORDER BY {order} LIMIT ? OFFSET ?"
        query = f"SELECT {ARTICLE_COLUMNS} FROM {ARTICLES} WHERE number IN ({some}) ORDER BY {order}"
        with self._database.errors():
            rows = self._database.connection().execute(query, (-1 if limit is None else limit, offset))
            return [read_article(row) for row in rows]

    def article(self, article_id: str) -> ArticleText | None:
        """One article, or None."""
        with self._database.errors():
            query = f"SELECT {ARTICLE_COLUMNS}, sentences FROM {ARTICLES} WHERE articles.id = ?"
            row = self._database.connection().execute(query, (article_id,)).fetchone()
        if row is None:
            return None
        bounds = np.frombuffer(row[-1], np.int32).reshape(-1, 2).tolist()
        return ArticleText(read_article(row[:-1]), [Span(start, end) for start, end in bounds])

    def passages(self, passage_ids: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages with these ids that (still) exist, in the order of the ids."""
        query = (
            "SELECT passages.id, articles.id, start, end FROM passages JOIN articles ON articles.number = passages.article "
            "WHERE passages.id IN ({})"
        )
        held: dict[int, StoredPassage] = {}
        with self._database.errors():
            connection = self._database.connection()
            for chunk in _chunks(passage_ids):
                rows = connection.execute(query.format(", ".join("?" for _ in chunk)), chunk)
                held |= {row[0]: StoredPassage(*row) for row in rows}
        return {passage_id: held[passage_id] for passage_id in passage_ids if passage_id in held}

    def texts(self, passage_ids: Sequence[int]) -> dict[int, PassageText]:
        """What the passages with these ids that (still) exist say."""
        query = (
            "SELECT passages.id, title, substr(text, start + 1, end - start), published_at FROM passages "
            "JOIN articles ON articles.number = passages.article JOIN texts ON texts.article = passages.article "
            "WHERE passages.id IN ({})"
        )
        held: dict[int, PassageText] = {}
        with self._database.errors():
            connection = self._database.connection()
            for chunk in _chunks(passage_ids):
                for passage, title, text, published in connection.execute(
                    query.format(", ".join("?" for _ in chunk)), chunk
                ):
                    held[passage] = PassageText(title, text, date.fromisoformat(published[:10]) if published else None)
        return held

    def vectors(self, passage_ids: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
        """Ids, and vectors, shape (ids, dimension), of those of the passages that (still) exist."""
        ids: list[int] = []
        rows: list[bytes] = []
        with self._database.errors():
            connection = self._database.connection()
            for chunk in _chunks(passage_ids):
                marks = ", ".join("?" for _ in chunk)
                query = f"SELECT passage, vector FROM vectors WHERE passage IN ({marks})"
                for passage, vector in connection.execute(query, chunk):
                    ids.append(int(passage))
                    rows.append(vector)
        return ids, np.frombuffer(b"".join(rows), np.float32).reshape(len(ids), -1 if ids else 0)

    def vectors_of(self, text_hashes: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The vectors that the store already holds for passages with these hashes."""
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


def _chunks(values: Sequence[_Value]) -> Iterator[Sequence[_Value]]:
    """As many values at a time as one query takes."""
    for start in range(0, len(values), _MANY):
        yield values[start : start + _MANY]
