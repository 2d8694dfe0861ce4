"""The store on one machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.errors import EncoderMismatchError
from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.store.local.change_log import ChangeLog
from embeddings.store.local.database import Database
from embeddings.store.local.dense.search import cosines
from embeddings.store.local.generations import Generations
from embeddings.store.local.rebuild import Rebuild
from embeddings.store.local.schema import SCHEMA_VERSION
from embeddings.store.local.tables.articles import ArticleTable
from embeddings.store.local.tables.rows import put_article, put_memories, set_facts
from embeddings.store.local.tables.sources import SourceTable
from embeddings.store.protocol import (
    NOTHING,
    ArticleText,
    DenseKind,
    Hit,
    IndexedArticle,
    KnownArticle,
    PassageText,
    Say,
    SignedArticle,
    SourceRecord,
    StoredPassage,
    StoreStatus,
)

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
        self._sources = SourceTable(self._database)
        self._articles = ArticleTable(self._database)
        self._rebuild = Rebuild(self._database)
        self._generations = Generations(self._database, self._rebuild, kind, say)
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

    # -- sources -------------------------------------------------------------------------------------------------------

    def sources(self) -> list[SourceRecord]:
        """The sources that a bare reindex reads, in the order they were added."""
        return self._sources.all()

    def add_source(self, location: str, options: str | None = None) -> None:
        """Remembers a source; of one that is known, the options (JSON), if some are given."""
        self._sources.add(location, options)

    def remove_source(self, location: str) -> int:
        """Forgets a source and removes its articles, except those that another holds; returns how many."""
        return self._sources.remove(location)

    def note_result(self, location: str, result: str) -> None:
        """Remembers how reading a source went, just now."""
        self._sources.note_result(location, result)

    def hold(self, location: str, article_ids: Iterable[str]) -> None:
        """Notes that a source too holds articles that came from another."""
        self._sources.hold(location, article_ids)

    def release(self, location: str, article_ids: Iterable[str]) -> int:
        """Removes articles that a source has no more, except those that another holds; returns how many."""
        return self._sources.release(location, article_ids)

    def recall(self, key: str) -> str | None:
        """What was remembered under a key."""
        return self._sources.recall(key)

    def remember(self, memories: Mapping[str, str]) -> None:
        """Remembers texts, each under its key, in place of what was there."""
        self._sources.remember(memories)

    # -- writing -------------------------------------------------------------------------------------------------------

    def commit(
        self,
        articles: Sequence[IndexedArticle],
        *,
        encoder: str,
        passage_rule: str,
        memories: Mapping[str, str] = NOTHING,
    ) -> None:
        """Stores articles, each in place of an earlier one with its id, and remembers texts, in one transaction."""
        with self._database.transaction() as connection:
            set_facts(connection, encoder=encoder, passage_rule=passage_rule)
            for indexed in articles:
                put_article(connection, indexed)
            put_memories(connection, memories)

    def begin_rebuild(self, *, encoder: str, passage_rule: str) -> None:
        """Begins to make other passages and vectors beside those that answer, or goes on with it."""
        self._rebuild.begin(encoder, passage_rule)

    def awaiting_rebuild(self, count: int) -> list[str]:
        """Ids of at most so many articles for which there are no such passages yet."""
        return self._rebuild.awaiting(count)

    def commit_rebuilt(self, articles: Sequence[IndexedArticle]) -> None:
        """Stores such passages, in one transaction; articles that have changed meanwhile are passed over."""
        self._rebuild.add(articles)

    def finish_rebuild(self) -> bool:
        """Puts them in the place of those that answer, if no article lacks them; True if so."""
        if not self._rebuild.is_whole():
            return False
        beside = self._rebuild.generation
        if beside is None:
            return self._rebuild.finish()
        followers = self._generations.open(*beside)
        try:
            followers.catch_up()  # so that whoever answers from them finds their indexes made
        finally:
            followers.close()
        return self._rebuild.finish()

    def remove(self, article_ids: Sequence[str]) -> int:
        """Removes articles in one transaction; returns how many there were."""
        with self._database.transaction() as connection:
            removed = 0
            for article_id in article_ids:
                removed += connection.execute("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount
            return removed

    # -- reading -------------------------------------------------------------------------------------------------------

    def known(self, origin: str | None = None) -> list[KnownArticle]:
        """The articles that a source holds, or all."""
        return self._articles.known(origin)

    def origin(self, article_id: str) -> str | None:
        """The source that an article came from, or None."""
        return self._articles.origin(article_id)

    def has_text(self, text_hash: str, other_than: str) -> bool:
        """Whether an article other than the one with this id has this text."""
        return self._articles.has_text(text_hash, other_than)

    def near(self, bands: Sequence[bytes]) -> list[SignedArticle]:
        """The articles that share a band with these, in the order that they were stored."""
        return self._articles.near(bands)

    def copies(self, article_ids: Sequence[str]) -> dict[str, list[Article]]:
        """For each article that has copies, the other articles of its group, newest first, those without a date last."""
        return self._articles.copies(article_ids)

    def vectors_of(self, text_hashes: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The vectors that the store already holds for passages with these hashes."""
        return self._articles.vectors_of(text_hashes)

    def articles(self, *, offset: int = 0, limit: int | None = None) -> list[Article]:
        """Articles by date, the newest first; those without a date last."""
        return self._articles.articles(offset, limit)

    def article(self, article_id: str) -> ArticleText | None:
        """One article, or None."""
        return self._articles.article(article_id)

    def passages(self, passage_ids: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages with these ids that (still) exist, in the order of the ids."""
        return self._articles.passages(passage_ids)

    def texts(self, passage_ids: Sequence[int]) -> dict[int, PassageText]:
        """What the passages with these ids that (still) exist say."""
        return self._articles.texts(passage_ids)

    # -- searching -----------------------------------------------------------------------------------------------------

    def dense_search(self, vector: NDArray[np.float32], count: int, only: ArticleFilter = EVERYTHING) -> list[Hit]:
        """The `count` passages with the highest cosine among the articles that `only` admits, best first; ties by id."""
        followers = self._generations.followed()
        if followers is None:
            return []
        if len(vector) != followers.dense.dimension:
            raise EncoderMismatchError(
                f"the store in {self.folder} has just been rebuilt with the encoder {self.encoder}; set this encoder"
            )
        with self._database.errors():
            return followers.dense.search(vector, count, only)

    def similarities(self, vector: NDArray[np.float32], passage_ids: Sequence[int]) -> dict[int, float]:
        """Cosine of a vector with the vectors of these passages."""
        found, vectors = self._articles.vectors(passage_ids)
        if not found:
            return {}
        return dict(zip(found, cosines(vectors, vector).tolist(), strict=True))

    def lexical_search(self, question: str, count: int, only: ArticleFilter = EVERYTHING) -> list[Hit]:
        """The `count` passages with the highest BM25 score for the question's words, best first; ties by id.

        Only passages of articles that `only` admits.
        """
        followers = self._generations.followed()
        if followers is None:
            return []
        admitted = followers.dense.admitted(only)
        hits = followers.lexical.search(question, count, EVERYTHING if admitted is None else only, admitted)
        held = self._articles.passages([hit.passage_id for hit in hits])
        return [hit for hit in hits if hit.passage_id in held]

    def newest(self, only: ArticleFilter = EVERYTHING) -> date | None:
        """The last day on which an article that `only` admits was published; None if none has a date."""
        followers = self._generations.followed()
        return followers.lexical.newest(only) if followers is not None else None

    def rarity(self, terms: Sequence[str]) -> dict[str, float]:
        """How rare terms are: the inverse document frequency of BM25, at least 0."""
        followers = self._generations.followed()
        return followers.lexical.rarity(terms) if followers is not None else {}

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

    def save_caches(self) -> None:
        """Brings the caches beside the store up to date, whatever it takes, and tidies up.

        The next process need not catch up then.
        """
        followers = self._generations.current()
        if followers is not None:
            followers.catch_up()
            followers.trim_log()
        if not self._database.read_only:
            self._rebuild.clean_up(self.folder)

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
