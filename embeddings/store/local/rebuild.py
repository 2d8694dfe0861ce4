"""Another generation of passages, made beside the one that answers, and put in its place when it is whole.

The two lie in the same tables and share the articles.  Ordinary commits go on meanwhile: an article that changes loses what
was made of it for the next generation, and is awaited again.  A rebuild that is broken off goes on where it was; one for
another encoder or passage rule takes its place.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from embeddings.errors import StoreError
from embeddings.store.local.database import Database
from embeddings.store.local.tables.rows import dimension_of, generation_of, pack_sentences, put_fact, put_passages
from embeddings.store.protocol import IndexedArticle

_BATCH = 2_000
_LACKING = "SELECT 1 FROM articles WHERE number NOT IN (SELECT article FROM rebuilt) LIMIT 1"
_NEXT = ("next encoder", "next passage_rule", "next generation", "next dimension")


def caches_folder(folder: Path, generation: int) -> Path:
    """Where the caches of a generation lie, in the store's folder."""
    return folder / f"generation-{generation}" if generation else folder


class Rebuild:
    """The next generation of passages in the SQLite file.

    Args:
        database: of the store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._after = 0
        self._number = 0  # of the generation that this one makes

    def begin_rebuild(self, *, encoder: str, passage_rule: str) -> None:
        """Begins the next generation, or goes on with it if it was begun with the same encoder and passage rule."""
        self._after = 0
        with self._database.transaction() as connection:
            facts = _facts(connection)
            if (facts.get("next encoder"), facts.get("next passage_rule")) == (encoder, passage_rule):
                self._number = int(facts["next generation"])
                return
            _forget_next(connection)
            number = self._number = max(generation_of(connection), int(facts.get("last generation", 0))) + 1
            put_fact(connection, "next encoder", encoder)
            put_fact(connection, "next passage_rule", passage_rule)
            put_fact(connection, "next generation", str(number))
            put_fact(connection, "last generation", str(number))

    @property
    def generation(self) -> tuple[int, int] | None:
        """Number of the next generation, and the dimension of its vectors; None if there is none, or it is empty."""
        with self._database.errors():
            facts = _facts(self._database.connection())
        if "next dimension" not in facts:
            return None
        return int(facts["next generation"]), int(facts["next dimension"])

    def awaiting_rebuild(self, count: int) -> list[str]:
        """Some of the articles that the next generation lacks; none if it is whole."""
        query = (
            "SELECT id, number FROM articles WHERE number > ? AND number NOT IN (SELECT article FROM rebuilt) "
            "ORDER BY number LIMIT ?"
        )
        with self._database.errors():
            connection = self._database.connection()
            rows = connection.execute(query, (self._after, count)).fetchall()
            if not rows and self._after:  # those that changed behind our back
                rows = connection.execute(query, (0, count)).fetchall()
            self._after = rows[-1][1] if rows else 0
        return [str(article_id) for article_id, _ in rows]

    def is_whole(self) -> bool:
        """Whether the next generation lacks no article, or is in its place already.

        Raises:
            StoreError: another process has begun another one meanwhile.
        """
        with self._database.errors():
            connection = self._database.connection()
            return self._is_done(_facts(connection)) or connection.execute(_LACKING).fetchone() is None

    def commit_rebuilt(self, articles: Sequence[IndexedArticle]) -> None:
        """Puts articles into the next generation, in one transaction; those that have changed meanwhile are passed over."""
        with self._database.transaction() as connection:
            facts = _facts(connection)
            if self._is_done(facts):
                return
            for indexed in articles:
                query = "SELECT number, content_hash FROM articles WHERE id = ?"
                row = connection.execute(query, (indexed.article.id,)).fetchone()
                if row is None or row[1] != indexed.article.content_hash:
                    continue
                if connection.execute("INSERT OR IGNORE INTO rebuilt (article) VALUES (?)", (row[0],)).rowcount:
                    self._put(connection, row[0], self._number, indexed)

    def _is_done(self, facts: dict[str, str]) -> bool:
        """Whether another process, that makes the same generation, has finished it."""
        if int(facts.get("next generation", 0)) == self._number:
            return False
        if int(facts.get("generation", 0)) == self._number:
            return True
        raise StoreError(
            f"{self._database.path}: another process has begun to rebuild the store with other settings; let it finish, or "
            "stop it and run the command again"
        )

    @staticmethod
    def _put(connection: sqlite3.Connection, number: int, generation: int, indexed: IndexedArticle) -> None:
        sentences = pack_sentences(indexed)
        connection.execute(
            "UPDATE texts SET sentences = ? WHERE article = ? AND sentences != ?", (sentences, number, sentences)
        )
        put_passages(connection, number, generation, indexed.passages)
        if indexed.passages:
            put_fact(connection, "next dimension", dimension_of(indexed))

    def finish(self) -> bool:
        """Puts the next generation in the place of the present one, if it is whole; True if so.

        Raises:
            StoreError: another process has begun another one meanwhile.
        """
        with self._database.transaction() as connection:
            facts = _facts(connection)
            if self._is_done(facts):
                return True
            if connection.execute(_LACKING).fetchone():
                return False
            old = generation_of(connection)
            for name in ("encoder", "passage_rule", "generation", "dimension"):
                if f"next {name}" in facts:
                    put_fact(connection, name, facts[f"next {name}"])
            connection.execute("DELETE FROM quantisers WHERE generation = ?", (old,))
            _forget_next(connection)
        return True

    def clean_up(self, folder: Path) -> None:
        """Deletes passages and caches of generations that are neither the present nor the next one, a batch at a time."""
        with self._database.errors():
            facts = _facts(self._database.connection())
        if "leftovers" not in facts:
            return
        kept = {int(facts.get("generation", 0)), int(facts.get("next generation", -1))}
        marks = ", ".join("?" for _ in kept)
        query = f"SELECT id FROM passages WHERE id > ? AND generation NOT IN ({marks}) ORDER BY id LIMIT {_BATCH}"
        after = 0
        while True:
            with self._database.transaction() as connection:
                ids = [row[0] for row in connection.execute(query, (after, *kept))]
                if not ids:
                    _delete_caches(folder, kept)  # before that is forgotten: this process may end in between
                    connection.execute("DELETE FROM facts WHERE name = 'leftovers'")
                    return
                connection.executemany("DELETE FROM passages WHERE id = ?", [(passage,) for passage in ids])
                after = ids[-1]


def _facts(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, value FROM facts").fetchall())


def _forget_next(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM rebuilt")
    connection.executemany("DELETE FROM facts WHERE name = ?", [(name,) for name in _NEXT])
    put_fact(connection, "leftovers", "yes")


def _delete_caches(folder: Path, kept: set[int]) -> None:
    for path in folder.glob("generation-*"):
        if path.name.partition("-")[2] not in {str(generation) for generation in kept}:
            shutil.rmtree(path, ignore_errors=True)
    if 0 not in kept:
        for path in (folder / "dense.json", folder / "lexical.json", *folder.glob("dense-*.faiss")):
            path.unlink(missing_ok=True)
        shutil.rmtree(folder / "lexical", ignore_errors=True)
