"""What changes the articles, and makes another generation of passages beside the one that answers.

The two generations lie in the same tables and share the articles.  Ordinary commits continue meanwhile: an article that
changes loses what was made of it for the next generation, and is awaited again.  A rebuild that is broken off continues where
it was; one for another encoder or passage rule takes its place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing

from typing_extensions import override

from embeddings.errors import StoreError
from embeddings.store.local.caches import Caches, delete_caches, rebuilt_generation
from embeddings.store.local.database import Database, read_facts
from embeddings.store.local.tables.articles import as_text
from embeddings.store.local.tables.retractions import count_up, retraction_mark
from embeddings.store.local.tables.rows import (
    dimension_of,
    generation_of,
    pack_sentences,
    put_article,
    put_fact,
    put_passages,
    set_facts,
)
from embeddings.store.local.tables.sources import put_sync_state
from embeddings.store.protocol import NO_STATE, IndexedArticle, Writing

_BATCH = 2_000
_LACKING = "SELECT 1 FROM articles WHERE number NOT IN (SELECT article FROM rebuilt) LIMIT 1"
_NEXT = ("next encoder", "next passage_rule", "next generation", "next dimension")


class LocalWriting(Writing):
    """Writes to the SQLite file; the caches are made ready before a new generation answers."""

    def __init__(self, database: Database, caches: Caches) -> None:
        self._database = database
        self._caches = caches
        self._after = 0
        self._number = 0  # of the generation that this one makes

    @override
    def commit(
        self,
        articles: Sequence[IndexedArticle],
        *,
        encoder: str,
        passage_rule: str,
        sync_state: Mapping[str, str] = NO_STATE,
        retractions: int | None = None,
    ) -> bool:
        with self._database.transaction() as connection:
            if retractions not in (None, retraction_mark(connection)):
                return False
            set_facts(connection, encoder=encoder, passage_rule=passage_rule)
            for indexed in articles:
                put_article(connection, indexed)
            put_sync_state(connection, sync_state)
        return True

    @override
    def remove(self, article_ids: Sequence[str]) -> int:
        query = "DELETE FROM articles WHERE id = ?"
        with self._database.transaction() as connection:
            return sum(connection.execute(query, (article_id,)).rowcount for article_id in article_ids)

    @override
    def restore(
        self, retracted: Sequence[str], articles: Sequence[IndexedArticle], *, encoder: str, passage_rule: str
    ) -> None:
        with self._database.transaction() as connection:
            if articles:
                set_facts(connection, encoder=encoder, passage_rule=passage_rule)
            for indexed in articles:
                put_article(connection, indexed)
            query = "DELETE FROM retractions WHERE id = ?"
            connection.executemany(query, [(article_id,) for article_id in retracted])
            count_up(connection)

    @override
    def begin_rebuild(self, *, encoder: str, passage_rule: str) -> None:
        self._after = 0
        with self._database.transaction() as connection:
            facts = read_facts(connection)
            if (facts.get("next encoder"), facts.get("next passage_rule")) == (encoder, passage_rule):
                self._number = int(facts["next generation"])
                return
            _forget_next(connection)
            number = self._number = max(generation_of(connection), int(facts.get("last generation", 0))) + 1
            numbers = {"next generation": str(number), "last generation": str(number)}
            for name, value in {"next encoder": encoder, "next passage_rule": passage_rule, **numbers}.items():
                put_fact(connection, name, value)

    @override
    def awaiting_rebuild(self, count: int) -> list[str]:
        query = (
            "SELECT id, number FROM articles WHERE number > ? AND number NOT IN (SELECT article FROM rebuilt) "
            "ORDER BY number LIMIT ?"
        )
        with self._database.snapshot() as connection:
            rows = connection.execute(query, (self._after, count)).fetchall()
            if not rows and self._after:  # those that changed behind our back
                rows = connection.execute(query, (0, count)).fetchall()
            ids = [as_text(article_id) for article_id, _ in rows]
        self._after = rows[-1][1] if rows else 0
        return ids

    @override
    def commit_rebuilt(self, articles: Sequence[IndexedArticle]) -> None:
        with self._database.transaction() as connection:
            if self._is_done(read_facts(connection)):
                return
            for indexed in articles:
                query = "SELECT number, content_hash FROM articles WHERE id = ?"
                row = connection.execute(query, (indexed.article.id,)).fetchone()
                if row is None or row[1] != indexed.article.content_hash:
                    continue
                if connection.execute("INSERT OR IGNORE INTO rebuilt (article) VALUES (?)", (row[0],)).rowcount:
                    self._put_rebuilt(connection, row[0], indexed)

    def _put_rebuilt(self, connection: sqlite3.Connection, number: int, indexed: IndexedArticle) -> None:
        sentences = pack_sentences(indexed)
        connection.execute(
            "UPDATE texts SET sentences = ? WHERE article = ? AND sentences != ?", (sentences, number, sentences)
        )
        put_passages(connection, number, self._number, indexed.passages)
        if indexed.passages:
            put_fact(connection, "next dimension", dimension_of(indexed))

    @override
    def finish_rebuild(self) -> bool:
        with self._database.snapshot() as connection:
            facts = read_facts(connection)
            if not self._is_done(facts) and connection.execute(_LACKING).fetchone():
                return False
            rebuilt = rebuilt_generation(facts)
        if rebuilt is not None:
            with closing(self._caches.open(facts, *rebuilt)) as caches:
                caches.bring_copies_up_to_date()  # so that whoever answers from them finds their indexes made
        return self._put_in_place()

    def _put_in_place(self) -> bool:
        """Puts the next generation in the place of the present one, if it is whole; True if so."""
        with self._database.transaction() as connection:
            facts = read_facts(connection)
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

    def _is_done(self, facts: Mapping[str, str]) -> bool:
        """Whether another process, that makes the same generation, has finished it."""
        if int(facts.get("next generation", 0)) == self._number:
            return False
        if int(facts.get("generation", 0)) == self._number:
            return True
        raise StoreError(
            f"{self._database.path}: another process has begun to rebuild the store with other settings; let it finish, or "
            "stop it and run the command again"
        )

    @override
    def save_caches(self) -> None:
        with self._database.snapshot() as connection:
            facts = read_facts(connection)
        caches = self._caches.current(facts)
        if caches is not None:
            caches.bring_copies_up_to_date()
            caches.trim_log()
        if not self._database.read_only and "leftovers" in facts:
            self._clean_up(facts)

    def _clean_up(self, facts: Mapping[str, str]) -> None:
        """Deletes passages and caches of generations that are neither the present nor the next one, a batch at a time."""
        living = {int(facts.get("generation", 0)), int(facts.get("next generation", -1))}
        marks = ", ".join("?" for _ in living)
        query = f"SELECT id FROM passages WHERE id > ? AND generation NOT IN ({marks}) ORDER BY id LIMIT {_BATCH}"
        after = 0
        while True:
            with self._database.transaction() as connection:
                ids = [row[0] for row in connection.execute(query, (after, *living))]
                if not ids:
                    delete_caches(self._database.path.parent, living)  # first: this process may end in between
                    connection.execute("DELETE FROM facts WHERE name = 'leftovers'")
                    return
                connection.executemany("DELETE FROM passages WHERE id = ?", [(passage,) for passage in ids])
                after = ids[-1]


def _forget_next(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM rebuilt")
    connection.executemany("DELETE FROM facts WHERE name = ?", [(name,) for name in _NEXT])
    put_fact(connection, "leftovers", "yes")
