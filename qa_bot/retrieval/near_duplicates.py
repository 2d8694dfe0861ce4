"""The same story in several articles: it is read once, the newest version is quoted, the others are further sources."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from embeddings.articles import Article
from embeddings.indexing.near_duplicates import fingerprint
from embeddings.store.protocol import View
from qa_bot.retrieval.retriever import RetrievedPassage

LOOKED_THROUGH = 40
"""Passages that are looked through for some that say different things: the whole shortlist, which costs nothing more.

Of eight passages to be read, all eight are different where each story is there three times, and 7.6 where it is there eight
times; 64 passages would bring eight there, and take a quarter longer for every question.
"""

_TOLD_AGAIN = 0.3
"""Share of a passage's shingles from which a newer version says the same, perhaps corrected; a cut paragraph has none."""


class Copies:
    """The versions of articles that may be quoted, as far as a view knows them."""

    def __init__(self, view: View, article_ids: Sequence[str]) -> None:
        self._copies = view.copies(article_ids)

    def of(self, article_id: str) -> list[Article]:
        """The other articles that tell the story of this one, the newest first; at most `MOST_COPIES`."""
        group = self._copies.get(article_id)
        return group.newest if group else []

    def more(self, article_id: str) -> int:
        """How many more tell its story."""
        group = self._copies.get(article_id)
        return group.more if group else 0

    def newest(self, article: Article) -> Article:
        """The newest version of an article; the article itself if none is known to be newer."""
        return max([article, *self.of(article.id)], key=_moment)

    def with_words(self, article: Article, words: str) -> list[Article]:
        """The articles that have these words of an article too, the newest first."""
        return [copy for copy in self.of(article.id) if words in copy.text]


def without_duplicates(retrieved: Sequence[RetrievedPassage], view: View, copies: Copies) -> list[RetrievedPassage]:
    """The passages, best first, of which none only says what another says in the same words, or in an older version."""
    article_ids = dict.fromkeys(candidate.passage.article_id for candidate in retrieved)
    articles = view.articles([article_id for article_id in article_ids if copies.of(article_id)])
    seen: set[tuple[str, str]] = set()
    distinct = []
    for candidate in retrieved:
        article_id = candidate.passage.article_id
        if article_id in articles:
            article = articles[article_id].article
            newest = copies.newest(article)
            words = " ".join(article.text[candidate.passage.start : candidate.passage.end].split())
            story = min([article_id, *(copy.id for copy in copies.of(article_id))])
            is_outdated = newest.id != article_id and newest.id in article_ids and _says(newest, words)
            if (story, words) in seen or is_outdated:
                continue
            seen.add((story, words))
        distinct.append(candidate)
    return distinct


def _says(newer: Article, words: str) -> bool:
    """Whether a newer version says what a passage of an older one says, if not to the letter."""
    passage = fingerprint(newer.model_copy(update={"text": words})).shingles
    shared = np.intersect1d(passage, fingerprint(newer).shingles, assume_unique=True)
    return len(shared) >= _TOLD_AGAIN * len(passage)


def _moment(article: Article) -> str:
    """When an article was published, as a text that sorts; one without a date is older than all that have one."""
    return article.published_at.isoformat()[:19] if article.published_at else ""
