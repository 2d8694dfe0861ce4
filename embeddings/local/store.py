"""The store on one machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.local.changes import ChangeLog
from embeddings.local.database import SCHEMA_VERSION, Database
from embeddings.local.dense import DenseCache
from embeddings.local.lexical import LexicalCache
from embeddings.local.rows import ARTICLE_COLUMNS, insert_article, read_article, set_facts
from embeddings.sentences import Span
from embeddings.store import ArticleText, Hit, IndexedArticle, KnownArticle, Say, StoredPassage, StoreStatus

FILE_NAME = "qa_bot.sqlite3"

_AHEAD = "it is ahead of the store"


class LocalStore:
    """SQLite, FAISS and tantivy in one folder; implements `embeddings.store.Store`.

    Safe to use from several threads and several processes at once.

    Args:
        folder: holds `qa_bot.sqlite3` and the caches; made if it is missing.
        say: is told when a cache has to be rebuilt.

    Raises:
        StoreError: the store cannot be opened; the message says why.
    """

    def __init__(self, folder: Path, say: Say = lambda _: None) -> None:
        self.folder = folder
        self._say = say
        self._database = Database(folder / FILE_NAME)
        self._log = ChangeLog(self._database)
        self._guard = threading.RLock()
        self._dense: DenseCache | None = None
        self._lexical: LexicalCache | None = None
        self._dense_identity = ""
        self._unsaved = False
        self._put_back = self._forget_caches_ahead()
        with self._database.errors():
            self._caches_are_new = self._log.last() == 0

    # -- facts ---------------------------------------------------------------------------------------------------------

    def _fact(self, name: str) -> str | None:
        with self._database.errors():
            row = self._database.connection().execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    @property
    def encoder(self) -> str | None:
        """Identity of the encoder that made the vectors; None while the store is empty."""
        return self._fact("encoder")

    @property
    def passage_rule(self) -> str | None:
        """How the articles were cut into passages; None while the store is empty."""
        return self._fact("passage_rule")

    def sources(self) -> list[str]:
        """The sources that a bare reindex reads, in the order they were added."""
        with self._database.errors():
            rows = self._database.connection().execute("SELECT location FROM sources ORDER BY number")
            return [str(location) for (location,) in rows]

    def add_source(self, location: str) -> None:
        """Remembers a source; nothing happens if it is known."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO sources (location) VALUES (?)", (location,))

    # -- writing -------------------------------------------------------------------------------------------------------

    def commit(self, articles: Sequence[IndexedArticle], *, encoder: str, passage_rule: str) -> None:
        """Stores articles, each in place of an earlier one with its id, in one transaction."""
        with self._database.transaction() as connection:
            set_facts(connection, encoder=encoder, passage_rule=passage_rule)
            for indexed in articles:
                connection.execute("DELETE FROM articles WHERE id = ?", (indexed.article.id,))
                insert_article(connection, indexed)

    def replace_all(self, articles: Iterable[IndexedArticle], *, encoder: str, passage_rule: str) -> None:
        """Puts other passages and vectors in place of all there are, in one transaction."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM facts WHERE name IN ('encoder', 'passage_rule')")
            set_facts(connection, encoder=encoder, passage_rule=passage_rule)
            connection.execute("DELETE FROM passages")
            for indexed in articles:
                connection.execute("DELETE FROM articles WHERE id = ?", (indexed.article.id,))
                insert_article(connection, indexed)
        self._caches_are_new = True  # that they are rebuilt now is no news

    def remove(self, article_ids: Sequence[str]) -> int:
        """Removes articles in one transaction; returns how many there were."""
        with self._database.transaction() as connection:
            removed = 0
            for article_id in article_ids:
                removed += connection.execute("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount
            return removed

    # -- reading -------------------------------------------------------------------------------------------------------

    def known(self, origin: str | None = None) -> list[KnownArticle]:
        """The articles that came from one source, or all."""
        query = "SELECT id, source, content_hash FROM articles"
        with self._database.errors():
            connection = self._database.connection()
            if origin is None:
                return [KnownArticle(*row) for row in connection.execute(query)]
            return [KnownArticle(*row) for row in connection.execute(f"{query} WHERE origin = ?", (origin,))]

    def origin(self, article_id: str) -> str | None:
        """The source that an article came from, or None."""
        with self._database.errors():
            query = "SELECT origin FROM articles WHERE id = ?"
            row = self._database.connection().execute(query, (article_id,)).fetchone()
        return None if row is None else str(row[0])

    def has_text(self, text_hash: str, other_than: str) -> bool:
        """Whether an article other than the one with this id has this text."""
        with self._database.errors():
            query = "SELECT 1 FROM articles WHERE text_hash = ? AND id != ? LIMIT 1"
            return self._database.connection().execute(query, (text_hash, other_than)).fetchone() is not None

    def vectors_of(self, text_hashes: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The vectors that the store already holds for passages with these hashes."""
        query = (
            "SELECT vector FROM vectors JOIN passages ON passages.id = vectors.passage "
            "WHERE passages.text_hash = ? LIMIT 1"
        )
        found = {}
        with self._database.errors():
            connection = self._database.connection()
            for text_hash in text_hashes:
                row = connection.execute(query, (text_hash,)).fetchone()
                if row is not None:
                    found[text_hash] = np.frombuffer(row[0], np.float32)
        return found

    def articles(self, *, offset: int = 0, limit: int | None = None) -> list[Article]:
        """Articles by date, the newest first; those without a date last."""
        order = "published_at IS NULL, published_at DESC, title, id"
        query = f"SELECT {ARTICLE_COLUMNS} FROM articles ORDER BY {order} LIMIT ? OFFSET ?"
        with self._database.errors():
            rows = self._database.connection().execute(query, (-1 if limit is None else limit, offset))
            return [read_article(row) for row in rows]

    def article(self, article_id: str) -> ArticleText | None:
        """One article, or None."""
        with self._database.errors():
            query = f"SELECT {ARTICLE_COLUMNS}, sentences FROM articles WHERE id = ?"
            row = self._database.connection().execute(query, (article_id,)).fetchone()
        if row is None:
            return None
        bounds = np.frombuffer(row[-1], np.int32).reshape(-1, 2).tolist()
        return ArticleText(read_article(row[:-1]), [Span(start, end) for start, end in bounds])

    def passages(self, passage_ids: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages with these ids that (still) exist."""
        query = (
            "SELECT passages.id, articles.id, start, end FROM passages JOIN articles ON articles.number = passages.article "
            "WHERE passages.id = ?"
        )
        with self._database.errors():
            connection = self._database.connection()
            rows = (connection.execute(query, (passage_id,)).fetchone() for passage_id in passage_ids)
            return {row[0]: StoredPassage(*row) for row in rows if row is not None}

    # -- searching -----------------------------------------------------------------------------------------------------

    def dense_search(self, vector: NDArray[np.float32], count: int) -> list[Hit]:
        """The `count` passages with the highest cosine, best first; ties by id."""
        self.refresh()
        return self._dense.search(vector, count) if self._dense is not None else []

    def similarities(self, vector: NDArray[np.float32], passage_ids: Sequence[int]) -> dict[int, float]:
        """Cosine of a vector with the vectors of these passages."""
        found = {}
        with self._database.errors():
            connection = self._database.connection()
            for passage_id in passage_ids:
                row = connection.execute("SELECT vector FROM vectors WHERE passage = ?", (passage_id,)).fetchone()
                if row is not None:
                    found[passage_id] = float(np.dot(np.frombuffer(row[0], np.float32), vector))
        return found

    def lexical_search(self, question: str, count: int) -> list[Hit]:
        """The `count` passages with the highest BM25 score for the question's words, best first; ties by id."""
        self.refresh()
        return self._lexical.search(question, count) if self._lexical is not None else []

    # -- caches --------------------------------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Brings the caches up to the last commit of any process; True if there was anything new."""
        with self._guard, self._database.errors():
            if self.encoder is None:
                return False
            new_dense = self._refresh_dense()
            new_lexical = self._refresh_lexical()
            return new_dense or new_lexical

    def save_caches(self) -> None:
        """Writes the dense index beside the store, so that the next process need not catch up."""
        with self._guard:
            if self._dense is None or not self._unsaved or self._database.read_only:
                return
            try:
                with self._lock():
                    self._dense.save(self._dense_identity)
                self._unsaved = False
            except (OSError, Timeout) as error:
                self._say(f"{self.folder}: the dense index could not be saved ({error}); it will be rebuilt next time")

    def _lock(self) -> FileLock:
        return FileLock(self.folder / "caches.lock", timeout=10)

    def _forget_caches_ahead(self) -> bool:
        """Deletes caches that know changes which the store does not: an older copy of it has been put back.

        That must be seen now: once there are as many new changes, the caches would pass for being behind.
        """
        found = False
        for name in ("dense.json", "lexical.json"):
            manifest = self.folder / name
            try:
                change = int(json.loads(manifest.read_text())["change"])
                with self._database.errors():
                    if change <= self._log.last():
                        continue
                found = True
                manifest.unlink(missing_ok=True)
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return found

    def _identity(self) -> str:
        return f"{self._fact('store')}/{self.encoder}/{self._fact('dimension')}"

    def _refresh_dense(self) -> bool:
        if self._dense is not None and (self._dense_identity, self._dense.change) == (
            self._identity(),
            self._log.last(),
        ):
            return False
        while True:
            dense = self._open_dense()
            with self._database.snapshot():
                if self._identity() != self._dense_identity:
                    continue  # another process has replaced all vectors meanwhile
                pending = self._log.pending(dense.change)
                if pending.change != dense.change:
                    dense.apply(np.array(pending.removed, np.int64), self._log.vectors(pending.added), pending.change)
                    self._unsaved = True
            return True

    def _open_dense(self) -> DenseCache:
        identity = self._identity()
        if self._dense is None or identity != self._dense_identity:
            dense = DenseCache(self.folder, int(self._fact("dimension") or 0))
            self._explain("dense", dense.load(identity))
            if dense.change > self._log.last():
                self._explain("dense", _AHEAD)
                dense.clear()
            self._dense, self._dense_identity = dense, identity
        return self._dense

    def _explain(self, cache: str, reason: str | None) -> None:
        if reason is not None and not self._caches_are_new:
            self._say(f"rebuilding the {cache} index from {FILE_NAME}: {_AHEAD if self._put_back else reason}")

    def _refresh_lexical(self) -> bool:
        if self._lexical is not None and self._lexical.change == self._log.last():
            return False
        identity = str(self._fact("store"))
        first = self._lexical is None
        try:
            with self._lock():
                self._lexical = self._lexical or self._open_lexical(identity)
                self._lexical.follow()
                self._catch_up_lexical(self._lexical)
        except (OSError, Timeout) as error:
            if not first and isinstance(error, Timeout):
                return False  # whoever holds the lock is bringing the index up to date: it is there next time
            self._lexical = self._lexical_without_writing(identity, error)
        return True

    def _lexical_without_writing(self, identity: str, error: Exception) -> LexicalCache:
        lexical = LexicalCache(self.folder, identity)
        if lexical.load() is None and lexical.change == self._log.last():
            return lexical
        self._say(f"{self.folder}: the lexical index is kept in memory, as it cannot be written ({error})")
        lexical = LexicalCache(None, identity)
        self._catch_up_lexical(lexical)
        return lexical

    def _open_lexical(self, identity: str) -> LexicalCache:
        lexical = LexicalCache(self.folder, identity)
        reason = lexical.load()
        if reason is None and lexical.change > self._log.last():
            reason = _AHEAD
        if reason is not None:
            self._explain("lexical", reason)
            lexical.clear()
        return lexical

    def _catch_up_lexical(self, lexical: LexicalCache) -> None:
        with self._database.snapshot():
            pending = self._log.pending(lexical.change)
            if pending.change == lexical.change:
                return
            if lexical.is_better_rebuilt(len(pending.removed)):
                lexical.clear()
                pending = self._log.pending(0)
            lexical.apply(pending.removed, self._log.documents(pending.added), pending.change)

    # -- figures -------------------------------------------------------------------------------------------------------

    def _count(self, table: str) -> int:
        return int(self._database.connection().execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def status(self) -> StoreStatus:
        """Figures about the store."""
        with self._database.errors():
            sizes = {
                "sqlite": _size(self.folder, f"{FILE_NAME}*"),
                "dense": _size(self.folder, "dense*"),
                "lexical": _size(self.folder, "lexical/*"),
            }
            return StoreStatus(
                location=str(self.folder),
                schema_version=SCHEMA_VERSION,
                encoder=self.encoder,
                passage_rule=self.passage_rule,
                articles=self._count("articles"),
                passages=self._count("passages"),
                changes=self._log.last(),
                dense_index=self._dense.kind if self._dense else "not loaded",
                sizes=sizes,
            )

    def close(self) -> None:
        """Lets go of files and connections."""
        with self._guard:
            self._dense = self._lexical = None
            self._database.close()


def _size(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())
