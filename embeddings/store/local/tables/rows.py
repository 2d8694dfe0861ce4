"""Rows of the SQLite file, written and read."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.errors import StoreError
from embeddings.store.local.database import read_facts, select_in
from embeddings.store.protocol import IndexedArticle, NewPassage


def read_vectors(connection: sqlite3.Connection, passage_ids: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
    """Ids, and vectors, shape (ids, dimension), of those of the passages that exist; in any order."""
    rows = list(select_in(connection, "SELECT passage, vector FROM vectors WHERE passage IN ({})", passage_ids))
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), np.float32)
    return [passage for passage, _ in rows], vectors.reshape(len(rows), -1 if rows else 0)


def read_day(published_at: str | None) -> date | None:
    """The day on which an article was published."""
    return date.fromisoformat(published_at[:10]) if published_at else None


def set_facts(connection: sqlite3.Connection, *, encoder: str, passage_rule: str) -> None:
    """Notes what the vectors are made with, or finds that another process has noted something else meanwhile."""
    facts = {"encoder": encoder, "passage_rule": passage_rule, "store": uuid.uuid4().hex}
    for name, value in facts.items():
        connection.execute("INSERT OR IGNORE INTO facts (name, value) VALUES (?, ?)", (name, value))
    facts = read_facts(connection)
    if (facts["encoder"], facts["passage_rule"]) != (encoder, passage_rule):
        raise StoreError(
            "another process changed the store's encoder or passage length meanwhile; run the command again"
        )


def put_fact(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Writes a fact, if it is not as it should be already."""
    connection.execute(
        "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value "
        "WHERE value != excluded.value",
        (name, value),
    )


def generation_of(connection: sqlite3.Connection) -> int:
    """The generation of passages that answers."""
    row = connection.execute("SELECT value FROM facts WHERE name = 'generation'").fetchone()
    return int(row[0]) if row else 0


def put_article(connection: sqlite3.Connection, indexed: IndexedArticle) -> None:
    """Writes an article with its passages and their vectors, in place of an earlier one with its id."""
    article = indexed.article
    holders = _take_out(connection, article)
    row = {
        **article.model_dump(include={"id", "source", "title", "url", "author", "publisher"}),
        "origin": indexed.origin,
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "text_hash": article.text_hash,
        "content_hash": article.content_hash,
        "copies": _group_of(connection, indexed.duplicate_of),
    }
    query = f"INSERT INTO articles ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
    number = connection.execute(query, row).lastrowid
    assert number is not None
    query = "INSERT INTO texts (article, text, sentences) VALUES (?, ?, ?)"
    connection.execute(query, (number, article.text, pack_sentences(indexed)))
    for location in holders - {indexed.origin}:
        connection.execute("INSERT INTO holders (location, article) VALUES (?, ?)", (location, article.id))
    if indexed.signature:
        connection.execute("INSERT INTO signatures (article, signature) VALUES (?, ?)", (number, indexed.signature))
    connection.executemany(
        "INSERT OR IGNORE INTO bands (band, article) VALUES (?, ?)", [(band, number) for band in indexed.bands]
    )
    put_passages(connection, number, generation_of(connection), indexed.passages)
    if indexed.passages:
        put_fact(connection, "dimension", dimension_of(indexed))


def _take_out(connection: sqlite3.Connection, article: Article) -> set[str]:
    """Removes the earlier version of an article; returns the sources that held it."""
    row = connection.execute("SELECT origin, source FROM articles WHERE id = ?", (article.id,)).fetchone()
    if row is None:
        return set()
    if row[1] != article.source:
        raise StoreError(f"{article.source}: has the same id as {row[1]}; rename or move one of them")
    others = connection.execute("SELECT location FROM holders WHERE article = ?", (article.id,)).fetchall()
    connection.execute("DELETE FROM articles WHERE id = ?", (article.id,))
    return {str(row[0]), *(str(location) for (location,) in others)}


def _group_of(connection: sqlite3.Connection, original: str | None) -> int | None:
    """The number of the group of copies that an article is in; makes a group of it if it is in none."""
    if original is None:
        return None
    row = connection.execute("SELECT copies FROM articles WHERE id = ?", (original,)).fetchone()
    if row is None:
        return None
    if row[0] is not None:
        return int(row[0])
    (last,) = connection.execute("SELECT max(copies) FROM articles WHERE copies IS NOT NULL").fetchone()
    group = int(last or 0) + 1
    connection.execute("UPDATE articles SET copies = ? WHERE id = ?", (group, original))
    return group


def put_passages(connection: sqlite3.Connection, number: int, generation: int, passages: Sequence[NewPassage]) -> None:
    """Writes passages of the article with this number."""
    for passage in passages:
        passage_id = connection.execute(
            "INSERT INTO passages (article, start, end, text_hash, generation) VALUES (?, ?, ?, ?, ?)",
            (number, passage.start, passage.end, passage.text_hash, generation),
        ).lastrowid
        vector = np.ascontiguousarray(passage.vector, np.float32)
        connection.execute("INSERT INTO vectors (passage, vector) VALUES (?, ?)", (passage_id, vector.tobytes()))


def dimension_of(indexed: IndexedArticle) -> str:
    """How many numbers each of an article's vectors has, as `facts` holds it."""
    return str(indexed.passages[0].vector.shape[0])


def pack_sentences(indexed: IndexedArticle) -> bytes:
    """Bounds of an article's sentences, as they are stored."""
    return np.array(indexed.sentences, np.int32).tobytes()
