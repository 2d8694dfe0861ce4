"""The store at one moment, through a filter: what one question reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property, partial, wraps
from typing import Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from embeddings.errors import EncoderMismatchError, StoreError
from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.store.local.caches import Moment
from embeddings.store.local.database import Database, WrongValueError, select_in
from embeddings.store.local.dense.search import best_by_cosine, best_of, cosines, scan
from embeddings.store.local.passage_facts import NARROW, FilterFacts
from embeddings.store.local.tables.articles import ARTICLE_COLUMNS, ARTICLES, as_text, read_article, read_text
from embeddings.store.local.tables.rows import read_day, read_vectors
from embeddings.store.protocol import MOST_COPIES, ArticleText, CopyGroup, Hit, StoredPassage, View

_EVERYTHING = FilterFacts(None)

Given = ParamSpec("Given")
Result = TypeVar("Result")


def _reading(
    method: Callable[Concatenate[LocalView, Given], Result],
) -> Callable[Concatenate[LocalView, Given], Result]:
    """Makes what a method stumbles over, while it reads, an error of the store."""

    @wraps(method)
    def read(view: LocalView, /, *arguments: Given.args, **named: Given.kwargs) -> Result:
        with view._database.unreadable_values():
            try:
                return method(view, *arguments, **named)
            except OSError as error:
                lexical = view._database.path.with_name("lexical.json")
                raise StoreError(
                    f"{lexical}: the index cannot be read ({error}); delete the file, and ask again"
                ) from error

    return read


class LocalView(View):
    """One read transaction of SQLite, and the caches as they are at its last change.

    The caches may know passages that the snapshot lacks; no method returns them.  While the store is empty, there are none.
    """

    def __init__(
        self,
        database: Database,
        connection: sqlite3.Connection,
        facts: Mapping[str, str],
        moment: Moment | None,
        only: ArticleFilter,
    ) -> None:
        self._database = database
        self.encoder = facts.get("encoder")
        self.passage_rule = facts.get("passage_rule")
        self.only = only
        self._facts = facts
        self._connection = connection
        self._moment = moment

    @override
    def narrowed(self, only: ArticleFilter) -> LocalView:
        return LocalView(self._database, self._connection, self._facts, self._moment, only)

    # -- searching -----------------------------------------------------------------------------------------------------

    @override
    @_reading
    def dense_search(self, vector: NDArray[np.float32], count: int) -> list[Hit]:
        moment = self._moment
        if moment is None:
            return []
        if len(vector) != moment.dense.dimension:
            raise EncoderMismatchError(
                f"the store in {moment.folder} has just been rebuilt with the encoder {self.encoder}; set this encoder"
            )
        admitted = self._filter.admitted
        if admitted is not None and admitted.size <= NARROW:
            return best_of(*self._vectors_of_admitted(), vector, count)
        if moment.dense_is_filled:
            return best_by_cosine(moment.dense, partial(read_vectors, self._connection), vector, count, admitted)
        everything = moment.log.pending(self._connection, 0).added
        return scan(moment.log.vectors(self._connection, everything, 2_000), vector, count, admitted)

    @cached_property
    def _filter(self) -> FilterFacts:
        if self._moment is None or not self.only:
            return _EVERYTHING
        return self._moment.facts.look_up(self._connection, self.only)

    def _vectors_of_admitted(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        facts = self._filter
        assert facts.admitted is not None
        if facts.vectors is None:
            ids, vectors = read_vectors(self._connection, facts.admitted.ids().tolist())
            facts.vectors = np.array(ids, np.int64), vectors
        return facts.vectors

    @override
    @_reading
    def lexical_search(self, question: str, count: int) -> list[Hit]:
        if self._moment is None or self._moment.lexical is None:
            return []
        admitted = self._filter.admitted
        hits = self._moment.lexical.search(question, count, EVERYTHING if admitted is None else self.only, admitted)
        query = "SELECT id FROM passages WHERE id IN ({})"
        ids = {passage for (passage,) in select_in(self._connection, query, [hit.passage_id for hit in hits])}
        if admitted is not None:  # the index may not know yet that an article has another source
            ids &= set(admitted.among(ids))
        return [hit for hit in hits if hit.passage_id in ids]

    @override
    @_reading
    def similarities(self, vector: NDArray[np.float32], passage_ids: Sequence[int]) -> dict[int, float]:
        ids, vectors = read_vectors(self._connection, passage_ids)
        return dict(zip(ids, cosines(vectors, vector).tolist(), strict=True)) if ids else {}

    @override
    @_reading
    def idf(self, terms: Sequence[str]) -> dict[str, float]:
        return self._moment.lexical.idf(terms) if self._moment and self._moment.lexical else {}

    @override
    @_reading
    def newest(self) -> date | None:
        return self._moment.lexical.newest(self.only) if self._moment and self._moment.lexical else None

    # -- reading -------------------------------------------------------------------------------------------------------

    @override
    @_reading
    def passages(self, passage_ids: Sequence[int]) -> dict[int, StoredPassage]:
        query = (
            "SELECT passages.id, articles.id, start, end, title, substr(text, start + 1, end - start), published_at "
            "FROM passages LEFT JOIN articles ON articles.number = passages.article "
            "LEFT JOIN texts ON texts.article = passages.article WHERE passages.id IN ({})"
        )
        passages = {}
        for passage_id, article_id, start, end, title, text, published_at in select_in(
            self._connection, query, passage_ids
        ):
            if not isinstance(start, int) or not isinstance(end, int) or len(as_text(text)) != end - start:
                raise WrongValueError(f"the passage {passage_id} does not lie in its text")
            day = read_day(published_at)
            passages[passage_id] = StoredPassage(passage_id, as_text(article_id), start, end, as_text(title), text, day)
        return {passage_id: passages[passage_id] for passage_id in passage_ids if passage_id in passages}

    @override
    @_reading
    def articles(self, article_ids: Sequence[str]) -> dict[str, ArticleText]:
        query = f"SELECT {ARTICLE_COLUMNS}, origin, sentences FROM {ARTICLES} WHERE articles.id IN ({{}})"
        articles = {}
        for *columns, origin, sentences in select_in(self._connection, query, article_ids):
            text = read_text(columns, sentences)
            if self.only.admits(text.article, origin):
                articles[text.article.id] = text
        return {article_id: articles[article_id] for article_id in article_ids if article_id in articles}

    @override
    @_reading
    def copies(self, article_ids: Sequence[str]) -> dict[str, CopyGroup]:
        query = "SELECT id, copies FROM articles WHERE copies IS NOT NULL AND id IN ({})"
        group_of = dict(select_in(self._connection, query, list(dict.fromkeys(article_ids))))
        members = {group: self._members(group) for group in dict.fromkeys(group_of.values())}
        newest = self.articles([article_id for ids, _ in members.values() for article_id in ids[: MOST_COPIES + 1]])
        copies = {}
        for article_id, group in group_of.items():
            ids, count = members[group]
            others = [newest[other].article for other in ids[: MOST_COPIES + 1] if other != article_id][:MOST_COPIES]
            is_shown = not self.only or article_id in ids
            if others:
                copies[article_id] = CopyGroup(others, count - is_shown - len(others))
        return copies

    def _members(self, group: int) -> tuple[list[str], int]:
        """The articles of a group that the view shows, newest first, or the first `MOST_COPIES` + 1; and how many it shows."""
        order = "published_at IS NULL, published_at DESC, title, id"
        facts = ARTICLE_COLUMNS.replace("text", "''")
        if self.only:
            rows = self._connection.execute(
                f"SELECT {facts}, origin FROM articles WHERE copies = ? ORDER BY {order}", (group,)
            )
            ids = [row[0] for row in rows if self.only.admits(read_article(row[:-1]), row[-1])]
            return ids, len(ids)
        query = f"SELECT id FROM articles WHERE copies = ? ORDER BY {order} LIMIT ?"
        ids = [row[0] for row in self._connection.execute(query, (group, MOST_COPIES + 1))]
        (count,) = self._connection.execute("SELECT count(*) FROM articles WHERE copies = ?", (group,)).fetchone()
        return ids, int(count)
