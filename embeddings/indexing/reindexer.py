"""Brings the store up to date with its sources: embeds only what is new or changed, removes what is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from embeddings.encoder.model import Encoder
from embeddings.errors import StoreCorruptError
from embeddings.indexing.chunking import BATCH_PASSAGES, PassageRule, check_encoder, cut
from embeddings.indexing.diff import Comparison, forget_files_that_their_folder_lost
from embeddings.indexing.listing import Listing, SourceLister
from embeddings.indexing.report import Failure, PassageCounts, Progress, ReindexReport, Tally
from embeddings.indexing.writer import BatchWriter, Writer
from embeddings.sources import SourceOptions
from embeddings.sources.sandbox import Sandbox
from embeddings.sources.web.addresses import is_web_address
from embeddings.sources.web.fetcher import Fetcher
from embeddings.store.protocol import Store

__all__ = ["BATCH_PASSAGES", "Failure", "PassageCounts", "PassageRule", "Progress", "ReindexReport", "Reindexer"]

_log = logging.getLogger(__name__)

_REPEATED = 20
"""Times in a row that a rebuild is given the same articles, of which others can have changed only so many meanwhile."""


class Reindexer:
    """Reads sources into a store.

    Args:
        store: to bring up to date.
        encoder: makes the vectors.
        rule: how articles are cut into passages.
        progress: called after each entry.
        batch_passages: passages after which a batch of articles is committed.
        fetcher: the way to the web; None for one with the usual policy.
        sandbox: the process that parses what strangers wrote; None for one with the usual deadline.
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        rule: PassageRule,
        progress: Callable[[Progress], None] = lambda _: None,
        *,
        batch_passages: int = BATCH_PASSAGES,
        fetcher: Fetcher | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._rule = rule
        self._progress = progress
        self._batch_passages = batch_passages
        self._fetcher = fetcher
        self._sandbox = sandbox or Sandbox()

    def run(self, locations: Sequence[str], options: SourceOptions | None = None) -> ReindexReport:
        """Brings the store up to date with sources, and remembers them; a page or list of the web, once it has been read.

        Articles are committed in batches, and what is committed stays, even if the rest fails.  An entry that cannot be
        read is reported; what the store holds of it stays.

        Args:
            locations: the sources; none for all that the store remembers.
            options: how to read the sources that are named; None for the stored options.

        Raises:
            SourceError: one of the sources that were named does not exist; then nothing is written.
            EncoderMismatchError: the store was made with another encoder or passage rule.
            StoreError: the store cannot be written.
        """
        tally, lister = self._begin()
        named = lister.named(locations, options)
        unread = {}
        for listing, used in named:
            location = listing.source.location
            if is_web_address(location):
                unread[location] = used.model_dump_json()
            else:
                self._store.sources.add(location, used.model_dump_json())
        listings = [listing for listing, _ in named] if locations else lister.remembered(tally)
        return self._write(listings, lister.unreachable, tally, unread=unread)

    def catch_up(self, locations: Sequence[str], leave: Callable[[str], bool]) -> ReindexReport:
        """Brings the store up to date with some of the sources that it remembers.

        Args:
            locations: the sources.
            leave: whether to leave an entry as it is, by its identity, because it has not changed or is being written.

        Raises:
            EncoderMismatchError: the store was made with another encoder or passage rule.
            StoreError: the store cannot be written.
        """
        tally, lister = self._begin()
        listings = lister.remembered(tally, set(locations).__contains__)
        return self._write(listings, lister.unreachable, tally, leave)

    def preview(self, locations: Sequence[str], options: SourceOptions | None = None) -> ReindexReport:
        """What `run` would do; nothing is written.

        Raises:
            SourceError: one of the sources that were named does not exist.
            EncoderMismatchError: the store was made with another encoder or passage rule.
        """
        tally, lister = self._begin()
        named = lister.named(locations, options)
        listings = [listing for listing, _ in named] if locations else lister.remembered(tally)
        comparison = Comparison(self._store, Writer(self._store, self._rule, tally), tally, listings, self._progress)
        for listing in listings:
            comparison.bring_up_to_date(listing)
        return tally.report(self._store, dry_run=True)

    def _begin(self) -> tuple[Tally, SourceLister]:
        check_encoder(self._store, self._encoder.identity, str(self._rule))
        return Tally(), SourceLister(self._store, self._fetcher, self._sandbox)

    def _write(
        self,
        listings: Sequence[Listing],
        unreachable: Mapping[str, str],
        tally: Tally,
        leave: Callable[[str], bool] = lambda _: False,
        unread: Mapping[str, str] = MappingProxyType({}),
    ) -> ReindexReport:
        writer = BatchWriter(self._store, self._encoder, self._rule, tally, self._batch_passages)
        comparison = Comparison(self._store, writer, tally, listings, self._progress, leave)
        for listing in listings:
            before = tally.counts()
            _log.info("reading %s", listing.source.location)
            comparison.bring_up_to_date(listing)
            location = listing.source.location
            if location in unread and tally.has_read(before):
                self._store.sources.add(location, unread[location])
            self._store.sources.note_result(location, tally.since(before))
        for location, reason in unreachable.items():
            self._store.sources.note_result(location, reason)
        forget_files_that_their_folder_lost(self._store, listings, tally)
        return tally.report(self._store)

    def rebuild(self) -> ReindexReport:
        """Cuts and embeds all articles of the store anew, from the texts that it holds.

        The old passages and vectors answer until every article has new ones, and articles can be indexed and removed in
        the meantime.  The new ones are committed a batch at a time: if you stop the rebuild, the next one with the same encoder
        and rule continues where it was.

        Raises:
            StoreError: the store cannot be written.
        """
        store, encoder, tally = self._store, self._encoder, Tally()
        if store.encoder is not None:
            store.writing.begin_rebuild(encoder=encoder.identity, passage_rule=str(self._rule))
            total = store.status().articles
            batch: list[str] = []
            repeated = 0
            while not store.writing.finish_rebuild():
                before, batch = batch, store.writing.awaiting_rebuild(max(1, self._batch_passages // 4))
                repeated = repeated + 1 if batch == before else 0
                if repeated == _REPEATED:
                    which = f"the article {batch[0]} cannot be read" if batch else "an article has no number"
                    raise StoreCorruptError(
                        f"{store.status().location}: the store is damaged ({which}); put back a copy of it, or move it away "
                        "and run: qa-bot index"
                    )
                stored = [store.articles.get(article_id) for article_id in batch]
                pieces = [cut(text.article, self._rule) for text in stored if text is not None]
                hashes = [text_hash for piece in pieces for text_hash in piece.hashes]
                vectors = encoder.encode_passages([text for piece in pieces for text in piece.texts])
                by_hash = dict(zip(hashes, vectors, strict=True))
                store.writing.commit_rebuilt([piece.with_vectors("", by_hash) for piece in pieces])
                tally.changed += len(pieces)
                tally.embedded += len(hashes)
                self._progress(Progress(tally.changed, max(total, tally.changed), tally.embedded))
        return tally.report(store)
