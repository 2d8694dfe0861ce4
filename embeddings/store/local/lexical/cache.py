"""The lexical cache: a tantivy index (BM25) over the passages' words and their articles' titles."""

from __future__ import annotations

import json
import math
import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import tantivy

from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.store.local.dense.cache import Admitted
from embeddings.store.local.lexical.document import LexicalDocument, lexical_schema, tantivy_document
from embeddings.store.local.lexical.query import all_of, any_of, conditions_of, fields_of, these_passages, words_of
from embeddings.store.protocol import Hit, best_hits
from embeddings.words import word_analyzer

_VERSION = 3
_SMALL = 2000
_SPARE = 16
_FEW = 5_000  # passages that a query names one by one, in a millisecond or two


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
        self._sizes: dict[Path, int] = {}
        self._analyzer = word_analyzer()
        if self._folder is None:
            self._index = self._attach(tantivy.Index(lexical_schema()))

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
            self._sizes = self._sizes_in(manifest)
        except FileNotFoundError:
            return "it is missing"
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            return f"it cannot be read ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        return None

    def clear(self) -> None:
        """Puts an empty index in place of whatever there is."""
        self.change = self.stale = 0
        self._sizes = {}
        if self._folder is None or self._manifest is None:
            self._index = self._attach(tantivy.Index(lexical_schema()))
            return
        self._manifest.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._index = self._attach(tantivy.Index(lexical_schema(), path=str(self._folder)))

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
                writer.add_document(tantivy_document(document))
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
        facts: dict[str, Any] = {
            "version": _VERSION,
            "store": self._identity,
            "change": self.change,
            "stale": self.stale,
        }
        facts["files"] = files
        try:
            part.write_text(json.dumps(facts))
            os.replace(part, self._manifest)
        finally:
            part.unlink(missing_ok=True)
        self._sizes = self._sizes_in(facts)

    def _sizes_in(self, manifest: Mapping[str, Any]) -> dict[Path, int]:
        assert self._folder is not None
        return {self._folder / name: int(size) for name, (size, _) in manifest["files"].items()}

    def is_cut_off(self) -> bool:
        """Whether a file has been cut off under the open index: reading what is missing would kill the process.

        A file that is deleted is still there for who has it open.
        """
        for path, size in self._sizes.items():
            try:
                if os.stat(path).st_size < size:
                    return True
            except OSError:
                continue
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
            try:
                self._index.reload()
            except ValueError as error:
                raise OSError(str(error)) from error
            self.change, self.stale, self._sizes = change, stale, sizes

    def search(
        self, question: str, count: int, only: ArticleFilter = EVERYTHING, admitted: Admitted | None = None
    ) -> list[Hit]:
        """The passages with the highest BM25 score for any of the question's words, best first; ties by id.

        Args:
            question: any text.
            count: how many passages to return at most.
            only: conditions that the passages' articles must meet.
            admitted: the passages that meet them, if that is known.  Where they are many, it is faster to look at the best
                of all and to leave out the others; where they are few, to name them.
        """
        terms = [term for word in words_of(question) for term in self._analyzer.analyze(word)]
        if not terms:
            return []
        schema, searcher = self._index.schema, self._index.searcher()
        fields = fields_of(schema, terms)
        # Side by side, tantivy passes over what cannot be among the best, in a third of the time at a million passages;
        # but it adds up a score in any order then.  Nested by term, the same scores are the same to the last bit.
        query, by_term = any_of(chain.from_iterable(fields)), any_of(map(any_of, fields))
        look_up = partial(_best_passages, searcher, query)
        if admitted is not None and admitted.is_broad(len(self)):
            look_up = partial(_best_admitted, look_up, admitted, len(self) / max(admitted.size, 1))
        elif admitted is not None and admitted.size <= _FEW:
            look_up = partial(
                _best_passages, searcher, all_of([these_passages(schema, admitted.ids().tolist()), query])
            )
        elif only:
            look_up = partial(_best_passages, searcher, all_of([query, *conditions_of(schema, searcher, only)]))

        def find(limit: int) -> list[Hit]:
            best = look_up(limit)
            both = all_of([these_passages(schema, best), by_term])
            found = searcher.search(both, limit=limit, count=False).hits if best else []
            passages = searcher.fast_field_values("passage", [address for _, address in found])
            return [
                Hit(int(passage), float(score))
                for passage, (score, _) in zip(passages, found, strict=True)
                if passage is not None
            ]

        return best_hits(find, count)

    def idf(self, terms: Sequence[str]) -> dict[str, float]:
        """Inverse document frequency of terms, as BM25 has it: from 0 if each passage has one, up to log(2 n + 2)."""
        searcher = self._index.searcher()
        found = {term: int(searcher.doc_freq("text", term)) for term in terms}
        documents = max(len(self), *found.values(), 0)
        return {term: math.log(1 + (documents - count + 0.5) / (count + 0.5)) for term, count in found.items()}

    def newest(self, only: ArticleFilter) -> date | None:
        """The last day on which an article that a filter admits was published; None if none has a date."""
        searcher = self._index.searcher()
        dated = only.model_copy(update={"since": only.since or date.min})
        found = searcher.search(
            all_of(conditions_of(self._index.schema, searcher, dated)), limit=1, count=False, order_by_field="day"
        ).hits
        return date.fromordinal(int(found[0][0])) if found else None

    def __len__(self) -> int:
        return int(self._index.searcher().num_docs)

    @staticmethod
    def _attach(index: tantivy.Index) -> tantivy.Index:
        """Registers the analysis of words, which tantivy does not keep with the index.

        The index is reloaded when we say so: by itself, it would also follow another process into an index half made.
        """
        index.config_reader(reload_policy="manual")
        index.register_tokenizer("words", word_analyzer())
        return index


def _best_passages(searcher: tantivy.Searcher, query: tantivy.Query, limit: int) -> list[int]:
    """Ids of the passages that match best, best first; ties in any order."""
    # Counting the hits, as tantivy does unless told not to, costs a look at each of them.
    best = searcher.search(query, limit=limit, count=False).hits
    found = searcher.fast_field_values("passage", [address for _, address in best])
    return [int(passage) for passage in found if passage is not None]


def _best_admitted(look_up: Callable[[int], list[int]], admitted: Admitted, one_in: float, limit: int) -> list[int]:
    """The same of those that are admitted, one in so many, from as many of all as that takes."""
    wanted = int(limit * one_in) + _SPARE
    while True:
        best = look_up(wanted)
        ids = np.array(best, np.int64)
        kept = ids[admitted.has(ids)]
        if len(kept) >= limit or len(best) < wanted:
            return [int(passage) for passage in kept[:limit]]
        wanted *= 2
