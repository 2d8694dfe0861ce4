"""Brings the store up to date with its sources: what is new, changed, gone; only that is embedded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from embeddings.encoder.model import Encoder
from embeddings.indexing.agreement import check_encoder
from embeddings.indexing.chunking import BATCH_PASSAGES, PassageRule
from embeddings.indexing.diff import Comparison, forget_files_that_their_folder_lost
from embeddings.indexing.listing import Listing, SourceLister
from embeddings.indexing.rebuild import rebuild
from embeddings.indexing.report import Failure, PassageCounts, Progress, ReindexReport, Tally
from embeddings.indexing.writer import BatchWriter, Preview, Writer
from embeddings.sources import SourceOptions
from embeddings.sources.web.fetcher import Fetcher
from embeddings.store.protocol import Store

__all__ = [
    "BATCH_PASSAGES",
    "Failure",
    "PassageCounts",
    "PassageRule",
    "Progress",
    "ReindexReport",
    "Reindexer",
    "check_encoder",
]


class Reindexer:
    """Reads sources into a store.

    Args:
        store: to bring up to date.
        encoder: makes the vectors.
        rule: how articles are cut into passages.
        progress: called after each entry.
        batch_passages: passages after which a batch of articles is committed.
        fetcher: the way to the web; None for one with its usual policy.

    Raises:
        EncoderMismatchError: the store was made with another encoder or passage rule.
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
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._rule = rule
        self._progress = progress
        self._batch_passages = batch_passages
        self._fetcher = fetcher

    def run(self, locations: Sequence[str], options: SourceOptions | None = None) -> ReindexReport:
        """Brings the store up to date with sources, and remembers them.

        A batch of articles is committed at a time, and what is committed stays, whatever happens to the rest.  An entry
        that cannot be read is reported; what the store holds of it stays.

        Args:
            locations: the sources; none for all that the store remembers.
            options: how to read those that are named; None for what is remembered of them.

        Raises:
            SourceError: one of the sources that were named does not exist; nothing has been done then.
            EncoderMismatchError: the store was made with another encoder or passage rule.
            StoreError: the store cannot be written.
        """
        began = time.monotonic()
        self._check()
        tally, lister = Tally(), SourceLister(self._store, self._fetcher)
        if locations:
            named = lister.named(locations, options)
            for listing, used in named:
                self._store.sources.add(listing.source.location, used.model_dump_json())
            listings = [listing for listing, _ in named]
        else:
            listings = lister.remembered(tally)
        return self._write(listings, lister.unreachable, tally, began)

    def catch_up(self, locations: Sequence[str], leave: Callable[[str], bool]) -> ReindexReport:
        """Brings the store up to date with some of the sources that it remembers.

        Args:
            locations: the sources.
            leave: whether an entry is to be left as it is, by its identity: it has not changed, or is being written.

        Raises:
            EncoderMismatchError: the store was made with another encoder or passage rule.
            StoreError: the store cannot be written.
        """
        began = time.monotonic()
        self._check()
        tally, lister = Tally(), SourceLister(self._store, self._fetcher)
        listings = lister.remembered(tally, set(locations).__contains__)
        return self._write(listings, lister.unreachable, tally, began, leave)

    def preview(self, locations: Sequence[str], options: SourceOptions | None = None) -> ReindexReport:
        """What `run` would do; nothing is written.

        Raises:
            SourceError: one of the sources that were named does not exist.
            EncoderMismatchError: the store was made with another encoder or passage rule.
        """
        began = time.monotonic()
        self._check()
        tally, lister = Tally(), SourceLister(self._store, self._fetcher)
        listings = [listing for listing, _ in lister.named(locations, options)] if locations else []
        listings += lister.remembered(tally) if not locations else []
        writer = Preview(self._store, self._rule)
        run = Comparison(self._store, writer, tally, listings, self._progress)
        for listing in listings:
            run.bring_up_to_date(listing)
        return self._report(tally, writer, began).model_copy(update={"dry_run": True})

    def _check(self) -> None:
        check_encoder(self._store, self._encoder.identity, str(self._rule))

    def _write(
        self,
        listings: Sequence[Listing],
        unreachable: Mapping[str, str],
        tally: Tally,
        began: float,
        leave: Callable[[str], bool] = lambda _: False,
    ) -> ReindexReport:
        writer = BatchWriter(self._store, self._encoder, self._rule, self._batch_passages)
        run = Comparison(self._store, writer, tally, listings, self._progress, leave)
        for listing in listings:
            before = tally.now()
            run.bring_up_to_date(listing)
            self._store.sources.note_result(listing.source.location, tally.since(before))
        for location, reason in unreachable.items():
            self._store.sources.note_result(location, reason)
        forget_files_that_their_folder_lost(self._store, listings, tally)
        return self._report(tally, writer, began)

    def _report(self, tally: Tally, writer: Writer, began: float) -> ReindexReport:
        speed = writer.embedded / writer.seconds if writer.seconds else 0.0
        return ReindexReport(
            new=tally.new,
            changed=tally.changed,
            unchanged=tally.unchanged,
            removed=tally.removed,
            duplicates=writer.duplicates,
            failed=tuple(tally.failed),
            passages=PassageCounts(
                embedded=writer.embedded,
                reused=writer.reused,
                total=self._store.status().passages,
                per_second=round(speed, 1),
            ),
            seconds=round(time.monotonic() - began, 3),
        )

    def rebuild(self) -> ReindexReport:
        """Cuts and embeds all articles of the store anew; see `embeddings.indexing.rebuild.rebuild`."""
        began = time.monotonic()
        done = rebuild(self._store, self._encoder, self._rule, self._progress, self._batch_passages)
        return ReindexReport(
            new=0,
            changed=done.articles,
            unchanged=0,
            removed=0,
            duplicates=0,
            failed=(),
            passages=PassageCounts(embedded=done.embedded, reused=0, total=self._store.status().passages),
            seconds=round(time.monotonic() - began, 3),
        )
