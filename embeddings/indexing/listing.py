"""The sources of a reindex, opened, and what each of them lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from itertools import chain, islice

from pydantic import ValidationError

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.indexing.report import Tally
from embeddings.sources import Entry, Source, SourceContext, SourceOptions
from embeddings.sources.opening import open_source
from embeddings.sources.sandbox import Sandbox
from embeddings.sources.web.fetcher import Fetcher
from embeddings.store.protocol import SourceRecord, Store

LISTED_AHEAD = 20_000
"""Entries that are listed before the first is read, so that progress has a total.  More would fill memory."""


class Listing:
    """A source and its entries; the first ones are listed at once.

    Raises:
        SourceError: it cannot be listed.
    """

    def __init__(self, source: Source, publisher: str | None = None) -> None:
        self.source = source
        entries = source.entries()
        if publisher is not None:
            entries = (entry._replace(read=partial(_published_by, publisher, entry.read)) for entry in entries)
        self._ahead = list(islice(entries, LISTED_AHEAD))
        self._rest = entries
        self.is_whole = len(self._ahead) < LISTED_AHEAD

    def __len__(self) -> int:
        """How many entries have been listed ahead."""
        return len(self._ahead)

    def entries(self) -> Iterator[Entry]:
        """The entries; once."""
        ahead, self._ahead = self._ahead, []
        return chain(ahead, self._rest)


def _published_by(publisher: str, read: Callable[[], Article | None]) -> Article | None:
    article = read()
    return None if article is None else article.model_copy(update={"publisher": publisher})


class SourceLister:
    """Opens and lists sources.

    Args:
        store: knows the sources and their sync states.
        fetcher: the way to the web; None for one with the usual policy.
        sandbox: the process that parses what strangers wrote; None for one with the usual deadline.

    Attributes:
        unreachable: locations of remembered sources that could not be listed, with the reason.
    """

    def __init__(self, store: Store, fetcher: Fetcher | None = None, sandbox: Sandbox | None = None) -> None:
        self._store = store
        self._fetcher = fetcher or Fetcher()
        self._sandbox = sandbox or Sandbox()
        self.unreachable: dict[str, str] = {}

    @cached_property
    def _stored(self) -> set[str]:
        return {article.source for article in self._store.articles.known()}

    @cached_property
    def _publishers(self) -> dict[str, str | None]:
        return {article.source: article.publisher for article in self._store.articles.list()}

    def _holds(self, entry: str, publisher: str | None) -> bool:
        """Whether the store holds an article, with the publisher that its source was given, if it was given one."""
        return entry in self._stored and (publisher is None or self._publishers.get(entry) == publisher)

    def named(self, locations: Sequence[str], options: SourceOptions | None) -> list[tuple[Listing, SourceOptions]]:
        """Lists sources that a person named, each once, with these options or else the stored ones.

        Raises:
            SourceError: one does not exist or holds nothing.
        """
        remembered = {record.location: record for record in self._store.sources.list()}
        listings: dict[str, tuple[Listing, SourceOptions]] = {}
        for location in locations:
            source = self.open(location, options or SourceOptions())
            record = remembered.get(source.location)
            used = options or (read_options(record) if record else SourceOptions())
            if used != (options or SourceOptions()):
                source = self.open(location, used)
            if source.location not in listings:
                listings[source.location] = self._list(source, used), used
        return list(listings.values())

    def remembered(self, tally: Tally, chosen: Callable[[str], bool] = lambda _: True) -> list[Listing]:
        """Lists the sources that the store remembers; notes what cannot be listed as failed."""
        listings = []
        for record in self._store.sources.list():
            if not chosen(record.location):
                continue
            try:
                options = read_options(record)
                listings.append(self._list(self.open(record.location, options), options))
            except SourceError as error:
                tally.fail(error.source, f"{error.reason}; the articles from it are kept")
                self.unreachable[record.location] = error.reason
        return listings

    def open(self, location: str, options: SourceOptions) -> Source:
        """Opens a source.

        Raises:
            SourceError: it does not exist.
        """
        context = SourceContext(
            options=options,
            sync_state=self._store.sources.sync_state,
            holds=lambda entry: self._holds(entry, options.publisher),
            fetcher=self._fetcher,
            sandbox=self._sandbox,
        )
        return open_source(location, context)

    def _list(self, source: Source, options: SourceOptions) -> Listing:
        """What a source lists.  An empty one counts as a mistake, or as a disk that is not there, not as a change."""
        listing = Listing(source, options.publisher)
        if not listing and (source.complete or not self._store.articles.known(source.location)):
            raise SourceError(source.location, source.nothing_found)
        return listing


def read_options(record: SourceRecord) -> SourceOptions:
    """How the store remembers that a source is read.

    Raises:
        SourceError: another version wrote it.
    """
    try:
        return SourceOptions.model_validate_json(record.options)
    except ValidationError as error:
        reason = "its options in the store are of another version; name it again: qa-bot index LOCATION"
        raise SourceError(record.location, reason) from error
