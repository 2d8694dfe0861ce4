"""Rows of the SQLite file, written and read."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from datetime import date, datetime

import numpy as np

from embeddings.articles import Article
from embeddings.errors import StoreError
from embeddings.store import IndexedArticle

ARTICLE_COLUMNS = "id, title, text, url, publisher, published_at, source"


def set_facts(connection: sqlite3.Connection, *, encoder: str, passage_rule: str) -> None:
    """Notes what the vectors are made with, or finds that another process has noted something else meanwhile."""
    facts = {"encoder": encoder, "passage_rule": passage_rule, "store": uuid.uuid4().hex}
    for name, value in facts.items():
        connection.execute("INSERT OR IGNORE INTO facts (name, value) VALUES (?, ?)", (name, value))
    held = dict(connection.execute("SELECT name, value FROM facts").fetchall())
    if (held["encoder"], held["passage_rule"]) != (encoder, passage_rule):
        raise StoreError(
            "another process changed the store's encoder or passage length meanwhile; run the command again"
        )


def insert_article(connection: sqlite3.Connection, indexed: IndexedArticle) -> None:
    """Writes an article with its passages and their vectors."""
    article = indexed.article
    published = article.published_at.isoformat() if article.published_at else None
    number = connection.execute(
        "INSERT INTO articles (id, origin, source, title, text, url, publisher, published_at, text_hash, content_hash, "
        "sentences) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            article.id,
            indexed.origin,
            article.source,
            article.title,
            article.text,
            article.url,
            article.publisher,
            published,
            article.text_hash,
            article.content_hash,
            np.array(indexed.sentences, np.int32).tobytes(),
        ),
    ).lastrowid
    for passage in indexed.passages:
        passage_id = connection.execute(
            "INSERT INTO passages (article, start, end, text_hash) VALUES (?, ?, ?, ?)",
            (number, passage.start, passage.end, passage.text_hash),
        ).lastrowid
        vector = np.ascontiguousarray(passage.vector, np.float32)
        connection.execute("INSERT INTO vectors (passage, vector) VALUES (?, ?)", (passage_id, vector.tobytes()))
        dimension = str(vector.shape[0])
        connection.execute(
            "INSERT INTO facts (name, value) VALUES ('dimension', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value "
            "WHERE value != excluded.value",
            (dimension,),
        )


def read_article(row: Sequence[object]) -> Article:
    """The article of a row of `ARTICLE_COLUMNS`."""
    article_id, title, text, url, publisher, published_at, source = row
    return Article.model_construct(
        id=article_id,
        title=title,
        text=text,
        url=url,
        publisher=publisher,
        published_at=_moment(published_at) if isinstance(published_at, str) else None,
        source=source,
    )


def _moment(text: str) -> date | datetime:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
