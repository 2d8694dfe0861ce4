"""One source against the store: which of its articles are new, changed, unchanged or gone."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence

from embeddings.articles import article_id
from embeddings.errors import SourceError
from embeddings.indexing.listing import Listing
from embeddings.indexing.report import Progress, Tally
from embeddings.indexing.writer import Writer
from embeddings.sources import Entry, lies_in
from embeddings.store.protocol import Store

_log = logging.getLogger(__name__)


class Comparison:
    """Reads the entries of sources, and gives a writer what is new, changed or gone.

    Args:
        store: knows what was indexed before.
        writer: takes what is new, changed or gone.
        tally: of this run.
        listings: all sources of this run.
        progress: called after each entry.
        leave: whether to leave an entry as it is, by its identity.
    """

    def __init__(
        self,
        store: Store,
        writer: Writer,
        tally: Tally,
        listings: Sequence[Listing],
        progress: Callable[[Progress], None],
        leave: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._store = store
        self._writer = writer
        self._tally = tally
        self._total = sum(map(len, listings)) if all(listing.is_whole for listing in listings) else 0
        self._progress = progress
        self._leave = leave
        self._known = {article.source: article.content_hash for article in store.articles.known()}

    def bring_up_to_date(self, listing: Listing) -> None:
        """Reads one source; notes what cannot be read, an entry or the rest of the source, as failed."""
        source, tally = listing.source, self._tally
        gone = {article.source: article.id for article in self._store.articles.known(source.location)}
        shared: list[str] = []
        retracted: list[str] = []  # they were other articles when they were stored
        failures = len(tally.failed)
        try:
            for entry in listing.entries():
                before = gone.pop(entry.source, None)
                if before is None and entry.source in self._known:
                    shared.append(article_id(entry.source))
                if not self._read(entry, source.location) and before is not None:
                    retracted.append(before)
                self._progress(Progress(tally.entries, self._total, tally.embedded))
        except SourceError as error:
            tally.fail(error.source, error.reason)
            gone.clear()
        if len(tally.failed) == failures:
            self._writer.set_sync_state(source.sync_state())
        self._writer.finish()
        self._writer.hold(source.location, shared)
        ids = [article for entry, article in gone.items() if not _below_failed(entry, tally)]
        ids = retracted + (ids if source.complete else [])
        if ids:
            names = {article_id(entry): entry for entry in gone}
            for one in ids:
                _log.info("gone: %s", names.get(one, one))
            tally.removed += self._writer.release(source.location, ids)
        self._progress(Progress(tally.entries, self._total, tally.embedded))

    def _read(self, entry: Entry, location: str) -> bool:
        """Reads an entry; False if it is retracted, and must not be in the store."""
        tally = self._tally
        tally.entries += 1
        if entry.source in tally.seen:
            return True
        tally.seen.add(entry.source)
        if self._writer.retracted.has_source(entry.source):
            tally.retracted += 1
            _log.info("left out, as retracted: %s", entry.source)
            return False
        before = self._known.get(entry.source)
        if self._leave(entry.source):
            tally.unchanged += before is not None
            return True
        try:
            article = entry.read()
        except SourceError as error:
            tally.fail(error.source, error.reason)
            return True
        if article is None or article.content_hash == before:
            tally.unchanged += 1
            _log.debug("unchanged: %s", entry.source)
            self._writer.set_sync_state(entry.sync_state())
            return True
        if self._writer.retracted.has(article):
            tally.retracted += 1
            _log.info("left out, as retracted: %s", entry.source)
            return False
        _log.info("%s: %s", "new" if before is None else "changed", entry.source)
        tally.new += before is None
        tally.changed += before is not None
        self._known[entry.source] = article.content_hash
        self._writer.add(article, location, entry.sync_state())
        return True


def forget_files_that_their_folder_lost(store: Store, listings: Sequence[Listing], tally: Tally) -> None:
    """Forgets single files that no longer exist, if the folder that they were in has been read.

    If the folder cannot be read, the whole disk may be missing, and the file may come back.
    """
    for record in store.sources.list():
        path = record.location
        if not os.path.isabs(path) or os.path.lexists(path) or _below_failed(path, tally):
            continue
        if any(listing.source.complete and lies_in(path, listing.source.location) for listing in listings):
            tally.removed += store.sources.remove(path)
            tally.failed[:] = [failure for failure in tally.failed if failure.source != path]


def _below_failed(source: str, tally: Tally) -> bool:
    """Whether an entry is missing only because its folder or file could not be read."""
    return any(lies_in(source, failure.source) for failure in tally.failed)
