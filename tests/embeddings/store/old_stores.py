"""Stores as earlier versions of the schema wrote them."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
from store_contract import ENCODER, RULE, make_article, make_indexed

from embeddings.articles import Article

VERSION_1 = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sources (number INTEGER PRIMARY KEY, location TEXT NOT NULL UNIQUE);
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    url TEXT,
    publisher TEXT,
    published_at TEXT,
    text_hash TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    sentences BLOB NOT NULL
);
CREATE INDEX articles_by_origin ON articles (origin);
CREATE INDEX articles_by_text ON articles (text_hash);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    text_hash BLOB NOT NULL
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
    added INTEGER NOT NULL
);
CREATE TRIGGER passage_added AFTER INSERT ON passages
    BEGIN INSERT INTO changes (passage, added) VALUES (new.id, 1); END;
CREATE TRIGGER passage_removed AFTER DELETE ON passages
    BEGIN INSERT INTO changes (passage, added) VALUES (old.id, 0); END;
"""

VERSION_2 = """
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
    copies INTEGER
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
CREATE TABLE texts (
    article INTEGER PRIMARY KEY REFERENCES articles (number) ON DELETE CASCADE,
    text TEXT NOT NULL,
    sentences BLOB NOT NULL
);
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

VERSION_3 = VERSION_2.replace("    copies INTEGER\n", "    copies INTEGER,\n    author TEXT\n")

TABLES = {1: VERSION_1, 2: VERSION_2, 3: VERSION_3, 4: VERSION_3}
SHORT_ID = 12
"""Digits of the ids up to version 3."""

ARTICLES = [
    make_article("a.txt", "the harbour\nthe “bridge” 港", url="https://news.example/a", publisher="The Example"),
    make_article("b.txt", "the glacier", published_at=date(2024, 2, 29)),
]


_FACTS = ("id", "source", "title", "url", "publisher", "text_hash", "content_hash")


def write_old_store(folder: Path, version: int) -> None:
    """Writes `ARTICLES` from the source /news, which is one of two, into a new store of an earlier version.

    From version 2 on, the source /more holds the first of them too.
    """
    folder.mkdir()
    connection = sqlite3.connect(folder / "qa_bot.sqlite3")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(TABLES[version])
    facts = {"encoder": ENCODER, "passage_rule": RULE, "store": "f" * 32, "dimension": "8"}
    connection.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
    connection.executemany("INSERT INTO sources (location) VALUES (?)", [("/news",), ("/more",)])
    for number, article in enumerate(ARTICLES, start=1):
        _insert_article(connection, version, number, article)
        for passage in make_indexed(article).passages:
            columns = {"article": number, "start": passage.start, "end": passage.end, "text_hash": passage.text_hash}
            passage_id = _insert(connection, "passages", columns)
            _insert(connection, "vectors", {"passage": passage_id, "vector": passage.vector.tobytes()})
    if version > 1:
        _insert(connection, "holders", {"location": "/more", "article": _id_in(version, ARTICLES[0])})
    connection.execute(f"PRAGMA application_id = {0x51414254}")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()


def _insert_article(connection: sqlite3.Connection, version: int, number: int, article: Article) -> None:
    columns = {name: getattr(article, name) for name in _FACTS} | {"number": number, "origin": "/news"}
    columns["id"] = _id_in(version, article)
    columns["published_at"] = article.published_at and article.published_at.isoformat()
    text = {"text": article.text, "sentences": np.array(make_indexed(article).sentences, np.int32).tobytes()}
    _insert(connection, "articles", columns | (text if version == 1 else {}))
    if version > 1:
        _insert(connection, "texts", {"article": number} | text)


def _id_in(version: int, article: Article) -> str:
    return article.id[:SHORT_ID] if version < 4 else article.id


def _insert(connection: sqlite3.Connection, table: str, columns: dict[str, object]) -> int | None:
    marks = ", ".join("?" for _ in columns)
    names = ", ".join(columns)
    return connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(columns.values())).lastrowid
