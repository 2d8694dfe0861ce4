"""The copy of a quantised index on disk."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import faiss

_PIECE = 1 << 20
MANIFEST = "dense.json"
_FAISS: Any = faiss  # its stubs do not know what its Python layer adds


class Saved(NamedTuple):
    """An index as it was found on disk, and the change up to which it is built."""

    index: Any
    change: int


class DenseFile:
    """Two files: the index, and `dense.json` beside it, which is put in place by one rename.

    `dense.json` names the index file, its checksum, what it belongs to, and the change up to which it is built; nothing else
    in the folder is believed.  An index that has been read needs no file any more: the files can be replaced, cut off or
    deleted under a running bot.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, identity: str) -> Saved | str:
        """The index, or why it cannot be used."""
        try:
            manifest = json.loads((self._folder / MANIFEST).read_text())
            if manifest["identity"] != identity:
                return "it belongs to another store or encoder"
            with (self._folder / manifest["file"]).open("rb") as file:
                if _checksum(file) != manifest["checksum"]:
                    return "its checksum is wrong"
                file.seek(0)
                index = faiss.read_index(_FAISS.PyCallbackIOReader(file.read, _PIECE))
            return Saved(index, int(manifest["change"]))
        except FileNotFoundError:
            return "it is missing"
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
            return f"it cannot be read ({str(error).splitlines()[0] if str(error) else type(error).__name__})"

    def change(self, identity: str) -> int:
        """The change up to which the copy on disk is built; -1 if there is none that can be used."""
        try:
            manifest = json.loads((self._folder / MANIFEST).read_text())
            return int(manifest["change"]) if manifest["identity"] == identity else -1
        except (OSError, ValueError, KeyError, TypeError):
            return -1

    def write(self, index: Any, identity: str, change: int) -> None:
        """Writes the copy.

        Raises:
            OSError: the disk is full or read-only; an earlier copy is still whole.
        """
        self._folder.mkdir(exist_ok=True)
        name = f"dense-{change}-{os.getpid()}.faiss"
        checksum = _write(self._folder / name, index)
        manifest = {"file": name, "checksum": checksum, "change": change, "identity": identity}
        with _replacing(self._folder / MANIFEST) as file:
            file.write(json.dumps(manifest).encode())
        for old in self._folder.glob("dense-*.faiss"):
            if old.name != name:
                old.unlink(missing_ok=True)


def _checksum(file: BinaryIO) -> int:
    checksum = 0
    while piece := file.read(_PIECE):
        checksum = zlib.crc32(piece, checksum)
    return checksum


def _write(path: Path, index: Any) -> int:
    """Writes an index piece by piece: a second copy of it in memory may be more than there is."""
    checksum = 0
    failure: OSError | None = None

    def write(piece: bytes) -> int:
        nonlocal checksum, failure
        if failure is None:  # raising here would be lost in FAISS
            checksum = zlib.crc32(piece, checksum)
            try:
                file.write(piece)
            except OSError as error:
                failure = error
        return len(piece)

    with _replacing(path) as file:
        faiss.write_index(index, _FAISS.PyCallbackIOWriter(write, _PIECE))
        if failure is not None:
            raise failure
    return checksum


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of another in one step, once it is written."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
