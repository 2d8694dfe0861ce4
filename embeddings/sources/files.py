"""Files as a source: one, those of a folder and of the folders in it, or those that a glob matches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from embeddings.errors import SourceError
from embeddings.sources import Entry, Source, check_name
from embeddings.sources.context import SourceContext
from embeddings.sources.documents import SIDE_CAR, file_document
from embeddings.sources.formats import format_of, format_of_file, known_formats, refuse
from embeddings.sources.globs import is_glob, matches


class FileSource(Source):
    """A file that a person named; its name does not matter.

    Args:
        path: absolute.
        context: what may be used.
    """

    def __init__(self, path: Path, context: SourceContext) -> None:
        super().__init__(str(path))
        self._path = path
        self._context = context

    def entries(self) -> Iterator[Entry]:
        """The articles in the file."""
        check_name(self.location)
        if self.location.endswith(SIDE_CAR):
            raise SourceError(self.location, "holds facts about the file beside it; index that file")
        document = file_document(self._path, self._context)
        file_format = format_of(document)
        yield from file_format.entries(document)
        self.complete = file_format.complete and not document.missing


class FolderSource(Source):
    """The files of known formats in a folder and in the folders below it, ordered by name.

    Leaves out hidden files and folders, and files outside the folder that a symbolic link leads to.

    Args:
        path: absolute, without links.
        context: what may be used.
        pattern: a glob below the folder; only matching files are read.
    """

    def __init__(self, path: Path, context: SourceContext, pattern: str = "") -> None:
        super().__init__(str(path / pattern) if pattern else str(path))
        self._path = path
        self._context = context
        options = context.options
        self._include = (pattern,) if pattern else options.include
        self._also = options.include if pattern else ()
        self._exclude = options.exclude

    @property
    def nothing_found(self) -> str:
        """That the folder holds nothing, and what it should hold."""
        if self._include:
            return "nothing in this folder is matched by " + " or ".join(self._include)
        suffixes = [suffix for known in reversed(list(known_formats().values())) for suffix in known.suffixes]
        return f"no articles in this folder; it should hold {', '.join(suffixes)} files"

    def entries(self) -> Iterator[Entry]:
        """The articles in the files; a file or folder that cannot be listed fails by itself."""
        failed: list[OSError] = []
        for folder, names, files in os.walk(self._path, onerror=failed.append):
            names[:] = sorted(name for name in names if not name.startswith(".") and not self._left_out(folder, name))
            for name in sorted(files):
                if not name.startswith(".") and self._is_chosen(folder, name):
                    yield from self._articles(Path(folder, name))
        for error in failed:
            reason = f"the folder cannot be listed ({error.strerror}); check its permissions"
            yield Entry(str(error.filename), partial(refuse, SourceError(str(error.filename), reason)))

    def _articles(self, path: Path) -> Iterator[Entry]:
        if path.is_symlink() and not self._holds(path):
            return
        try:
            check_name(str(path))
            document = file_document(path, self._context, within=self._path)
            yield from format_of(document).entries(document)
        except SourceError as error:
            yield Entry(str(path), partial(refuse, error))

    def _is_chosen(self, folder: str, name: str) -> bool:
        if name.endswith(SIDE_CAR) or (not self._include and format_of_file(name) is None):
            return False
        required = (globs for globs in (self._include, self._also) if globs)
        return not self._left_out(folder, name) and all(self._matches(folder, name, globs) for globs in required)

    def _left_out(self, folder: str, name: str) -> bool:
        return bool(self._exclude) and self._matches(folder, name, self._exclude)

    def _matches(self, folder: str, name: str, globs: tuple[str, ...]) -> bool:
        path = Path(os.path.relpath(os.path.join(folder, name), self._path)).as_posix()
        return any(matches(path, pattern) for pattern in globs)

    def _holds(self, link: Path) -> bool:
        try:
            return link.resolve().is_relative_to(self._path)
        except (OSError, RuntimeError):  # a loop of links
            return False


def glob_source(location: str, context: SourceContext) -> FolderSource | None:
    """The source for a path with wildcards; None if the folder before the first of them is not there."""
    parts = Path(os.path.abspath(Path(location).expanduser())).parts
    first = next(number for number, part in enumerate(parts) if is_glob(part))
    base = Path(*parts[:first])
    return FolderSource(base.resolve(), context, "/".join(parts[first:])) if base.is_dir() else None
