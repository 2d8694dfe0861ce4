"""The store at one moment, through a filter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.errors import EncoderMismatchError
from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.store.local.database import Database
from embeddings.store.local.dense.search import cosines
from embeddings.store.local.followers import Followers
from embeddings.store.local.tables.articles import ArticleTable, chunks
from embeddings.store.local.tables.rows import ARTICLE_COLUMNS, ARTICLES, read_article, read_sentences
from embeddings.store.protocol import ArticleText, Hit, PassageText, StoredPassage


class LocalView:
    """What one question reads; implements `embeddings.store.protocol.View`.

    Args:
        database: of the store.
        followers: the indexes; None while the store is empty.
        only: the articles that the view shows.
    """

    def __init__(self, database: Database, followers: Followers | None, only: ArticleFilter) -> None:
        self.only = only
        self._database = database
        self._followers = followers
        self._table = ArticleTable(database)

    def narrowed(self, only: ArticleFilter) -> LocalView:
        return LocalView(self._database, self._followers, only)

    def dense_search(self, vector: NDArray[np.float32], count: int) -> list[Hit]:
        if self._followers is None:
            return []
        if len(vector) != self._followers.dense.dimension:
            raise EncoderMismatchError(
                f"the store in {self._database.path.parent} has just been rebuilt with the encoder {self._encoder()}; "
                "set this encoder"
            )
        with self._database.errors():
            return self._followers.dense.search(vector, count, self.only)

    def _encoder(self) -> str:
        row = self._database.connection().execute("SELECT value FROM facts WHERE name = 'encoder'").fetchone()
        return str(row[0])

    def lexical_search(self, question: str, count: int) -> list[Hit]:
        if self._followers is None:
            return []
        admitted = self._followers.dense.admitted(self.only)
        hits = self._followers.lexical.search(question, count, EVERYTHING if admitted is None else self.only, admitted)
        passages = self.passages([hit.passage_id for hit in hits])
        return [hit for hit in hits if hit.passage_id in passages]

    def similarities(self, vector: NDArray[np.float32], passage_ids: Sequence[int]) -> dict[int, float]:
        ids, vectors = self._table.vectors(passage_ids)
        return dict(zip(ids, cosines(vectors, vector).tolist(), strict=True)) if ids else {}

    def passages(self, passage_ids: Sequence[int]) -> dict[int, StoredPassage]:
        query = (
            "SELECT passages.id, articles.id, start, end FROM passages JOIN articles ON articles.number = passages.article "
            "WHERE passages.id IN ({})"
        )
        passages: dict[int, StoredPassage] = {}
        with self._database.errors():
            connection = self._database.connection()
            for chunk in chunks(passage_ids):
                rows = connection.execute(query.format(", ".join("?" for _ in chunk)), chunk)
                passages |= {row[0]: StoredPassage(*row) for row in rows}
        return {passage_id: passages[passage_id] for passage_id in passage_ids if passage_id in passages}

    def texts(self, passage_ids: Sequence[int]) -> dict[int, PassageText]:
        query = (
            "SELECT passages.id, title, substr(text, start + 1, end - start), published_at FROM passages "
            "JOIN articles ON articles.number = passages.article JOIN texts ON texts.article = passages.article "
            "WHERE passages.id IN ({})"
        )
        texts: dict[int, PassageText] = {}
        with self._database.errors():
            connection = self._database.connection()
            for chunk in chunks(passage_ids):
                rows = connection.execute(query.format(", ".join("?" for _ in chunk)), chunk)
                for passage, title, text, published in rows:
                    texts[passage] = PassageText(title, text, date.fromisoformat(published[:10]) if published else None)
        return texts

    def articles(self, article_ids: Sequence[str]) -> dict[str, ArticleText]:
        query = f"SELECT {ARTICLE_COLUMNS}, sentences, origin FROM {ARTICLES} WHERE articles.id IN ({{}})"
        articles: dict[str, ArticleText] = {}
        with self._database.errors():
            connection = self._database.connection()
            for chunk in chunks(article_ids):
                for *columns, sentences, origin in connection.execute(
                    query.format(", ".join("?" for _ in chunk)), chunk
                ):
                    article = read_article(columns)
                    if not self.only or self.only.admits(article, origin):
                        articles[article.id] = ArticleText(article, read_sentences(sentences))
        return {article_id: articles[article_id] for article_id in article_ids if article_id in articles}

    def copies(self, article_ids: Sequence[str]) -> dict[str, list[Article]]:
        query = (
            f"SELECT other.id, {ARTICLE_COLUMNS}, articles.origin FROM {ARTICLES} "
            "JOIN articles AS other ON other.copies = articles.copies AND other.id != articles.id "
            "WHERE other.id IN ({}) "
            "ORDER BY articles.published_at IS NULL, articles.published_at DESC, articles.title, articles.id"
        )
        copies: dict[str, list[Article]] = {}
        with self._database.errors():
            connection = self._database.connection()
            for chunk in chunks(article_ids):
                for article_id, *columns, origin in connection.execute(
                    query.format(", ".join("?" for _ in chunk)), chunk
                ):
                    article = read_article(columns)
                    if not self.only or self.only.admits(article, origin):
                        copies.setdefault(article_id, []).append(article)
        return copies

    def idf(self, terms: Sequence[str]) -> dict[str, float]:
        return self._followers.lexical.idf(terms) if self._followers is not None else {}

    def newest(self) -> date | None:
        return self._followers.lexical.newest(self.only) if self._followers is not None else None
