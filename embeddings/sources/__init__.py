"""Where articles come from: one small file per format, one interface.

A source lists its entries without reading them.  Each entry is read on its own, so that a failure does not stop the
others.  A reindex works like this::

    source = open_source(location, context)     # in `embeddings.sources.opening`
    for entry in source.entries():      # SourceError: the source as a whole cannot be listed
        article = entry.read()          # SourceError: this one cannot be read, its message says why
        ...                             # None: not modified since its last commit
        # commit the article together with entry.sync_state()
    # remove what is no longer listed, if source.complete
    # if no entry failed: commit source.sync_state()
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from embeddings.articles import Article
from embeddings.sources.context import SourceContext, SourceOptions

__all__ = ["Entry", "Source", "SourceContext", "SourceOptions", "lies_in"]


class Entry(NamedTuple):
    """An article that can be read.

    Attributes:
        source: its identity: a path, a path with `#` and the id, URL or line of a record in it, or a URL.
        read: reads it.  None when it has not been modified since its `sync_state` was committed.  Raises SourceError,
            with the reason, when it cannot be read; the error's `source` is the file or URL to look at.
        sync_state: called after `read`, also if that gave None.  Commit its result in the same transaction as the article,
            or later, so that a crash in between loses nothing.
    """

    source: str
    read: Callable[[], Article | None]
    sync_state: Callable[[], Mapping[str, str]] = dict


class Source(ABC):
    """A place that articles come from.

    Args:
        location: what a person names and the store keeps: an absolute path, a glob of such, or a URL.

    Attributes:
        complete: whether `entries`, once it ran to its end, listed everything, so that an article that was not listed is
            gone.  A feed lists only its latest articles, so its older ones stay.
    """

    def __init__(self, location: str) -> None:
        self.location = location
        self.complete = True

    @property
    def nothing_found(self) -> str:
        """What to tell a person when there are no entries."""
        return "holds no article"

    @abstractmethod
    def entries(self) -> Iterator[Entry]:
        """The present entries, in an order that stays the same.

        Raises:
            SourceError: nothing can be listed.
        """

    def sync_state(self) -> Mapping[str, str]:
        """What to commit once all entries were read and committed and none failed: a copy of the feed, for instance."""
        return {}


def lies_in(source: str, place: str) -> bool:
    """Whether an entry is in a folder, or in a file of many articles, that failed as a whole.

    An entry that is not listed because its folder or file could not be read is not gone.
    """
    return source.startswith((place.rstrip("/") + "/", place + "#"))
