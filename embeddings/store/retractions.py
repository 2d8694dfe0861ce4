"""Retracted articles: what must be in no answer, and must not be indexed again."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from embeddings.articles import Article


class Retraction(NamedTuple):
    """An article that is retracted.

    Attributes:
        id: of the article; for an address that no article had, that of the page there.
        named: id of the article that a person retracted: this one, or the one that this is a copy of.
        url: of the article; None if it has none.
        reason: in the person's words; empty if they gave none.
        retracted_at: moment in ISO 8601, UTC.
        origin: location of the source that it came from; empty if there was no article.
        article: as it was; None if there was none.
    """

    id: str
    named: str
    url: str | None
    reason: str
    retracted_at: str
    origin: str = ""
    article: Article | None = None


class Retractions(Protocol):
    """The retracted articles.  They are kept beside the others, so that they can be restored, and no search sees them."""

    def mark(self) -> int:
        """A number that is another one after each change of the list."""

    def list(self) -> list[Retraction]:
        """All retractions, in the order in which they were made."""

    def add(
        self, article_id: str, *, reason: str, url: str | None, copies_of: Callable[[Article], Iterable[str]]
    ) -> builtins.list[Retraction]:
        """Takes an article and its copies out of the store and notes that they are retracted, in one transaction.

        Args:
            article_id: of the article; the store need not hold it.
            reason: why.
            url: of an article that the store does not hold.
            copies_of: ids of the copies that the store holds of the article; nothing is written while it is asked.

        Returns:
            What is retracted now, that article first; nothing if it was retracted before.

        Raises:
            StoreError: the store cannot be written.
        """
