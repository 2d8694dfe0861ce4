"""What every store must do, and the records that cross its border."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.sentences import Span
from embeddings.store.retractions import Retractions

Say = Callable[[str], None]
"""Is told a line that a person should see: a cache is rebuilt, a model compiled."""

MOST_COPIES = 10
"""Articles of a group of copies that a view shows; a story that thousands tell is read no more often for that."""

MOST_NEAR = 32
"""Articles of a band that another one is compared with; more of them are copies of each other."""

NO_STATE: Mapping[str, str] = MappingProxyType({})
"""No sync state."""


class DenseKind(StrEnum):
    """The index for dense search.

    Attributes:
        AUTO: exact for few passages, quantised for many.
        EXACT: every vector is compared, and held in memory: 1.5 GB for a million of 384 numbers.
        QUANTISED: what looks nearest is compared; 0.4 GB for a million.
    """

    AUTO = "auto"
    EXACT = "exact"
    QUANTISED = "quantised"


class NewPassage(NamedTuple):
    """A passage to be stored: its place in the article, a hash of what was encoded, and its unit vector."""

    start: int
    end: int
    text_hash: bytes
    vector: NDArray[np.float32]


class IndexedArticle(NamedTuple):
    """An article with its sentences and passages, ready to be stored.

    Attributes:
        article: as it was read.
        origin: location of the source that it came from.
        sentences: of its text.
        passages: of its text.
        signature: what its text looks like, for whoever compares it with others; kept as it is.
        bands: parts of the signature, each a few bytes; articles that share one are `Articles.near` each other.
        duplicate_of: id of an article that tells the same: the two, and all others of its group, are `View.copies`.
    """

    article: Article
    origin: str
    sentences: Sequence[Span]
    passages: Sequence[NewPassage]
    signature: bytes = b""
    bands: Sequence[bytes] = ()
    duplicate_of: str | None = None


class SignedArticle(NamedTuple):
    """An article's id and the signature that it was stored with."""

    id: str
    signature: bytes


class SourceRecord(NamedTuple):
    """A source that the store remembers.

    Attributes:
        location: file, folder, glob or URL, as it was named.
        options: how it is read, JSON.
        added_at: moment in ISO 8601, UTC; None if it was before the store kept that.
        last_indexed_at: the same, of `Sources.note_result`.
        last_result: what `Sources.note_result` was told.
    """

    location: str
    options: str = "{}"
    added_at: str | None = None
    last_indexed_at: str | None = None
    last_result: str | None = None


class KnownArticle(NamedTuple):
    """What a reindex needs to know of an article that is in the store."""

    id: str
    source: str
    content_hash: str
    url: str | None = None


class StoredPassage(NamedTuple):
    """A passage in the store.

    Attributes:
        id: in the store.
        article_id: of its article.
        start, end: in characters of the article's text.
        title: of the article.
        text: of the passage.
        published: the day on which the article was published; None if it has no date.
    """

    id: int
    article_id: str
    start: int
    end: int
    title: str
    text: str
    published: date | None


class ArchiveSummary(NamedTuple):
    """Who published the articles of a store, and when.

    Attributes:
        publishers: the number of articles of each, the most frequent first; without articles that name none.
        oldest, newest: the first and the last day on which an article was published; None if none has a date.
        undated: articles without a date.
    """

    publishers: Mapping[str, int]
    oldest: date | None
    newest: date | None
    undated: int


class ArticleText(NamedTuple):
    """An article with the sentences that it was cut into when it was indexed."""

    article: Article
    sentences: Sequence[Span]


class Hit(NamedTuple):
    """A passage that a search found: cosine in [-1, 1] for dense search, a BM25 score for lexical search."""

    passage_id: int
    score: float


def best_hits(find: Callable[[int], list[Hit]], count: int) -> list[Hit]:
    """The `count` best hits, ties by id, from an engine that cuts off equal scores in an order of its own.

    Args:
        find: the hits with the `limit` highest scores, best first.
        count: how many hits to return at most.
    """
    limit = count + 1
    hits = find(limit)
    while len(hits) == limit and hits[-1].score == hits[count - 1].score:
        limit *= 2
        hits = find(limit)
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))[:count]


class StoreStatus(NamedTuple):
    """Figures for `qa-bot status`; sizes in bytes."""

    location: str
    schema_version: int
    encoder: str | None
    passage_rule: str | None
    articles: int
    passages: int
    changes: int
    dense_index: str
    sizes: Mapping[str, int]


class CopyGroup(NamedTuple):
    """The articles that tell what another one tells.

    Attributes:
        newest: at most `MOST_COPIES` of them, newest first, those without a date last.
        more: how many there are besides.
    """

    newest: list[Article]
    more: int


class View(Protocol):
    """The store at one moment, as far as a filter admits its articles: what one question needs.

    A view sees every commit made before it was opened, by this process or another, and none made later.  What its methods
    return fits together: a passage that a search finds has a text, and an article.  Use a view in the thread that opened it
    and close it soon: the store keeps what the view sees.
    """

    encoder: str | None
    """Identity of the encoder that made the vectors; None while the store is empty."""

    passage_rule: str | None
    """How the articles were cut into passages; None while the store is empty."""

    only: ArticleFilter
    """The articles that the view shows."""

    def narrowed(self, only: ArticleFilter) -> View:
        """The same moment through another filter, which must admit nothing that this view's filter does not."""

    def dense_search(self, vector: NDArray[np.float32], count: int) -> list[Hit]:
        """The `count` passages with the highest cosine, best first; ties by id.

        Args:
            vector: unit vector, shape (dimension,).
            count: how many passages to return at most.

        Raises:
            EncoderMismatchError: the vectors of the store have another dimension.
        """

    def lexical_search(self, question: str, count: int) -> list[Hit]:
        """The `count` passages with the highest BM25 score for the question's words, best first; ties by id."""

    def similarities(self, vector: NDArray[np.float32], passage_ids: Sequence[int]) -> dict[int, float]:
        """Cosine of a unit vector, shape (dimension,), with the vectors of these passages; those that exist."""

    def passages(self, passage_ids: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages with these ids that exist, in the order of the ids."""

    def articles(self, article_ids: Sequence[str]) -> dict[str, ArticleText]:
        """The articles with these ids that the view shows, in the order of the ids."""

    def copies(self, article_ids: Sequence[str]) -> dict[str, CopyGroup]:
        """For each article that has copies that the view shows, the other articles of its group."""

    def idf(self, terms: Sequence[str]) -> dict[str, float]:
        """Inverse document frequency, as in BM25, of the terms of `embeddings.words.Stemmer`; at least 0."""

    def newest(self) -> date | None:
        """The last day on which an article that the view shows was published; None if none has a date."""


class Articles(Protocol):
    """The articles that the store holds."""

    def get(self, article_id: str) -> ArticleText | None:
        """One article, or None."""

    def origin(self, article_id: str) -> str | None:
        """The source that an article came from, or None."""

    def known(self, origin: str | None = None) -> Sequence[KnownArticle]:
        """The articles that a source holds, or all."""

    def has_text(self, text_hash: str, other_than: str) -> bool:
        """Whether an article other than the one with this id has this text."""

    def near(self, bands: Sequence[bytes], most: int | None = MOST_NEAR) -> Sequence[SignedArticle]:
        """The articles that share a band with these, the first `most` of each band, in the order that they were stored."""

    def vectors_of(self, text_hashes: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The vectors, shape (dimension,), that the store already holds for passages with these hashes."""

    def list(
        self, *, offset: int = 0, limit: int | None = None, only: ArticleFilter = EVERYTHING, words: Sequence[str] = ()
    ) -> builtins.list[Article]:
        """Articles by date, the newest first; those without a date last.

        Args:
            offset: articles to leave out at the beginning.
            limit: articles to return at most; None for all.
            only: the articles that may be listed.
            words: that title and text together must contain, each of them, in upper or lower case.
        """

    def count(self, only: ArticleFilter = EVERYTHING, words: Sequence[str] = ()) -> int:
        """How many articles `list` has."""

    def summary(self) -> ArchiveSummary:
        """Who published the articles, and when."""


class Sources(Protocol):
    """The sources that a bare reindex reads, which articles each of them holds, and how far each was read."""

    def add(self, location: str, options: str | None = None) -> None:
        """Adds a source; of one that is known, sets the options (JSON), if some are given."""

    def remove(self, location: str) -> int:
        """Removes a source and its articles, in one transaction; returns how many articles.

        Articles that another source holds too stay, as that one's.
        """

    def note_result(self, location: str, result: str) -> None:
        """Stores how reading a source went, just now."""

    def hold(self, location: str, article_ids: Iterable[str]) -> None:
        """Notes that a source too holds articles that came from another: `Articles.known` then lists them for it."""

    def release(self, location: str, article_ids: Iterable[str]) -> int:
        """Removes articles that a source has no more, except those that another holds; returns how many."""

    def sync_state(self, key: str) -> str | None:
        """What was stored under a key at the last reindex: the ETag of a feed, say."""

    def set_sync_state(self, state: Mapping[str, str]) -> None:
        """Stores texts, each under its key, in place of what was there."""

    def list(self) -> list[SourceRecord]:
        """The sources in the order they were added."""


class Writing(Protocol):
    """What changes the articles, each call in one transaction: it happens wholly or not at all."""

    def commit(
        self,
        articles: Sequence[IndexedArticle],
        *,
        encoder: str,
        passage_rule: str,
        sync_state: Mapping[str, str] = NO_STATE,
        retractions: int | None = None,
    ) -> bool:
        """Stores articles, each in place of an earlier one with its id, and the state of their source.

        Args:
            articles: with their passages and vectors.
            encoder: identity of the encoder that made the vectors.
            passage_rule: how the articles were cut into passages.
            sync_state: see `Sources.set_sync_state`.
            retractions: the `Retractions.mark` of the list that the articles were compared with; None for no list.

        Returns:
            False, and nothing is stored, if that list has changed since.

        Raises:
            StoreError: the store's vectors are another encoder's, or it cannot be written.
        """

    def remove(self, article_ids: Sequence[str]) -> int:
        """Removes articles; returns how many there were."""

    def restore(
        self, retracted: Sequence[str], articles: Sequence[IndexedArticle], *, encoder: str, passage_rule: str
    ) -> None:
        """Takes articles off the list of `Retractions`, and stores them again.

        Args:
            retracted: ids of the retractions.
            articles: those of them that are stored again.
            encoder: identity of the encoder that made their vectors.
            passage_rule: how they were cut into passages.

        Raises:
            StoreError: the store's vectors are another encoder's, or it cannot be written.
        """

    def begin_rebuild(self, *, encoder: str, passage_rule: str) -> None:
        """Begins to make other passages and vectors beside those that answer.

        A rebuild that was broken off continues.  Commits, searches and removals go on as before.
        """

    def awaiting_rebuild(self, count: int) -> list[str]:
        """Ids of at most so many articles that have no such passages yet."""

    def commit_rebuilt(self, articles: Sequence[IndexedArticle]) -> None:
        """Stores such passages; skips articles that have changed meanwhile.

        Raises:
            StoreError: another process has begun another rebuild.
        """

    def finish_rebuild(self) -> bool:
        """Puts them in the place of those that answer, if no article lacks them; True if so.

        Raises:
            StoreError: another process has begun another rebuild.
        """

    def save_caches(self) -> None:
        """Brings the caches beside the store up to date, however long it takes, and tidies up.

        The next process then starts without catching up.
        """


class Store(Protocol):
    """Articles, passages and vectors, kept safe, and searched by vector and by word; the facets say what it does."""

    articles: Articles
    """The articles that the store holds."""

    sources: Sources
    """Where the articles come from."""

    writing: Writing
    """What changes the articles."""

    retractions: Retractions
    """The articles that must not be there."""

    @property
    def encoder(self) -> str | None:
        """Identity of the encoder that made the vectors; None while the store is empty."""

    @property
    def passage_rule(self) -> str | None:
        """How the articles were cut into passages; None while the store is empty."""

    def view(self, only: ArticleFilter = EVERYTHING) -> AbstractContextManager[View]:
        """The store at this moment, as far as a filter admits its articles."""

    def refresh(self) -> bool:
        """Brings the caches up to the last commit of any process, as far as that is quick; True if anything was new.

        The rest is done in the background.
        """

    def status(self) -> StoreStatus:
        """Figures about the store."""

    def close(self) -> None:
        """Closes files and connections."""
