"""What new options for a source that the store remembers would take out of the store."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import NamedTuple

from embeddings.errors import SourceError
from embeddings.indexing.listing import SourceLister, read_options
from embeddings.sources import SourceOptions
from embeddings.sources.web.addresses import is_web_address
from embeddings.sources.web.fetcher import Fetcher
from embeddings.store.protocol import Store


class Narrowing(NamedTuple):
    """A source that would have fewer articles.

    Attributes:
        location: of the source.
        gone: articles that the store would lose.
        articles: that it holds of this source.
    """

    location: str
    gone: int
    articles: int


def narrowings(
    store: Store, locations: Sequence[str], options: SourceOptions, fetcher: Fetcher | None = None
) -> list[Narrowing]:
    """The remembered sources among these whose articles the options no longer admit; nothing is written.

    Files that are gone anyway do not count, and neither do articles that another source has too.

    Args:
        store: remembers the sources.
        locations: the sources, as a person names them.
        options: the new ones.
        fetcher: the way to the web; None for one with the usual policy.

    Raises:
        SourceError: one of the sources does not exist.
    """
    lister = SourceLister(store, fetcher)
    remembered = {record.location: record for record in store.sources.list()}
    narrower = []
    for location in dict.fromkeys(locations):
        source = lister.open(location, options)
        record = remembered.get(source.location)
        if record is None or record.options == options.model_dump_json():
            continue
        known = {article.source: article.id for article in store.articles.known(source.location)}
        admitted = {entry.source for entry in source.entries()}
        lost = known.keys() - admitted
        if not lost or not admitted or not source.complete:  # an index run refuses what admits nothing
            continue
        if not is_web_address(source.location):
            with contextlib.suppress(SourceError):  # where it cannot be listed, all that is lost counts
                lost &= {entry.source for entry in lister.open(source.location, read_options(record)).entries()}
        others = [other for other in remembered if other != source.location]
        elsewhere = {article.id for other in others for article in store.articles.known(other)} if lost else set()
        gone = {known[entry] for entry in lost} - elsewhere
        if gone:
            narrower.append(Narrowing(source.location, len(gone), len(known)))
    return narrower
