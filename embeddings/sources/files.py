"""One file, with an article in it or many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from embeddings.sources import Entry, check_name
from embeddings.sources.context import SourceContext
from embeddings.sources.documents import file_document
from embeddings.sources.formats import format_of


class FileSource:
    """A file that a person named, whatever it is called.

    Args:
        path: absolute.
        context: what may be used.
    """

    nothing_found = "holds no article"

    def __init__(self, path: Path, context: SourceContext) -> None:
        self.location = str(path)
        self._path = path
        self._context = context
        self._complete = True

    @property
    def complete(self) -> bool:
        """Whether all that there is was listed; not so for a feed in a file."""
        return self._complete

    def entries(self) -> Iterator[Entry]:
        """The articles in the file."""
        check_name(self.location)
        document = file_document(self._path, self._context)
        found = format_of(document)
        yield from found.entries(document)
        self._complete = found.complete and not document.missing

    def memories(self) -> Mapping[str, str]:
        """Nothing."""
        return {}
