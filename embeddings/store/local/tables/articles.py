"""Articles, passages and vectors, as they are read from the SQLite file."""

from __future__ import annotations

import builtins
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from embeddings.articles import Article
from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.sentences import Span
from embeddings.store.local.database import Database, WrongValueError, select_in
from embeddings.store.local.tables.rows import generation_of, read_day
from embeddings.store.protocol import MOST_NEAR, ArchiveSummary, Articles, ArticleText, KnownArticle, SignedArticle

_SHOWN = 40
_AT_ONCE = 500
_ORDER = "published_at IS NULL, published_at DESC, title, id"
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
    def list(
        self, *, offset: int = 0, limit: int | None = None, only: ArticleFilter = EVERYTHING, words: Sequence[str] = ()
    ) -> builtins.list[Article]:
        with self._database.snapshot() as connection:
            if only or words:
                end = None if limit is None else offset + limit
                numbers = list(islice(_admitted(connection, only, words), offset, end))
                query = f"SELECT {ARTICLE_COLUMNS} FROM {ARTICLES} WHERE number IN ({{}}) ORDER BY {_ORDER}"
                rows = [row for some in _batches(numbers) for row in select_in(connection, query, some)]
                return [read_article(row) for row in rows]
            some = f"SELECT number FROM articles ORDER BY {_ORDER} LIMIT ? OFFSET ?"
            query = f"SELECT {ARTICLE_COLUMNS} FROM {ARTICLES} WHERE number IN ({some}) ORDER BY {_ORDER}"
            rows = connection.execute(query, (-1 if limit is None else limit, offset)).fetchall()
            return [read_article(row) for row in rows]

    @override
    def count(self, only: ArticleFilter = EVERYTHING, words: Sequence[str] = ()) -> int:
        with self._database.snapshot() as connection:
            if only or words:
                return sum(1 for _ in _admitted(connection, only, words))
            return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])

    @override
    def summary(self) -> ArchiveSummary:
        by = "SELECT publisher, count(*) FROM articles WHERE publisher != '' GROUP BY publisher ORDER BY 2 DESC, 1"
        day = "substr(published_at, 1, 10)"
        with self._database.snapshot() as connection:
            publishers = {as_text(name): int(count) for name, count in connection.execute(by)}
            query = f"SELECT min({day}), max({day}), count(*) - count(published_at) FROM articles"
            oldest, newest, undated = connection.execute(query).fetchone()
            return ArchiveSummary(publishers, read_day(oldest), read_day(newest), int(undated))


def _admitted(connection: sqlite3.Connection, only: ArticleFilter, words: Sequence[str]) -> Iterator[int]:
    """The numbers of the articles that a filter admits and that have these words, in the order of the list."""
    facts = ARTICLE_COLUMNS if words else ARTICLE_COLUMNS.replace("text", "''")
    place = ARTICLES if words else "articles"
    wanted = [word.casefold() for word in words]
    for number, origin, *row in connection.execute(f"SELECT number, origin, {facts} FROM {place} ORDER BY {_ORDER}"):
        article = read_article(row)
        if not only.admits(article, as_text(origin)):
            continue
        text = f"{article.title}\n{article.text}".casefold() if wanted else ""
        if all(word in text for word in wanted):
            yield int(number)


def _batches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many at a time as `select_in` takes in one query, so that their order holds."""
    for start in range(0, len(numbers), _AT_ONCE):
        yield numbers[start : start + _AT_ONCE]


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
