"""Search by words in one state of a tantivy index."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from itertools import chain

import tantivy

from embeddings.filters import ArticleFilter
from embeddings.store.local.passage_facts import Admitted
from embeddings.store.protocol import Hit, best_hits
from embeddings.words import ASKING, split_words

_MAX_WORDS = 64
_TITLE_BOOST = 0.5
_SPARE = 16
_FEW = 5_000  # passages that a query names one by one, in a millisecond or two


@contextmanager
def tantivy_errors() -> Iterator[None]:
    """Turns tantivy's errors, and its panics, which pass `except Exception`, into errors of the disk.

    Raises:
        OSError: the disk is full, or a file of the index is damaged.
    """
    try:
        yield
    except ValueError as error:
        raise OSError(str(error)) from error
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise OSError(str(error).partition("\n")[0]) from error


class LexicalSearcher:
    """A tantivy index as it was at a change; what is applied to the index later is not seen."""

    def __init__(self, index: tantivy.Index, analyzer: tantivy.TextAnalyzer, change: int) -> None:
        self.change = change
        self._schema = index.schema
        self._searcher = index.searcher()
        self._analyzer = analyzer

    @tantivy_errors()
    def search(self, question: str, count: int, only: ArticleFilter, admitted: Admitted | None = None) -> list[Hit]:
        """The passages with the highest BM25 score for any of the question's words, best first; ties by id.

        `admitted` are the passages that the filter admits, if they are known.  Where they are many, it is faster to look at
        the best of all and to leave out the others; where they are few, to name them.
        """
        terms = [term for word in _words_of(question) for term in self._analyzer.analyze(word)]
        if not terms:
            return []
        schema, searcher = self._schema, self._searcher
        fields = _fields_of(schema, terms)
        # Side by side, tantivy passes over what cannot be among the best, in a third of the time at a million passages;
        # but it adds up a score in any order then.  Nested by term, the same scores are the same to the last bit.
        query, by_term = _any_of(chain.from_iterable(fields)), _any_of(map(_any_of, fields))
        look_up = partial(self._best_passages, query)
        if admitted is not None and admitted.is_broad:
            look_up = partial(_best_admitted, look_up, admitted)
        elif admitted is not None and admitted.size <= _FEW:
            look_up = partial(self._best_passages, _all_of([_these_passages(schema, admitted.ids().tolist()), query]))
        elif only:
            look_up = partial(self._best_passages, _all_of([query, *_conditions_of(schema, searcher, only)]))

        def hits(limit: int) -> list[Hit]:
            best = look_up(limit)
            return self._hits(_all_of([_these_passages(schema, best), by_term]), limit) if best else []

        return best_hits(hits, count)

    def _best_passages(self, query: tantivy.Query, limit: int) -> list[int]:
        return [hit.passage_id for hit in self._hits(query, limit)]

    def _hits(self, query: tantivy.Query, limit: int) -> list[Hit]:
        """The passages that match best, best first; ties in any order."""
        # Counting the hits, as tantivy does unless told not to, costs a look at each of them.
        documents = self._searcher.search(query, limit=limit, count=False).hits
        passages = self._searcher.fast_field_values("passage", [address for _, address in documents])
        scored = zip(passages, documents, strict=True)
        return [Hit(int(passage), float(score)) for passage, (score, _) in scored if passage is not None]

    @tantivy_errors()
    def idf(self, terms: Sequence[str]) -> dict[str, float]:
        """Inverse document frequency of terms, as BM25 has it: from 0 if each passage has one, up to log(2 n + 2)."""
        counts = {term: int(self._searcher.doc_freq("text", term)) for term in terms}
        documents = max(int(self._searcher.num_docs), *counts.values(), 0)
        return {term: math.log(1 + (documents - count + 0.5) / (count + 0.5)) for term, count in counts.items()}

    @tantivy_errors()
    def newest(self, only: ArticleFilter) -> date | None:
        """The last day on which an article that a filter admits was published; None if none has a date."""
        dated = only.model_copy(update={"since": only.since or date.min})
        conditions = _all_of(_conditions_of(self._schema, self._searcher, dated))
        hits = self._searcher.search(conditions, limit=1, count=False, order_by_field="day").hits
        return date.fromordinal(int(hits[0][0])) if hits else None


def _best_admitted(look_up: Callable[[int], list[int]], admitted: Admitted, limit: int) -> list[int]:
    """The best passages of those that are admitted, from as many of all as that takes."""
    looked_at = int(limit * admitted.one_in) + _SPARE
    while True:
        best = look_up(looked_at)
        inside = admitted.among(best)
        if len(inside) >= limit or len(best) < looked_at:
            return inside[:limit]
        looked_at *= 2


def _words_of(question: str) -> list[str]:
    """The words to search for, each once; "WHO" is not "who"."""
    words = split_words(question)
    telling = [word for word in words if word.lower() not in ASKING or word.isupper()] or words
    return list(dict.fromkeys(word.lower() for word in telling))[:_MAX_WORDS]


def _all_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def _fields_of(schema: tantivy.Schema, terms: Sequence[str]) -> list[tuple[tantivy.Query, tantivy.Query]]:
    """For each term, the passages that have it in their text, and in their title."""
    fields = []
    for term in terms:
        title = tantivy.Query.term_query(schema, "title", term, index_option="freq")
        text = tantivy.Query.term_query(schema, "text", term, index_option="freq")
        fields.append((text, tantivy.Query.boost_query(title, _TITLE_BOOST)))
    return fields


def _any_of(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def _these_passages(schema: tantivy.Schema, passage_ids: Sequence[int]) -> tantivy.Query:
    """Matches these passages, and adds nothing to a score."""
    return tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema, "passage", list(passage_ids)), 0.0)


def _conditions_of(schema: tantivy.Schema, searcher: tantivy.Searcher, only: ArticleFilter) -> list[tantivy.Query]:
    """What `ArticleFilter.admits` asks of an article, as queries that must all match and add nothing to a score."""
    conditions = []
    if only.publishers:
        names = sorted(only.folded_publishers)
        conditions.append(tantivy.Query.term_set_query(schema, "publisher", names))
    if only.sources or only.hidden:
        origins = [origin for origin, _ in searcher.terms_with_prefix("origin", "")]
        admitted = [origin for origin in origins if only.admits_origin(origin)]
        conditions.append(tantivy.Query.term_set_query(schema, "origin", admitted))
    if only.since is not None or only.until is not None:
        first, last = (None if day is None else day.toordinal() for day in (only.since, only.until))
        conditions.append(tantivy.Query.range_query(schema, "day", tantivy.FieldType.Integer, first, last))
    return [tantivy.Query.const_score_query(condition, 0.0) for condition in conditions]
