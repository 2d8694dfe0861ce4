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
from embeddings.store.local.database import Database, WrongValueError, select_in
from embeddings.store.local.tables.rows import generation_of
from embeddings.store.protocol import MOST_NEAR, Articles, ArticleText, KnownArticle, SignedArticle

_SHOWN = 40
_OPTIONAL = ("url", "author", "publisher")
_FIELDS = ("id", "source", "title", "url", "author", "publisher", "text")
ARTICLE_COLUMNS = ", ".join((*(f"articles.{name}" for name in _FIELDS[:-1]), "text", "articles.published_at"))
ARTICLES = "articles JOIN texts ON texts.article = articles.number"


class ArticleTable(Articles):
    """The articles in the SQLite file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    def known(self, origin: str | None = None) -> list[KnownArticle]:
        query = "SELECT id, source, content_hash, url FROM articles"
        with self._database.snapshot() as connection:
            if origin is None:
                return [_known(*row) for row in connection.execute(query)]
            query += " WHERE origin = ? OR id IN (SELECT article FROM holders WHERE location = ?) ORDER BY number"
            return [_known(*row) for row in connection.execute(query, (origin, origin))]

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
    def near(self, bands: Sequence[bytes], most: int | None = MOST_NEAR) -> list[SignedArticle]:
        some = "SELECT article FROM bands WHERE band = ? ORDER BY article LIMIT ?"
        query = (
            "SELECT id, coalesce(signature, x'') FROM articles LEFT JOIN signatures ON signatures.article = number "
            "WHERE number IN ({}) ORDER BY number"
        )
        with self._database.snapshot() as connection:
            limit = -1 if most is None else most
            numbers = {row[0] for band in bands for row in connection.execute(some, (band, limit))}
            articles = {row[0]: SignedArticle(*row) for row in select_in(connection, query, sorted(numbers))}
        return list(articles.values())

    @override
    def get(self, article_id: str) -> ArticleText | None:
        with self._database.snapshot() as connection:
            query = f"SELECT {ARTICLE_COLUMNS}, sentences, content_hash FROM {ARTICLES} WHERE articles.id = ?"
            row = connection.execute(query, (article_id,)).fetchone()
            if row is None:
                return None
            *columns, sentences, content_hash = row
            text = read_text(columns, sentences)
            if text.article.content_hash != content_hash:
                raise WrongValueError(f"the article {article_id} is not the one that its hash stands for")
        return text

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


def _known(article_id: object, source: object, content_hash: object, url: object) -> KnownArticle:
    return KnownArticle(
        as_text(article_id), as_text(source), as_text(content_hash), None if url is None else as_text(url)
    )


def as_text(value: object) -> str:
    """A value that is text.

    Raises:
        WrongValueError: it is not.
    """
    if not isinstance(value, str):
        raise WrongValueError(f"a text is {str(value)[:_SHOWN]!r}")
    return value


def read_text(columns: Sequence[Any], sentences: bytes) -> ArticleText:
    """The article of a row of `ARTICLE_COLUMNS`, with the sentences that `pack_sentences` wrote.

    Raises:
        WrongValueError: a value in it is not one that the store writes.
    """
    article = read_article(columns)
    bounds = np.frombuffer(sentences, np.int32).reshape(-1, 2)
    in_order = bounds.ravel()[:-1] <= bounds.ravel()[1:]
    if bounds.size and (bounds[0, 0] < 0 or bounds[-1, 1] > len(article.text) or not in_order.all()):
        raise WrongValueError(f"the sentences of the article {article.id} do not lie in its text")
    return ArticleText(article, [Span(start, end) for start, end in bounds.tolist()])


def read_article(row: Sequence[Any]) -> Article:
    """The article of a row of `ARTICLE_COLUMNS`.

    Raises:
        WrongValueError: a value in it is not one that the store writes.
    """
    *values, published_at = row
    facts = dict(zip(_FIELDS, values, strict=True))
    for name, value in facts.items():
        if not isinstance(value, str) and not (value is None and name in _OPTIONAL):
            raise WrongValueError(f"the {name} of an article is {str(value)[:_SHOWN]!r}")
    moment: date | datetime | None = None
    if published_at is not None:
        moment = datetime.fromisoformat(published_at) if "T" in published_at else date.fromisoformat(published_at)
    return Article.model_construct(**facts, published_at=moment)
