"""The lexical cache: a tantivy index (BM25) over the passages' words and their articles' titles."""

from __future__ import annotations

import json
import os
import re
import shutil
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import tantivy

from embeddings.store import Hit, best_hits

_VERSION = 2
_WORD = re.compile(r"\w+")
_MAX_WORDS = 64
_TITLE_BOOST = 0.5
_SMALL = 2000

_ASKING = frozenset(
    ["what", "which", "who", "whom", "whose", "when", "where", "why", "how", "many", "much", "do", "does", "did"]
)
"""Words that make a sentence a question; texts that have them too are not nearer to its answer."""


class LexicalDocument(NamedTuple):
    """What is searched for one passage."""

    passage_id: int
    text: str
    title: str


class LexicalCache:
    """A tantivy index on disk, or in memory where the disk cannot be written.

    `lexical.json` beside it names the change up to which it is built and the checksum of each of its files.

    tantivy goes on counting a passage that was taken out in its BM25 statistics, until it happens to merge the segment;
    `stale` says how many may be counted.

    Args:
        folder: its parent folder; None for an index in memory.
        identity: of the store that it belongs to.
    """

    def __init__(self, folder: Path | None, identity: str) -> None:
        self._identity = identity
        self._folder = folder and folder / "lexical"
        self._manifest = folder and folder / "lexical.json"
        self.change = 0
        self.stale = 0
        if self._folder is None:
            self._index = self._attach(tantivy.Index(_schema()))

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
            self._index = self._attach(tantivy.Index.open(str(self._folder)))
            self.change, self.stale = int(manifest["change"]), int(manifest["stale"])
        except FileNotFoundError:
            return "it is missing"
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return f"it cannot be read ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        return None

    def clear(self) -> None:
        """Puts an empty index in place of whatever there is."""
        self.change = self.stale = 0
        if self._folder is None or self._manifest is None:
            self._index = self._attach(tantivy.Index(_schema()))
            return
        self._manifest.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._index = self._attach(tantivy.Index(_schema(), path=str(self._folder)))

    def apply(self, removed: Iterable[int], added: Iterable[LexicalDocument], change: int) -> None:
        """Takes passages out and puts others in, in one commit; doing so twice is as good as once.

        Raises:
            OSError: the disk is full, or another process is writing to the index.
        """
        filled = self.change > 0
        stale = self.stale
        try:
            writer = self._index.writer(heap_size=32_000_000, num_threads=1)
            for passage_id in removed if filled else ():
                stale += 1
                writer.delete_documents_by_term("passage", passage_id)
            for document in added:
                if filled:
                    writer.delete_documents_by_term("passage", document.passage_id)
                writer.add_document(
                    tantivy.Document(passage=document.passage_id, text=document.text, title=document.title)
                )
            writer.commit()
            writer.wait_merging_threads()
        except ValueError as error:
            raise OSError(str(error)) from error
        self._index.reload()
        self.change, self.stale = change, stale
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
        facts = {"version": _VERSION, "store": self._identity, "change": self.change, "stale": self.stale}
        facts["files"] = files
        try:
            part.write_text(json.dumps(facts))
            os.replace(part, self._manifest)
        finally:
            part.unlink(missing_ok=True)

    def follow(self) -> None:
        """Looks at the disk again: another process may have brought the index further."""
        if self._manifest is None:
            return
        try:
            manifest = json.loads(self._manifest.read_text())
            change, stale = int(manifest["change"]), int(manifest["stale"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        if change > self.change:
            try:
                self._index.reload()
            except ValueError as error:
                raise OSError(str(error)) from error
            self.change, self.stale = change, stale

    def search(self, question: str, count: int) -> list[Hit]:
        """The passages with the highest BM25 score for any of the question's words, best first; ties by id."""
        words = _words(question)
        if not words:
            return []
        query, _ = self._index.parse_query_lenient(
            " ".join(words), ["text", "title"], field_boosts={"title": _TITLE_BOOST}
        )
        searcher = self._index.searcher()

        def find(limit: int) -> list[Hit]:
            found = searcher.search(query, limit=limit).hits
            return [Hit(int(searcher.doc(address)["passage"][0]), float(score)) for score, address in found]

        return best_hits(find, count)

    def __len__(self) -> int:
        return int(self._index.searcher().num_docs)

    @staticmethod
    def _attach(index: tantivy.Index) -> tantivy.Index:
        """Registers the analysis of words, which tantivy does not keep with the index.

        The index is reloaded when we say so: by itself, it would also follow another process into an index half made.
        """
        index.config_reader(reload_policy="manual")
        analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.remove_long(60))
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.ascii_fold())
            .filter(tantivy.Filter.stopword("english"))
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        index.register_tokenizer("words", analyzer)
        return index


def _words(question: str) -> list[str]:
    """The words to search for, each once; "WHO" is not "who"."""
    found = _WORD.findall(question)
    said = [word for word in found if word.lower() not in _ASKING or word.isupper()] or found
    return list(dict.fromkeys(word.lower() for word in said))[:_MAX_WORDS]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("passage", stored=True, indexed=True)
    builder.add_text_field("text", stored=False, tokenizer_name="words", index_option="freq")
    builder.add_text_field("title", stored=False, tokenizer_name="words", index_option="freq")
    return builder.build()
