"""Opens what a person named: a file, a folder with the folders in it, the files that a glob matches, or a URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from embeddings.errors import SourceError
from embeddings.sources import Entry, Source
from embeddings.sources.context import SourceContext
from embeddings.sources.documents import SIDE_CAR, file_document
from embeddings.sources.formats import format_of, format_of_file, known_formats, refuse
from embeddings.sources.globs import is_glob, matches
from embeddings.sources.web.addresses import is_web_address, normal_url
from embeddings.sources.websites import WebSource


def open_source(location: str, context: SourceContext | None = None) -> Source:
    """The source that a person named.

    Args:
        location: a file, a folder, a glob, or a URL.
        context: what it may use; without one, everything is read.

    Raises:
        SourceError: there is nothing there, or nothing that can hold articles.
    """
    if not location.strip():
        raise SourceError(repr(location), "a source without a name; write . for the current folder")
    _check_name(location)
    context = context or SourceContext()
    if is_web_address(location):
        return WebSource(normal_url(location), context)
    try:
        path = Path(location).expanduser()
        if path.is_dir():
            return _FolderSource(path.resolve(), context)
        if path.is_file():
            return _FileSource(path.resolve(), context)
        if path.exists():
            raise SourceError(location, "neither a file nor a folder; name a file, a folder, or a URL")
        source = _glob_source(location, context) if is_glob(location) else None
    except (OSError, ValueError, RuntimeError) as error:  # the last for a ~user or a loop of links that leads nowhere
        raise SourceError(location, f"cannot be opened ({getattr(error, 'strerror', None) or error})") from error
    if source is None:
        raise SourceError(location, "there is no such file or folder; check the path")
    return source


class _FileSource(Source):
    """A file that a person named; its name does not matter."""

    def __init__(self, path: Path, context: SourceContext) -> None:
        super().__init__(str(path))
        self._path = path
        self._context = context

    def entries(self) -> Iterator[Entry]:
        _check_name(self.location)
        if self.location.endswith(SIDE_CAR):
            raise SourceError(self.location, "holds facts about the file beside it; index that file")
        document = file_document(self._path, self._context)
        file_format = format_of(document)
        yield from file_format.entries(document)
        self.complete = file_format.complete and not document.missing


class _FolderSource(Source):
    """The files of known formats in a folder and in the folders below it, ordered by name.

    Leaves out hidden files and folders, and files outside the folder that a symbolic link leads to.  With a pattern, a glob
    below the folder, only matching files are read.
    """

    def __init__(self, path: Path, context: SourceContext, pattern: str = "") -> None:
        super().__init__(str(path / pattern) if pattern else str(path))
        self._path = path
        self._context = context
        self._include, self._exclude = context.options.include, context.options.exclude
        self._pattern = (pattern,) if pattern else ()

    @property
    def nothing_found(self) -> str:
        if globs := self._pattern or self._include:
            return "nothing in this folder is matched by " + " or ".join(globs)
        suffixes = [suffix for known in reversed(list(known_formats().values())) for suffix in known.suffixes]
        return f"no articles in this folder; it should hold {', '.join(suffixes)} files"

    def entries(self) -> Iterator[Entry]:
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
            _check_name(str(path))
            document = file_document(path, self._context, within=self._path)
            yield from format_of(document).entries(document)
        except SourceError as error:
            yield Entry(str(path), partial(refuse, error))

    def _is_chosen(self, folder: str, name: str) -> bool:
        required = [globs for globs in (self._pattern, self._include) if globs]
        if name.endswith(SIDE_CAR) or not (required or format_of_file(name)) or self._left_out(folder, name):
            return False
        return all(self._matches(folder, name, globs) for globs in required)

    def _left_out(self, folder: str, name: str) -> bool:
        return bool(self._exclude) and self._matches(folder, name, self._exclude)

    def _matches(self, folder: str, name: str, globs: tuple[str, ...]) -> bool:
        path = Path(folder, name).relative_to(self._path).as_posix()
        return any(matches(path, pattern) for pattern in globs)

    def _holds(self, link: Path) -> bool:
        try:
            return link.resolve().is_relative_to(self._path)
        except (OSError, RuntimeError):  # a loop of links
            return False


def _glob_source(location: str, context: SourceContext) -> _FolderSource | None:
    """The source for a path with wildcards; None if the folder before the first of them is not there."""
    parts = Path(os.path.abspath(Path(location).expanduser())).parts
    first = next(number for number, part in enumerate(parts) if is_glob(part))
    base = Path(*parts[:first])
    return _FolderSource(base.resolve(), context, "/".join(parts[first:])) if base.is_dir() else None


def _check_name(source: str) -> None:
    r"""Refuses a file name that is not UTF-8, which could neither be stored nor printed; its bytes are shown as ``\xff``."""
    try:
        source.encode()
    except UnicodeEncodeError as error:
        shown = source.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise SourceError(shown, "its name is not UTF-8; rename it") from error
