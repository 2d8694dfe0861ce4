"""A question and a filter as queries of the lexical index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import tantivy

from embeddings.filters import ArticleFilter
from embeddings.words import ASKING, split_words

_MAX_WORDS = 64
_TITLE_BOOST = 0.5


def words_of(question: str) -> list[str]:
    """The words to search for, each once; "WHO" is not "who"."""
    words = split_words(question)
    telling = [word for word in words if word.lower() not in ASKING or word.isupper()] or words
    return list(dict.fromkeys(word.lower() for word in telling))[:_MAX_WORDS]


def all_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    """What matches each of these queries."""
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])


def fields_of(schema: tantivy.Schema, terms: Sequence[str]) -> list[tuple[tantivy.Query, tantivy.Query]]:
    """For each term, the passages that have it in their text, and in their title."""
    fields = []
    for term in terms:
        title = tantivy.Query.term_query(schema, "title", term, index_option="freq")
        text = tantivy.Query.term_query(schema, "text", term, index_option="freq")
        fields.append((text, tantivy.Query.boost_query(title, _TITLE_BOOST)))
    return fields


def any_of(queries: Iterable[tantivy.Query]) -> tantivy.Query:
    """What matches any of these queries."""
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def these_passages(schema: tantivy.Schema, passage_ids: Sequence[int]) -> tantivy.Query:
    """Matches these passages, and adds nothing to a score."""
    return tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema, "passage", list(passage_ids)), 0.0)


def conditions_of(schema: tantivy.Schema, searcher: tantivy.Searcher, only: ArticleFilter) -> list[tantivy.Query]:
    """What `ArticleFilter.admits` asks of an article, as queries that must all match and add nothing to a score."""
    conditions = []
    if only.publishers:
        names = sorted(only.folded_publishers)
        conditions.append(tantivy.Query.term_set_query(schema, "publisher", names))
    if only.sources:
        origins = [origin for origin, _ in searcher.terms_with_prefix("origin", "")]
        admitted = [origin for origin in origins if only.admits_origin(origin)]
        conditions.append(tantivy.Query.term_set_query(schema, "origin", admitted))
    if only.since is not None or only.until is not None:
        first, last = (None if day is None else day.toordinal() for day in (only.since, only.until))
        conditions.append(tantivy.Query.range_query(schema, "day", tantivy.FieldType.Integer, first, last))
    return [tantivy.Query.const_score_query(condition, 0.0) for condition in conditions]
