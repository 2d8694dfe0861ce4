"""Where articles come from: one small file for each format, one protocol.

A source lists its entries without reading them; an entry is read on its own, so that one that fails does not stop the
others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from embeddings.articles import Article
from embeddings.errors import SourceError


class Entry(NamedTuple):
    """One article to be.  `read` raises SourceError, with the reason, when it cannot be read."""

    source: str
    read: Callable[[], Article]


class Source(Protocol):
    """A place that articles come from.

    Attributes:
        location: what a person names and the store remembers: a path, later a URL.
        nothing_found: what to tell a person when there are no entries.
    """

    location: str
    nothing_found: str

    def entries(self) -> Iterator[Entry]:
        """The entries that there are now, in an order that stays the same."""


def check_name(source: str) -> None:
    """Refuses a file name that is not UTF-8: it could neither be stored nor printed.

    Raises:
        SourceError: with the bytes that are not UTF-8 written as ``\\xff``.
    """
    try:
        source.encode()
    except UnicodeEncodeError as error:
        shown = source.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise SourceError(shown, "its name is not UTF-8; rename it") from error


def open_source(location: str) -> Source:
    """The source for a path that a person named.

    Raises:
        SourceError: there is nothing at the path, or nothing that can hold articles.
    """
    from embeddings.sources.folders import FolderSource
    from embeddings.sources.text import SUFFIXES, TextSource

    check_name(location)
    try:
        path = Path(location).expanduser()
        if path.is_dir():
            return FolderSource(path.resolve())
        if path.is_file():
            return TextSource(path.resolve())
        if path.exists():
            raise SourceError(
                location, f"neither a file nor a folder; name a {' or '.join(SUFFIXES)} file or a folder of them"
            )
    except (OSError, ValueError, RuntimeError) as error:  # the last for a ~user or a loop of links that leads nowhere
        raise SourceError(location, f"cannot be looked at ({getattr(error, 'strerror', None) or error})") from error
    raise SourceError(location, "there is no such file or folder; check the path")
