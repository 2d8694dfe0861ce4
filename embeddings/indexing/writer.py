"""What becomes of new and changed articles: they are embedded and committed, or only counted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.encoder.model import Encoder
from embeddings.indexing.chunking import BATCH_PASSAGES, CutArticle, PassageRule, cut
from embeddings.indexing.near_duplicates import Copy, CopyFinder
from embeddings.indexing.report import Tally
from embeddings.indexing.retraction import RetractedArticles
from embeddings.store.protocol import IndexedArticle, Store

BATCH_SECONDS = 10.0
"""Seconds after which even a small batch is committed: a slow site gives one article a second."""


class Writer:
    """Takes what a reindex finds and only counts it in a tally, for a dry run; the store is only read.

    Attributes:
        retracted: what must not be added.
    """

    def __init__(self, store: Store, rule: PassageRule, tally: Tally) -> None:
        self._tally = tally
        self._store = store
        self._rule = rule
        self.retracted = RetractedArticles(store)
        self._copies = CopyFinder(store)
        self._hashes: set[bytes] = set()

    def add(self, article: Article, origin: str, sync_state: Mapping[str, str]) -> None:
        """Takes an article that is new or changed, and the sync state to commit with it."""
        piece = cut(article, self._rule)
        self._tally.duplicates += self._copies.add(article).of is not None
        fresh = set(piece.hashes) - self._hashes
        fresh -= self._store.articles.vectors_of(fresh).keys()
        self._hashes |= fresh
        self._tally.embedded += len(fresh)
        self._tally.reused += len(piece.hashes) - len(fresh)

    def set_sync_state(self, sync_state: Mapping[str, str]) -> None:
        """Takes sync state to commit once all that was added before is committed."""

    def finish(self) -> None:
        """Ends a source: nothing more is added from it."""

    def hold(self, location: str, article_ids: Iterable[str]) -> None:
        """Notes that a source also holds articles that came from another; after `finish`."""

    def release(self, location: str, article_ids: Iterable[str]) -> int:
        """Takes out articles that a source no longer has; returns how many no other source holds; after `finish`."""
        others = [source.location for source in self._store.sources.list() if source.location != location]
        elsewhere = {article.id for other in others for article in self._store.articles.known(other)}
        return len(set(article_ids) - elsewhere)


class _Waiting(NamedTuple):
    """An article that waits for its batch to be committed."""

    cut: CutArticle
    origin: str
    copy: Copy

    def indexed(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> IndexedArticle:
        article = self.cut.with_vectors(self.origin, vectors)
        return article._replace(signature=self.copy.signature, bands=self.copy.bands, duplicate_of=self.copy.of)


class BatchWriter(Writer):
    """Embeds and commits articles, a batch of `batch_passages` passages (1 or more) in a transaction."""

    def __init__(
        self, store: Store, encoder: Encoder, rule: PassageRule, tally: Tally, batch_passages: int = BATCH_PASSAGES
    ) -> None:
        super().__init__(store, rule, tally)
        self._encoder = encoder
        self._batch_passages = batch_passages
        self._batch: list[_Waiting] = []
        self._passages = 0
        self._sync_state: dict[str, str] = {}
        self._began = 0.0

    def add(self, article: Article, origin: str, sync_state: Mapping[str, str]) -> None:
        """Takes an article that is new or changed, and the sync state to commit with it."""
        if not self._batch:
            self._began = time.monotonic()
        waiting = _Waiting(cut(article, self._rule), origin, self._copies.add(article))
        self._batch.append(waiting)
        self._sync_state |= sync_state
        self._passages += len(waiting.cut.passages)
        self._tally.duplicates += waiting.copy.of is not None
        if self._passages >= self._batch_passages or time.monotonic() > self._began + BATCH_SECONDS:
            self.finish()

    def set_sync_state(self, sync_state: Mapping[str, str]) -> None:
        """Takes sync state to commit once all that was added before is committed."""
        self._sync_state |= sync_state

    def finish(self) -> None:
        """Ends a source: nothing more is added from it."""
        if self._batch:
            vectors = self._vectors([waiting.cut for waiting in self._batch])
            while not self._store.writing.commit(
                [waiting.indexed(vectors) for waiting in self._batch],
                encoder=self._encoder.identity,
                passage_rule=str(self._rule),
                sync_state=self._sync_state,
                retractions=self.retracted.mark,
            ):
                self._leave_out_retracted()
        elif self._sync_state:
            self._store.sources.set_sync_state(self._sync_state)
        self._batch, self._passages, self._sync_state = [], 0, {}
        self._copies.forget()

    def _leave_out_retracted(self) -> None:
        """Takes out of the batch what another process has retracted since it was added."""
        self.retracted = RetractedArticles(self._store)
        count = len(self._batch)
        self._batch = [waiting for waiting in self._batch if not self.retracted.has(waiting.cut.article)]
        self._tally.retracted += count - len(self._batch)

    def hold(self, location: str, article_ids: Iterable[str]) -> None:
        """Notes that a source also holds articles that came from another; after `finish`."""
        self._store.sources.hold(location, article_ids)

    def release(self, location: str, article_ids: Iterable[str]) -> int:
        """Takes out articles that a source no longer has; returns how many no other source holds; after `finish`."""
        return self._store.sources.release(location, article_ids)

    def _vectors(self, batch: list[CutArticle]) -> dict[bytes, NDArray[np.float32]]:
        """The vectors of all passages, by their hashes; only texts that have none are embedded."""
        texts = {text_hash: text for piece in batch for text_hash, text in zip(piece.hashes, piece.texts, strict=True)}
        vectors = self._store.articles.vectors_of(list(texts))
        missing = [text_hash for text_hash in texts if text_hash not in vectors]
        began = time.monotonic()
        encoded = self._encoder.encode_passages([texts[text_hash] for text_hash in missing])
        self._tally.encoding_seconds += time.monotonic() - began
        vectors.update(zip(missing, encoded, strict=True))
        self._tally.embedded += len(missing)
        self._tally.reused += self._passages - len(missing)
        return vectors
