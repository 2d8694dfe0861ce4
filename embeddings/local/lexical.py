"""The lexical cache: a tantivy index (BM25) over the passages' words and their articles' titles."""

from __future__ import annotations

import json
import math
import os
import shutil
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import tantivy

from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.store import Hit, best_hits
from embeddings.words import ASKING, split_words, word_analyzer

_VERSION = 3
_MAX_WORDS = 64
_TITLE_BOOST = 0.5
_SMALL = 2000


class LexicalDocument(NamedTuple):
    """What is searched for one passage, and the facts about its article that a search can be narrowed by."""

    passage_id: int
    text: str
    title: str
    publisher: str | None = None
    origin: str = ""
    day: date | None = None


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
                writer.add_document(_document(document))
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

    def search(self, question: str, count: int, only: ArticleFilter = EVERYTHING) -> list[Hit]:
        """The passages with the highest BM25 score for any of the question's words, best first; ties by id.

        Args:
            question: any text.
            count: how many passages to return at most.
            only: conditions that the passages' articles must meet.
        """
        terms = [term for word in _words(question) for term in self._analyzer.analyze(word)]
        if not terms:
            return []
        schema, searcher = self._index.schema, self._index.searcher()
        fields = _fields(schema, terms)
        # Side by side, tantivy passes over what cannot be among the best, in a third of the time at a million passages;
        # but it adds up a score in any order then.  Nested by term, the same scores are the same to the last bit.
        query, by_term = _any_of(chain.from_iterable(fields)), _any_of(map(_any_of, fields))
        if only:
            query = _all_of([query, *_conditions(schema, searcher, only)])

        def find(limit: int) -> list[Hit]:
            # Counting the hits, as tantivy does unless told not to, costs a look at each of them.
            best = searcher.search(query, limit=limit, count=False).hits
            passages = searcher.fast_field_values("passage", [address for _, address in best])
            these = tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema, "passage", passages), 0.0)
            found = searcher.search(_all_of([these, by_term]), limit=limit, count=False).hits if best else []
            passages = searcher.fast_field_values("passage", [address for _, address in found])
            return [
                Hit(int(passage), float(score))
                for passage, (score, _) in zip(passages, found, strict=True)
                if passage is not None
            ]

        return best_hits(find, count)

    def rarity(self, terms: Sequence[str]) -> dict[str, float]:
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
            _all_of(_conditions(self._index.schema, searcher, dated)), limit=1, count=False, order_by_field="day"
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


def _words(question: str) -> list[str]:
    """The words to search for, each once; "WHO" is not "who"."""
    found = split_words(question)
    said = [word for word in found if word.lower() not in ASKING or word.isupper()] or found
    return list(dict.fromkeys(word.lower() for word in said))[:_MAX_WORDS]


def _all_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def _fields(schema: tantivy.Schema, terms: Sequence[str]) -> list[tuple[tantivy.Query, tantivy.Query]]:
    """For each term, the passages that have it in their text, and in their title."""
    found = []
    for term in terms:
        title = tantivy.Query.term_query(schema, "title", term, index_option="freq")
        text = tantivy.Query.term_query(schema, "text", term, index_option="freq")
        found.append((text, tantivy.Query.boost_query(title, _TITLE_BOOST)))
    return found


def _any_of(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _conditions(schema: tantivy.Schema, searcher: tantivy.Searcher, only: ArticleFilter) -> list[tantivy.Query]:
    """What `ArticleFilter.admits` asks of an article, as queries that must all match and add nothing to a score."""
    conditions = []
    if only.publishers:
        names = sorted(only.folded_publishers)
        conditions.append(tantivy.Query.term_set_query(schema, "publisher", names))
    if only.sources:
        origins = [origin for origin, _ in searcher.terms_with_prefix("origin", "")]
        wanted = [origin for origin in origins if only.admits_origin(origin)]
        conditions.append(tantivy.Query.term_set_query(schema, "origin", wanted))
    if only.since is not None or only.until is not None:
        first, last = (None if day is None else day.toordinal() for day in (only.since, only.until))
        conditions.append(tantivy.Query.range_query(schema, "day", tantivy.FieldType.Integer, first, last))
    return [tantivy.Query.const_score_query(condition, 0.0) for condition in conditions]


def _document(document: LexicalDocument) -> tantivy.Document:
    fields: dict[str, str | int] = {
        "passage": document.passage_id,
        "text": document.text,
        "title": document.title,
        "origin": document.origin,
    }
    if document.publisher:
        fields["publisher"] = document.publisher.casefold()
    if document.day:
        fields["day"] = document.day.toordinal()
    return tantivy.Document(**fields)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("passage", indexed=True, fast=True)
    builder.add_integer_field("day", indexed=True, fast=True)
    for fact in ("publisher", "origin"):
        builder.add_text_field(fact, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", stored=False, tokenizer_name="words", index_option="freq")
    builder.add_text_field("title", stored=False, tokenizer_name="words", index_option="freq")
    return builder.build()
