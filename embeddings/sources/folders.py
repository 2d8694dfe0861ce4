"""A folder of files, and the folders in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources import Entry
from embeddings.sources.text import SUFFIXES, read_text_file


class FolderSource:
    """The text files in a folder, by name, and in its folders.

    Hidden files and folders are left out, and so is whatever a symbolic link leads to outside the folder.
    """

    nothing_found = f"no articles in this folder; it should hold {', '.join(SUFFIXES)} files"

    def __init__(self, path: Path) -> None:
        self.location = str(path)
        self._path = path

    def entries(self) -> Iterator[Entry]:
        """The files that look like texts by their suffix; one folder that cannot be listed fails by itself."""
        failed: list[OSError] = []
        for folder, names, files in os.walk(self._path, onerror=failed.append):
            names[:] = sorted(name for name in names if not name.startswith("."))
            for name in sorted(files):
                path = Path(folder, name)
                if name.startswith(".") or path.suffix.lower() not in SUFFIXES:
                    continue
                if path.is_symlink() and not self._holds(path):
                    continue
                yield Entry(str(path), partial(read_text_file, path))
        for error in failed:
            yield Entry(str(error.filename), partial(_refuse, error))

    def _holds(self, link: Path) -> bool:
        try:
            return link.resolve().is_relative_to(self._path)
        except (OSError, RuntimeError):  # a loop of links
            return False


def _refuse(error: OSError) -> Article:
    raise SourceError(str(error.filename), f"the folder cannot be listed ({error.strerror}); check its permissions")
