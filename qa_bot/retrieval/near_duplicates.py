"""The same story in several articles: it is read once, the newest version is quoted, the others are further sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from embeddings.articles import Article
from embeddings.indexing.near_duplicates import fingerprint
from embeddings.store.protocol import View
from qa_bot.retrieval.retriever import RetrievedPassage

_TOLD_AGAIN = 0.3
"""Share of a passage's shingles from which a newer version tells the same, perhaps corrected; a cut paragraph has none."""

_MOST = 64
"""Passages that are looked through for some that tell different things."""


class Copies:
    """The copies of articles that may be quoted.

    Args:
        view: knows them.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: dict[str, list[Article]] = {}

    def look_up(self, article_ids: Sequence[str]) -> None:
        """Finds the copies of these articles, for all that is asked later."""
        missing = [article_id for article_id in dict.fromkeys(article_ids) if article_id not in self._known]
        found: Mapping[str, list[Article]] = self._view.copies(missing) if missing else {}
        for article_id in missing:
            self._known[article_id] = found.get(article_id, [])

    def of(self, article_id: str) -> list[Article]:
        """The other articles that tell what this one tells, the newest first."""
        return self._known.get(article_id, [])

    def newest(self, article: Article) -> Article:
        """The newest version of an article; the article itself if none is known to be newer."""
        return max([article, *self.of(article.id)], key=_moment)

    def with_words(self, article: Article, words: str) -> list[Article]:
        """The articles that have these words of an article too, the newest first."""
        return [copy for copy in self.of(article.id) if words in copy.text]


def retrieve_once(
    retrieve: Callable[[int], list[RetrievedPassage]], view: View, copies: Copies, count: int
) -> list[RetrievedPassage]:
    """The best passages of which none only tells what another tells in the same words, or in an older version.

    Args:
        retrieve: the best passages, best first, as many as it is told.
        view: has their articles.
        copies: of their articles are looked up.
        count: how many to return at most.
    """
    asked = count
    while True:
        retrieved = retrieve(asked)
        copies.look_up([found.passage.article_id for found in retrieved])
        kept = _told_once(retrieved, view, copies)
        if len(kept) >= count or len(retrieved) < asked or asked >= _MOST:
            return kept[:count]
        asked = min(2 * asked, _MOST)


def _told_once(retrieved: Sequence[RetrievedPassage], view: View, copies: Copies) -> list[RetrievedPassage]:
    articles = view.articles([found.passage.article_id for found in retrieved if copies.of(found.passage.article_id)])
    there = {found.passage.article_id for found in retrieved}
    told: set[tuple[str, str]] = set()
    kept = []
    for found in retrieved:
        article_id = found.passage.article_id
        held = articles.get(article_id)
        if held is not None:
            newest = copies.newest(held.article)
            words = " ".join(held.article.text[found.passage.start : found.passage.end].split())
            group = min([article_id, *(copy.id for copy in copies.of(article_id))])
            if (group, words) in told or (newest.id != article_id and newest.id in there and _tells(newest, words)):
                continue
            told.add((group, words))
        kept.append(found)
    return kept


def _tells(newer: Article, words: str) -> bool:
    """Whether a newer version says what a passage of an older one says, if not to the letter."""
    passage = fingerprint(newer.model_copy(update={"text": words})).shingles
    shared = np.intersect1d(passage, fingerprint(newer).shingles, assume_unique=True)
    return len(shared) >= _TOLD_AGAIN * len(passage)


def _moment(article: Article) -> str:
    """When an article was published, as a text that sorts; one without a date is older than all that have one."""
    return article.published_at.isoformat()[:19] if article.published_at else ""
