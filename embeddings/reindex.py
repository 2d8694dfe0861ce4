"""Brings the store up to date with its sources: what is new, changed, gone; only that is embedded."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from embeddings.articles import Article
from embeddings.encoder import Encoder
from embeddings.errors import EncoderMismatchError, SourceError
from embeddings.passages import split_passages
from embeddings.sentences import split_sentences
from embeddings.sources import Entry, Source, open_source
from embeddings.store import IndexedArticle, NewPassage, Store

BATCH_PASSAGES = 256
"""Passages after which a batch of articles is committed: some ten seconds of work on two cores."""


class Failure(BaseModel):
    """A source, or an entry of one, that could not be read, and why."""

    model_config = ConfigDict(frozen=True)

    source: str
    reason: str


class PassageCounts(BaseModel):
    """Passages that were embedded, whose vectors were reused, and that are in the store."""

    model_config = ConfigDict(frozen=True)

    embedded: int
    reused: int
    total: int


class ReindexReport(BaseModel):
    """What a reindex did; articles are counted once each.

    Attributes:
        new, changed, unchanged, removed: articles.
        duplicates: among the new and changed, those whose text another article has already.
        failed: what could not be read; what the store held of it, it still holds.
        passages: see `PassageCounts`.
        seconds: wall time.
    """

    model_config = ConfigDict(frozen=True)

    new: int
    changed: int
    unchanged: int
    removed: int
    duplicates: int
    failed: tuple[Failure, ...]
    passages: PassageCounts
    seconds: float


class Progress(NamedTuple):
    """How far a reindex is: entries looked at, of how many, and passages embedded so far."""

    entries: int
    total: int
    embedded: int


class PassageRule(NamedTuple):
    """How articles are cut into passages; see `embeddings.passages.split_passages`."""

    max_chars: int = 800
    overlap_sentences: int = 1

    def __str__(self) -> str:
        return f"at most {self.max_chars} characters, overlap {self.overlap_sentences}"


class Reindexer:
    """Reads sources into a store.

    Args:
        store: to bring up to date.
        encoder: makes the vectors.
        rule: how articles are cut into passages.
        progress: called after each entry.

    Raises:
        EncoderMismatchError: the store was made with another encoder or passage rule.
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        rule: PassageRule,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._rule = rule
        self._progress = progress
        self._embedded = self._reused = 0

    def run(self, locations: Sequence[str]) -> ReindexReport:
        """Brings the store up to date with sources, and remembers them.

        A batch of articles is committed at a time, and what is committed stays, whatever happens to the rest.  An entry
        that cannot be read is reported; what the store holds of it stays.

        Args:
            locations: the sources; none for all that the store remembers.

        Raises:
            SourceError: one of the sources that were named does not exist; nothing has been done then.
            EncoderMismatchError: the store was made with another encoder or passage rule.
            StoreError: the store cannot be written.
        """
        began = time.monotonic()
        check_encoder(self._store, self._encoder.identity, str(self._rule))
        failed: list[Failure] = []
        sources = self._open(locations, failed)
        listed = self._list(sources, failed, named=bool(locations))
        total = sum(len(entries) for _, entries in listed)
        self._embedded = self._reused = 0
        counts = _Counts()
        for source, entries in listed:
            self._bring_up_to_date(source, entries, total, counts, failed)
        return ReindexReport(
            new=counts.new,
            changed=counts.changed,
            unchanged=counts.unchanged,
            removed=counts.removed,
            duplicates=counts.duplicates,
            failed=tuple(failed),
            passages=PassageCounts(embedded=self._embedded, reused=self._reused, total=self._store.status().passages),
            seconds=round(time.monotonic() - began, 3),
        )

    def _open(self, locations: Sequence[str], failed: list[Failure]) -> list[Source]:
        if locations:
            return [open_source(location) for location in dict.fromkeys(locations)]
        sources = []
        for location in self._store.sources():
            try:
                sources.append(open_source(location))
            except SourceError as error:
                failed.append(Failure(source=error.source, reason=f"{error.reason}; the articles from it are kept"))
        return sources

    def _list(
        self, sources: Sequence[Source], failed: list[Failure], *, named: bool
    ) -> list[tuple[Source, list[Entry]]]:
        """The entries of each source.  One without any is taken for a mistake, or a disk that is not there, not for news."""
        listed = []
        for source in sources:
            entries = list(source.entries())
            if entries:
                listed.append((source, entries))
                continue
            error = SourceError(source.location, source.nothing_found)
            if named:
                raise error
            failed.append(Failure(source=error.source, reason=f"{error.reason}; the articles from it are kept"))
        for source, _ in listed if named else []:
            self._store.add_source(source.location)
        return listed

    def _bring_up_to_date(
        self, source: Source, entries: Sequence[Entry], total: int, counts: _Counts, failed: list[Failure]
    ) -> None:
        known = {article.source: article for article in self._store.known(source.location)}
        everywhere = {article.source: article for article in self._store.known()}
        batch: list[Article] = []
        characters = 0
        for entry in entries:
            counts.entries += 1
            before = everywhere.get(entry.source)
            known.pop(entry.source, None)
            if entry.source in counts.seen:
                continue
            counts.seen.add(entry.source)
            try:
                article = entry.read()
            except SourceError as error:
                failed.append(Failure(source=error.source, reason=error.reason))
                article = None
            if article is not None and before is not None and before.content_hash == article.content_hash:
                counts.unchanged += 1
            elif article is not None:
                counts.new += before is None
                counts.changed += before is not None
                counts.duplicates += self._is_duplicate(article, batch)
                batch.append(article)
                characters += len(article.text)
            if characters >= BATCH_PASSAGES * self._rule.max_chars * 0.8:
                self._commit(source.location, batch)
                batch, characters = [], 0
            self._progress(Progress(counts.entries, total, self._embedded))
        self._commit(source.location, batch)
        gone = [article.id for article in known.values() if not _below_failed(article.source, failed)]
        if gone:
            counts.removed += self._store.remove(gone)
        self._progress(Progress(counts.entries, total, self._embedded))

    def _is_duplicate(self, article: Article, batch: Sequence[Article]) -> bool:
        return self._store.has_text(article.text_hash, other_than=article.id) or any(
            other.text_hash == article.text_hash for other in batch
        )

    def _commit(self, origin: str, batch: Sequence[Article]) -> None:
        if batch:
            indexed = self._index(batch, [origin] * len(batch), self._store.vectors_of)
            self._store.commit(indexed, encoder=self._encoder.identity, passage_rule=str(self._rule))

    def _index(
        self,
        articles: Sequence[Article],
        origins: Sequence[str],
        vectors_of: Callable[[list[bytes]], dict[bytes, NDArray[np.float32]]],
    ) -> list[IndexedArticle]:
        """Cuts articles into passages and finds a vector for each, by embedding only texts that have none."""
        rule = self._rule
        cut = [
            split_passages(a.text, max_chars=rule.max_chars, overlap_sentences=rule.overlap_sentences) for a in articles
        ]
        texts = [[article.text[p.start : p.end] for p in found] for article, found in zip(articles, cut, strict=True)]
        by_hash = {_hash(text): text for of_one in texts for text in of_one}
        vectors = vectors_of(list(by_hash))
        missing = [text_hash for text_hash in by_hash if text_hash not in vectors]
        encoded = self._encoder.encode_passages([by_hash[text_hash] for text_hash in missing])
        vectors.update(zip(missing, encoded, strict=True))
        self._embedded += len(missing)
        self._reused += sum(len(of_one) for of_one in texts) - len(missing)
        return [
            IndexedArticle(
                article,
                origin,
                split_sentences(article.text),
                [
                    NewPassage(p.start, p.end, _hash(text), vectors[_hash(text)])
                    for p, text in zip(found, of_one, strict=True)
                ],
            )
            for article, origin, found, of_one in zip(articles, origins, cut, texts, strict=True)
        ]

    def rebuild(self) -> ReindexReport:
        """Cuts and embeds all articles of the store anew, from the texts that it holds, in one transaction.

        Until it is committed, the old passages and vectors go on answering; if it is interrupted, they stay.
        """
        began = time.monotonic()
        self._embedded = self._reused = 0
        known = self._store.known()
        self._store.replace_all(
            self._reembedded([article.id for article in known]),
            encoder=self._encoder.identity,
            passage_rule=str(self._rule),
        )
        return ReindexReport(
            new=0,
            changed=len(known),
            unchanged=0,
            removed=0,
            duplicates=0,
            failed=(),
            passages=PassageCounts(embedded=self._embedded, reused=self._reused, total=self._store.status().passages),
            seconds=round(time.monotonic() - began, 3),
        )

    def _reembedded(self, article_ids: Sequence[str]) -> Iterator[IndexedArticle]:
        for number, article_id in enumerate(article_ids, start=1):
            held, origin = self._store.article(article_id), self._store.origin(article_id)
            if held is not None and origin is not None:
                yield from self._index([held.article], [origin], lambda _: {})
            self._progress(Progress(number, len(article_ids), self._embedded))


class _Counts:
    """Running totals of one reindex, in articles."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.entries = self.new = self.changed = self.unchanged = self.removed = self.duplicates = 0


def check_encoder(store: Store, encoder: str, passage_rule: str | None = None) -> None:
    """Refuses a store whose vectors another encoder made, or whose passages were cut otherwise.

    Raises:
        EncoderMismatchError: with the command that rebuilds the store.
    """
    if store.encoder not in (None, encoder):
        raise EncoderMismatchError(
            f"the store was made with the encoder {store.encoder}, the settings name {encoder}; set the encoder back, or "
            "rebuild the store: qa-bot index --rebuild"
        )
    if passage_rule is not None and store.passage_rule not in (None, passage_rule):
        raise EncoderMismatchError(
            f"the store's passages are {store.passage_rule}, the settings say {passage_rule}; set them back, or rebuild "
            "the store: qa-bot index --rebuild"
        )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def _below_failed(source: str, failed: Sequence[Failure]) -> bool:
    """Whether an entry is missing only because the folder that it is in could not be listed."""
    return any(source.startswith(failure.source.rstrip("/") + "/") for failure in failed)
