"""What changes the articles in the SQLite file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from embeddings.store.local.database import Database
from embeddings.store.local.generations import Generations
from embeddings.store.local.rebuild import Rebuild
from embeddings.store.local.tables.rows import put_article, put_sync_state, set_facts
from embeddings.store.protocol import NO_STATE, IndexedArticle


class LocalWriting(Rebuild):
    """Writes to the SQLite file; implements `embeddings.store.protocol.Writing`.

    Args:
        database: of the store.
        generations: the indexes.
    """

    def __init__(self, database: Database, generations: Generations) -> None:
        super().__init__(database)
        self._generations = generations

    def commit(
        self,
        articles: Sequence[IndexedArticle],
        *,
        encoder: str,
        passage_rule: str,
        sync_state: Mapping[str, str] = NO_STATE,
    ) -> None:
        with self._database.transaction() as connection:
            set_facts(connection, encoder=encoder, passage_rule=passage_rule)
            for indexed in articles:
                put_article(connection, indexed)
            put_sync_state(connection, sync_state)

    def remove(self, article_ids: Sequence[str]) -> int:
        with self._database.transaction() as connection:
            removed = 0
            for article_id in article_ids:
                removed += connection.execute("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount
            return removed

    def finish_rebuild(self) -> bool:
        if not self.is_whole():
            return False
        beside = self.generation
        if beside is None:
            return self.finish()
        followers = self._generations.open(*beside)
        try:
            followers.catch_up()  # so that whoever answers from them finds their indexes made
        finally:
            followers.close()
        return self.finish()

    def save_caches(self) -> None:
        followers = self._generations.current()
        if followers is not None:
            followers.catch_up()
            followers.trim_log()
        if not self._database.read_only:
            self.clean_up(self._database.path.parent)
