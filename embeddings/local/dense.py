"""The dense cache: a FAISS index over the vectors that SQLite holds."""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.store import Hit, best_hits

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]


class DenseCache:
    """An exact inner-product index, in memory, and its copy on disk.

    The copy is two files: the index, and `dense.json`, which names the index file, its checksum, the store and encoder
    that it belongs to, and the change up to which it is built.  It is put in place by one rename; anything else found
    there is not believed.

    Args:
        folder: where the copy lies.
        dimension: of the vectors.
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        self.dimension = dimension
        self.change = 0
        self._folder = folder
        self._guard = threading.Lock()
        # A question is one vector: waking a second thread for it costs more than it saves, far more on busy cores.
        faiss.omp_set_num_threads(1)
        self._index: Any = self._empty()

    def _empty(self) -> Any:
        return faiss.IndexIDMap2(faiss.IndexFlatIP(self.dimension))

    def load(self, identity: str) -> str | None:
        """Loads the copy on disk; returns why it cannot be used, or None if it is loaded."""
        manifest_path = self._folder / "dense.json"
        try:
            manifest = json.loads(manifest_path.read_text())
            if manifest["identity"] != identity:
                return "it belongs to another store or encoder"
            data = (self._folder / manifest["file"]).read_bytes()
            if zlib.crc32(data) != manifest["checksum"]:
                return "its checksum is wrong"
            index = faiss.deserialize_index(np.frombuffer(data, np.uint8))
            if index.d != self.dimension:
                return "its dimension is wrong"
            change = int(manifest["change"])
        except FileNotFoundError:
            return "it is missing"
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
            return f"it cannot be read ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        with self._guard:
            self._index, self.change = index, change
        return None

    def save(self, identity: str) -> None:
        """Writes the copy on disk.

        Raises:
            OSError: the disk is full or read-only; an earlier copy is still whole.
        """
        with self._guard:
            data = faiss.serialize_index(self._index).tobytes()
            change = self.change
        name = f"dense-{change}.faiss"
        _replace(self._folder / name, data)
        manifest = {"file": name, "checksum": zlib.crc32(data), "change": change, "identity": identity}
        _replace(self._folder / "dense.json", json.dumps(manifest).encode())
        for old in self._folder.glob("dense-*.faiss"):
            if old.name != name:
                old.unlink(missing_ok=True)

    def clear(self) -> None:
        """Empties the index."""
        with self._guard:
            self._index, self.change = self._empty(), 0

    def apply(self, removed: Ids, chunks: Iterable[tuple[Ids, Vectors]], change: int) -> None:
        """Takes passages out and puts others in; the index then stands at `change`."""
        with self._guard:
            try:
                if len(removed):
                    self._index.remove_ids(np.sort(removed))
                for ids, vectors in chunks:
                    self._index.add_with_ids(np.ascontiguousarray(vectors), ids)
                self.change = change
            except BaseException:  # Ctrl-C too: a passage that is put in twice is found twice
                self._index, self.change = self._empty(), 0
                raise

    def search(self, vector: Vectors, count: int) -> list[Hit]:
        """The passages with the highest inner product, best first; ties by id."""
        query = np.ascontiguousarray(vector[None, :])

        def find(limit: int) -> list[Hit]:
            if self._index.ntotal == 0:
                return []
            scores, ids = self._index.search(query, min(limit, self._index.ntotal))
            return [Hit(int(i), float(score)) for i, score in zip(ids[0], scores[0], strict=True) if i >= 0]

        with self._guard:
            return best_hits(find, count)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def kind(self) -> str:
        """What the index is, in words."""
        return "exact (FAISS flat, inner product)"


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
