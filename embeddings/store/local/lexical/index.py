"""A tantivy index (BM25) over the passages' words and their articles' titles."""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import tantivy

from embeddings.store.local.change_log import LexicalDocument
from embeddings.store.local.lexical.search import LexicalSearcher, tantivy_errors
from embeddings.words import word_analyzer

_VERSION = 3
_SMALL = 2000


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for number in ("passage", "day"):
        builder.add_integer_field(number, indexed=True, fast=True)
    for fact in ("publisher", "origin"):
        builder.add_text_field(fact, tokenizer_name="raw", index_option="basic")
    for words in ("text", "title"):
        builder.add_text_field(words, stored=False, tokenizer_name="words", index_option="freq")
    return builder.build()


def _tantivy_document(document: LexicalDocument) -> tantivy.Document:
    passage_id, text, title, publisher, origin, day = document
    fields: dict[str, str | int] = {"passage": passage_id, "text": text, "title": title, "origin": origin}
    if publisher:
        fields["publisher"] = publisher.casefold()
    if day:
        fields["day"] = day.toordinal()
    return tantivy.Document(**fields)


class LexicalIndex:
    """A tantivy index on disk, or in memory where the disk cannot be written.

    `lexical.json` beside it names the change up to which it is built and the checksum of each of its files.

    tantivy counts a passage that was taken out in its BM25 statistics until it happens to merge the segment; `stale` says how
    many may be counted.

    Args:
        folder: its parent folder; None for an index in memory.
        identity: of the store and the generation.
    """

    def __init__(self, folder: Path | None, identity: str) -> None:
        self._identity = identity
        self._folder = folder and folder / "lexical"
        self._manifest = folder and folder / "lexical.json"
        self.stale = 0
        self._sizes: dict[Path, int] = {}
        self._analyzer = word_analyzer()
        if self._folder is None:
            self._attach(tantivy.Index(_schema()), 0)

    @property
    def change(self) -> int:
        return self.searcher.change

    def load(self) -> str | None:
        """Opens the index on disk; returns why it cannot be used, or None if it is open."""
        assert self._folder is not None
        assert self._manifest is not None
        try:
            manifest = json.loads(self._manifest.read_text())
            if manifest["version"] != _VERSION:
                return "it was made by another version"
            if manifest["store"] != self._identity:
                return "it belongs to another store"
            for name, (size, checksum) in manifest["files"].items():
                data = (self._folder / name).read_bytes()
                if len(data) != size or zlib.crc32(data) != checksum:
                    return f"the checksum of its file {name} is wrong"
            with tantivy_errors():
                self._attach(tantivy.Index.open(str(self._folder)), int(manifest["change"]))
            self.stale = int(manifest["stale"])
            self._sizes = self._sizes_in(manifest)
        except FileNotFoundError:
            return "it is missing"
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return f"it cannot be read ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        return None

    def clear(self) -> None:
        """Puts an empty index in place of whatever there is.

        Raises:
            OSError: the disk is full.
        """
        self.stale = 0
        self._sizes = {}
        if self._folder is None or self._manifest is None:
            self._attach(tantivy.Index(_schema()), 0)
            return
        self._manifest.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        with tantivy_errors():
            self._attach(tantivy.Index(_schema(), path=str(self._folder)), 0)

    def apply(self, removed: Iterable[int], added: Iterable[LexicalDocument], change: int) -> None:
        """Takes passages out and puts others in, in one commit; doing so twice is as good as once.

        Raises:
            OSError: the disk is full, or another process is writing to the index.
        """
        filled = self.change > 0
        removed = list(removed) if filled else []
        with tantivy_errors():
            writer = self._index.writer(heap_size=32_000_000, num_threads=1)
            for passage_id in removed:
                writer.delete_documents_by_term("passage", passage_id)
            for document in added:
                if filled:
                    writer.delete_documents_by_term("passage", document.passage_id)
                writer.add_document(_tantivy_document(document))
            writer.commit()
            writer.wait_merging_threads()
        self.stale += len(removed)
        self._reload(change)
        self._record()

    def is_better_rebuilt(self, removed: int) -> bool:
        """Whether taking so many passages out calls for a new index: cheap if it is small, due if a tenth is stale."""
        stale = self.stale + removed
        return removed > 0 and (len(self) < _SMALL or stale * 10 > len(self))

    def _record(self) -> None:
        if self._folder is None or self._manifest is None:
            return
        files = {}
        for path in sorted(self._folder.iterdir()):
            if not path.name.startswith(".") and path.suffix != ".lock":
                data = path.read_bytes()
                files[path.name] = (len(data), zlib.crc32(data))
        part = self._manifest.with_name(f"{self._manifest.name}.{os.getpid()}.part")
        manifest: dict[str, Any] = {
            "version": _VERSION,
            "store": self._identity,
            "change": self.change,
            "stale": self.stale,
            "files": files,
        }
        try:
            part.write_text(json.dumps(manifest))
            os.replace(part, self._manifest)
        finally:
            part.unlink(missing_ok=True)
        self._sizes = self._sizes_in(manifest)

    def _sizes_in(self, manifest: Mapping[str, Any]) -> dict[Path, int]:
        assert self._folder is not None
        return {self._folder / name: int(size) for name, (size, _) in manifest["files"].items()}

    def is_cut_off(self) -> bool:
        """Whether a file has been cut off under the open index: reading what is missing would kill the process.

        A file that is deleted is still there for who has it open.
        """
        for path, size in self._sizes.items():
            with suppress(OSError):
                if path.stat().st_size < size:
                    return True
        return False

    def follow(self) -> None:
        """Looks at the disk again: another process may have brought the index further."""
        if self._manifest is None:
            return
        try:
            manifest = json.loads(self._manifest.read_text())
            change, stale = int(manifest["change"]), int(manifest["stale"])
            sizes = self._sizes_in(manifest)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return
        if change > self.change:
            with tantivy_errors():
                self._reload(change)
            self.stale, self._sizes = stale, sizes

    def __len__(self) -> int:
        return int(self._index.searcher().num_docs)

    def _attach(self, index: tantivy.Index, change: int) -> None:
        """Registers the analysis of words, which tantivy does not keep with the index.

        The index is reloaded when we say so: by itself, it would also follow another process into an index half made.
        """
        index.config_reader(reload_policy="manual")
        index.register_tokenizer("words", word_analyzer())
        self._index = index
        self.searcher = LexicalSearcher(index, self._analyzer, change)

    def _reload(self, change: int) -> None:
        self._index.reload()
        self.searcher = LexicalSearcher(self._index, self._analyzer, change)
