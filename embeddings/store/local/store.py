"""The store on one machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.store.local.change_log import ChangeLog
from embeddings.store.local.database import Database
from embeddings.store.local.generations import Generations
from embeddings.store.local.schema import SCHEMA_VERSION
from embeddings.store.local.tables.articles import ArticleTable
from embeddings.store.local.tables.sources import SourceTable
from embeddings.store.local.view import LocalView
from embeddings.store.local.writing import LocalWriting
from embeddings.store.protocol import DenseKind, Say, StoreStatus

FILE_NAME = "qa_bot.sqlite3"


class LocalStore:
    """SQLite, FAISS and tantivy in one folder; implements `embeddings.store.protocol.Store`.

    Safe to use from several threads and several processes at once.

    Args:
        folder: holds `qa_bot.sqlite3` and the caches; made if it is missing.
        say: is told when a cache has to be rebuilt.
        kind: the dense index to use.

    Raises:
        StoreError: the store cannot be opened; the message says why.
    """

    def __init__(self, folder: Path, say: Say = lambda _: None, kind: DenseKind = DenseKind.AUTO) -> None:
        self.folder = folder
        self._database = Database(folder / FILE_NAME)
        self.sources = SourceTable(self._database)
        self.articles = ArticleTable(self._database)
        self._generations = Generations(self._database, kind, say)
        self.writing = LocalWriting(self._database, self._generations)
        self._generations.current()

    # -- facts ---------------------------------------------------------------------------------------------------------

    def _facts(self) -> dict[str, str]:
        with self._database.errors():
            return dict(self._database.connection().execute("SELECT name, value FROM facts").fetchall())

    def _fact(self, name: str) -> str | None:
        return self._facts().get(name)

    @property
    def encoder(self) -> str | None:
        """Identity of the encoder that made the vectors; None while the store is empty."""
        return self._fact("encoder")

    @property
    def passage_rule(self) -> str | None:
        """How the articles were cut into passages; None while the store is empty."""
        return self._fact("passage_rule")

    @contextmanager
    def view(self, only: ArticleFilter = EVERYTHING) -> Iterator[LocalView]:
        """The store at this moment, as far as a filter admits its articles."""
        yield LocalView(self._database, self._generations.followed(), only)

    # -- caches --------------------------------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Brings the caches up to the last commit of any process, as far as that is quick; True if there was anything new.

        The rest is done in the background.
        """
        followers = self._generations.current()
        if followers is None:
            return False
        new = followers.follow()
        followers.dense.prepare_filters()
        return new

    # -- figures -------------------------------------------------------------------------------------------------------

    def _count(self, table: str) -> int:
        return int(self._database.connection().execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def _count_passages(self) -> int:
        """Of the generation that answers; while there is no other, SQLite counts faster without looking at it."""
        facts = self._facts()
        if not facts.keys() & {"leftovers", "next generation"}:
            return self._count("passages")
        query = "SELECT count(*) FROM passages WHERE generation = ?"
        row = self._database.connection().execute(query, (int(facts.get("generation", 0)),)).fetchone()
        return int(row[0])

    def status(self) -> StoreStatus:
        """Figures about the store."""
        with self._database.errors():
            sizes = {
                "sqlite": _size(self.folder, f"{FILE_NAME}*"),
                "dense": _size(self.folder, "**/dense*"),
                "lexical": _size(self.folder, "**/lexical/*"),
            }
            return StoreStatus(
                location=str(self.folder),
                schema_version=SCHEMA_VERSION,
                encoder=self.encoder,
                passage_rule=self.passage_rule,
                articles=self._count("articles"),
                passages=self._count_passages(),
                changes=ChangeLog(self._database, 0).last(),
                dense_index=self._generations.dense_kind,
                sizes={name: size for name, size in sizes.items() if size},  # an exact index has no file
            )

    def close(self) -> None:
        """Lets go of files and connections."""
        self._generations.close()
        self._database.close()


def _size(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())
