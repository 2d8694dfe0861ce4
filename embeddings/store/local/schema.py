"""The tables of the SQLite file, and how those of an earlier version become these."""

from __future__ import annotations

import sqlite3

from embeddings.articles import article_id

SCHEMA_VERSION = 5
APPLICATION_ID = 0x51414254

# Texts lie apart from the facts about their articles: a look through all articles then reads a hundredth of the file.
# `copies` numbers the group of articles that tell the same; `holders` are the sources of an article besides its origin.
# A generation is all passages that one encoder and passage rule made; `generation` in `facts` is the one that answers.
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sources (
    number INTEGER PRIMARY KEY,
    location TEXT NOT NULL UNIQUE,
    options TEXT NOT NULL DEFAULT '{}',
    added_at TEXT,
    last_indexed_at TEXT,
    last_result TEXT
);
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT,
    publisher TEXT,
    published_at TEXT,
    text_hash TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    copies INTEGER,
    author TEXT
);
CREATE INDEX articles_by_origin ON articles (origin);
CREATE INDEX articles_by_text ON articles (text_hash);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    text_hash BLOB NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX passages_by_article ON passages (article);
CREATE INDEX passages_by_text ON passages (text_hash);
CREATE TABLE vectors (
    passage INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
    vector BLOB NOT NULL
);
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    passage INTEGER NOT NULL,
    added INTEGER NOT NULL,
    generation INTEGER NOT NULL DEFAULT 0
);
"""

_SINCE_2 = """
CREATE INDEX articles_by_copies ON articles (copies) WHERE copies IS NOT NULL;
CREATE TABLE holders (
    location TEXT NOT NULL,
    article TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    PRIMARY KEY (location, article)
) WITHOUT ROWID;
CREATE INDEX holders_by_article ON holders (article);
CREATE TABLE memories (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE signatures (
    article INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE,
    signature BLOB NOT NULL
);
CREATE TABLE bands (
    band BLOB NOT NULL,
    article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    PRIMARY KEY (band, article)
) WITHOUT ROWID;
CREATE INDEX bands_by_article ON bands (article);
CREATE TABLE rebuilt (
    article INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE
);
CREATE TABLE quantisers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    generation INTEGER NOT NULL,
    passages INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE TRIGGER passage_added AFTER INSERT ON passages
    BEGIN INSERT INTO changes (passage, added, generation) VALUES (new.id, 1, new.generation); END;
CREATE TRIGGER passage_removed AFTER DELETE ON passages
    BEGIN INSERT INTO changes (passage, added, generation) VALUES (old.id, 0, old.generation); END;
"""

_TEXTS = """
CREATE TABLE texts (
    article INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE,
    text TEXT NOT NULL,
    sentences BLOB NOT NULL
);
"""

_FROM_1 = """
INSERT INTO texts (article, text, sentences) SELECT number, text, sentences FROM articles;
ALTER TABLE articles DROP COLUMN text;
ALTER TABLE articles DROP COLUMN sentences;
ALTER TABLE articles ADD COLUMN copies INTEGER;
ALTER TABLE sources ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
ALTER TABLE sources ADD COLUMN added_at TEXT;
ALTER TABLE sources ADD COLUMN last_indexed_at TEXT;
ALTER TABLE sources ADD COLUMN last_result TEXT;
ALTER TABLE passages ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE changes ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
DROP TRIGGER passage_added;
DROP TRIGGER passage_removed;
"""

_FROM_2 = """
ALTER TABLE articles ADD COLUMN author TEXT;
"""

# `named` is the id of the article that a person retracted: this one, or the one that this is a copy of.
_SINCE_5 = """
CREATE TABLE retractions (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    named TEXT NOT NULL,
    url TEXT,
    reason TEXT NOT NULL,
    retracted_at TEXT NOT NULL,
    origin TEXT NOT NULL,
    article TEXT
);
"""


def create(connection: sqlite3.Connection) -> None:
    """Makes the tables; to be called in a transaction."""
    _run(connection, _TABLES + _TEXTS + _SINCE_2 + _SINCE_5)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Makes these tables out of those of an earlier version; to be called in a transaction."""
    if version == 1:
        _run(connection, _TEXTS + _FROM_1 + _SINCE_2)
    if version <= 2:
        _run(connection, _FROM_2)
    if version <= 3:
        _lengthen_ids(connection)
    if version <= 4:
        _run(connection, _SINCE_5)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _lengthen_ids(connection: sqlite3.Connection) -> None:
    """Gives articles ids of 128 bits; those of 48 are their beginning, so that what people have noted still finds them."""
    connection.create_function("article_id", 1, article_id, deterministic=True)
    connection.execute("PRAGMA defer_foreign_keys = ON")
    is_short = "length(articles.id) = 12 AND article_id(source) LIKE articles.id || '%'"
    connection.execute(
        f"UPDATE holders SET article = (SELECT article_id(source) FROM articles WHERE articles.id = article) "
        f"WHERE article IN (SELECT id FROM articles WHERE {is_short})"
    )
    connection.execute(f"UPDATE articles SET id = article_id(source) WHERE {is_short}")


def _run(connection: sqlite3.Connection, script: str) -> None:
    """Runs a script statement by statement: `executescript` would commit first."""
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            connection.execute(pending)
            pending = ""
