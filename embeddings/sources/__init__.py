"""Where articles come from: one small file per format, one interface.

A source lists its entries without reading them.  Each entry is read on its own, so that a failure does not stop the
others.  A reindex works like this::

    source = open_source(location, context)
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
from pathlib import Path
from typing import NamedTuple

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources.context import SourceContext, SourceOptions

__all__ = [
    "Entry",
    "Source",
    "SourceContext",
    "SourceOptions",
    "check_name",
    "lies_in",
    "open_source",
]


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


def check_name(source: str) -> None:
    r"""Refuses a file name that is not UTF-8, which could neither be stored nor printed.

    Raises:
        SourceError: with the bytes that are not UTF-8 written as ``\xff``.
    """
    try:
        source.encode()
    except UnicodeEncodeError as error:
        shown = source.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise SourceError(shown, "its name is not UTF-8; rename it") from error


def open_source(location: str, context: SourceContext | None = None) -> Source:
    """The source that a person named.

    Args:
        location: a file, a folder, a glob, or a URL.
        context: what it may use; without one, everything is read.

    Raises:
        SourceError: there is nothing there, or nothing that can hold articles.
    """
    from embeddings.sources.files import FileSource, FolderSource, glob_source
    from embeddings.sources.globs import is_glob
    from embeddings.sources.web.addresses import is_web_address, normal_url
    from embeddings.sources.websites import WebSource

    check_name(location)
    context = context or SourceContext()
    if is_web_address(location):
        return WebSource(normal_url(location), context)
    try:
        path = Path(location).expanduser()
        if path.is_dir():
            return FolderSource(path.resolve(), context)
        if path.is_file():
            return FileSource(path.resolve(), context)
        if path.exists():
            raise SourceError(location, "neither a file nor a folder; name a file, a folder, or a URL")
        source = glob_source(location, context) if is_glob(location) else None
    except (OSError, ValueError, RuntimeError) as error:  # the last for a ~user or a loop of links that leads nowhere
        raise SourceError(location, f"cannot be opened ({getattr(error, 'strerror', None) or error})") from error
    if source is None:
        raise SourceError(location, "there is no such file or folder; check the path")
    return source
