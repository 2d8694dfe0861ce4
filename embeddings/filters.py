"""Which articles a search may look at."""

from __future__ import annotations

import re
from datetime import date, datetime

from pydantic import BaseModel

from embeddings.articles import Article


class ArticleFilter(BaseModel, frozen=True, extra="forbid"):
    """Conditions that an article must meet, all of them; every article meets an empty condition.

    Attributes:
        publishers: any of these, in upper or lower case; an article without a publisher does not match.
        sources: any of the locations that articles came from, as `qa-bot sources list` shows them; `*` matches anything.
        since: published on this day or later; an article without a date does not match.
        until: published on this day or earlier; an article without a date does not match.
        hidden: locations that articles must not have come from.
    """

    publishers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    hidden: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return self != EVERYTHING

    def admits(self, article: Article, origin: str) -> bool:
        """Whether an article meets the conditions; its origin is the location of the source that it came from."""
        day = published_on(article)
        return (
            (not self.publishers or (article.publisher or "").casefold() in self.folded_publishers)
            and self.admits_origin(origin)
            and (self.since is None or (day is not None and day >= self.since))
            and (self.until is None or (day is not None and day <= self.until))
        )

    def admits_origin(self, origin: str) -> bool:
        """Whether articles that came from a source meet the conditions on sources."""
        if origin in self.hidden:
            return False
        return not self.sources or any(
            re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), origin, re.DOTALL) for pattern in self.sources
        )

    @property
    def folded_publishers(self) -> frozenset[str]:
        """The publishers with upper and lower case folded, without empty names."""
        return frozenset(publisher.casefold() for publisher in self.publishers if publisher)


EVERYTHING = ArticleFilter()


def published_on(article: Article) -> date | None:
    """The day that an article was published on, if it is known."""
    published = article.published_at
    return published.date() if isinstance(published, datetime) else published
