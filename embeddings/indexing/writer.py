"""What becomes of the articles that are new or changed: they are embedded and committed, or only counted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article
from embeddings.encoder.model import Encoder
from embeddings.indexing.chunking import BATCH_PASSAGES, CutArticle, PassageRule, cut
from embeddings.indexing.copies import Copy, CopyFinder
from embeddings.store.protocol import IndexedArticle, Store

BATCH_SECONDS = 10.0
"""Seconds after which a batch is committed, however few it has: articles of a slow site come one a second."""


class Writer(Protocol):
    """Is told what a reindex finds.

    Attributes:
        embedded: passages that were embedded, or would be.
        reused: passages whose vectors were there already.
        duplicates: articles that tell what another tells already.
        seconds: of embedding.
    """

    embedded: int
    reused: int
    duplicates: int
    seconds: float

    def add(self, article: Article, origin: str, memories: Mapping[str, str]) -> None:
        """Takes an article that is new or changed, and what its source remembers once it is committed."""

    def remember(self, memories: Mapping[str, str]) -> None:
        """Takes what a source remembers once all that was added before is committed."""

    def finish(self) -> None:
        """Nothing more is added from this source."""

    def hold(self, location: str, article_ids: Iterable[str]) -> None:
        """Notes that a source too holds articles that came from another; after `finish`."""

    def release(self, location: str, article_ids: Iterable[str]) -> int:
        """Takes out articles that a source has no more; returns how many nobody else holds; after `finish`."""


class _Waiting(NamedTuple):
    """An article that waits for its batch to be committed."""

    cut: CutArticle
    origin: str
    copy: Copy


class BatchWriter:
    """Embeds and commits articles, a batch in a transaction.

    Args:
        store: to write to.
        encoder: makes the vectors.
        rule: how articles are cut into passages.
        batch_passages: passages after which a batch is committed, at least 1.
    """

    def __init__(self, store: Store, encoder: Encoder, rule: PassageRule, batch_passages: int = BATCH_PASSAGES) -> None:
        self.embedded = self.reused = self.duplicates = 0
        self.seconds = 0.0
        self._store = store
        self._encoder = encoder
        self._rule = rule
        self._batch_passages = batch_passages
        self._copies = CopyFinder(store)
        self._batch: list[_Waiting] = []
        self._passages = 0
        self._memories: dict[str, str] = {}
        self._began = 0.0

    def add(self, article: Article, origin: str, memories: Mapping[str, str]) -> None:
        """Takes an article; commits it now or with those to come."""
        if not self._batch:
            self._began = time.monotonic()
        waiting = _Waiting(cut(article, self._rule), origin, self._copies.add(article))
        self._batch.append(waiting)
        self._memories |= memories
        self._passages += len(waiting.cut.passages)
        self.duplicates += waiting.copy.of is not None
        if self._passages >= self._batch_passages or time.monotonic() > self._began + BATCH_SECONDS:
            self.finish()

    def remember(self, memories: Mapping[str, str]) -> None:
        """Takes what is to be remembered with the next commit, or at the end."""
        self._memories |= memories

    def finish(self) -> None:
        """Commits what is waiting."""
        if self._batch:
            vectors = self._vectors([waiting.cut for waiting in self._batch])
            self._store.writing.commit(
                [_indexed(waiting, vectors) for waiting in self._batch],
                encoder=self._encoder.identity,
                passage_rule=str(self._rule),
                sync_state=self._memories,
            )
        elif self._memories:
            self._store.sources.set_sync_state(self._memories)
        self._batch, self._passages, self._memories = [], 0, {}
        self._copies.forget()

    def hold(self, location: str, article_ids: Iterable[str]) -> None:
        """Notes so in the store."""
        self._store.sources.hold(location, article_ids)

    def release(self, location: str, article_ids: Iterable[str]) -> int:
        """Removes what nobody holds any more."""
        return self._store.sources.release(location, article_ids)

    def _vectors(self, batch: list[CutArticle]) -> dict[bytes, NDArray[np.float32]]:
        """The vectors of all passages, by their hashes; only texts that have none are embedded."""
        texts = _texts(batch)
        vectors = self._store.articles.vectors_of(list(texts))
        missing = [text_hash for text_hash in texts if text_hash not in vectors]
        began = time.monotonic()
        encoded = self._encoder.encode_passages([texts[text_hash] for text_hash in missing])
        self.seconds += time.monotonic() - began
        vectors.update(zip(missing, encoded, strict=True))
        self.embedded += len(missing)
        self.reused += self._passages - len(missing)
        return vectors


class Preview:
    """Only counts what a `BatchWriter` would do.

    Args:
        store: is read.
        rule: how articles are cut into passages.
    """

    def __init__(self, store: Store, rule: PassageRule) -> None:
        self.embedded = self.reused = self.duplicates = 0
        self.seconds = 0.0
        self._store = store
        self._rule = rule
        self._copies = CopyFinder(store)
        self._hashes: set[bytes] = set()

    def add(self, article: Article, origin: str, memories: Mapping[str, str]) -> None:
        """Counts an article's passages."""
        found = cut(article, self._rule)
        self.duplicates += self._copies.add(article).of is not None
        fresh = set(found.hashes) - self._hashes
        fresh -= self._store.articles.vectors_of(fresh).keys()
        self._hashes |= fresh
        self.embedded += len(fresh)
        self.reused += len(found.hashes) - len(fresh)

    def remember(self, memories: Mapping[str, str]) -> None:
        """Does nothing."""

    def finish(self) -> None:
        """Does nothing."""

    def hold(self, location: str, article_ids: Iterable[str]) -> None:
        """Does nothing."""

    def release(self, location: str, article_ids: Iterable[str]) -> int:
        """How many of them no other source holds."""
        others = [source.location for source in self._store.sources.list() if source.location != location]
        held = {article.id for other in others for article in self._store.articles.known(other)}
        return len(set(article_ids) - held)


def _texts(batch: Iterable[CutArticle]) -> dict[bytes, str]:
    return {text_hash: text for found in batch for text_hash, text in zip(found.hashes, found.texts, strict=True)}


def _indexed(waiting: _Waiting, vectors: Mapping[bytes, NDArray[np.float32]]) -> IndexedArticle:
    copy = waiting.copy
    indexed = waiting.cut.with_vectors(waiting.origin, vectors)
    return indexed._replace(signature=copy.signature, bands=copy.bands, duplicate_of=copy.of)
