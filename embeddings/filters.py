"""Which articles a search may look at."""

from __future__ import annotations

from datetime import date, datetime
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict

from embeddings.articles import Article


class ArticleFilter(BaseModel):
    """Conditions that an article must meet, all of them; one that is empty is met by every article.

    Attributes:
        publishers: any of these, upper and lower case alike; an article without a publisher is not of any.
        sources: any of the locations that articles came from, as `qa-bot sources list` shows them; `*` stands for anything.
        since: published on this day or later; an article without a date is not.
        until: published on this day or earlier; an article without a date is not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    publishers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return self != EVERYTHING

    def admits(self, article: Article, origin: str) -> bool:
        """Whether an article meets the conditions.

        Args:
            article: the article.
            origin: the location of the source that it came from.
        """
        return (
            (not self.publishers or (article.publisher or "").casefold() in {p.casefold() for p in self.publishers})
            and (not self.sources or any(fnmatchcase(origin, pattern) for pattern in self.sources))
            and (self.since is None or (_day(article) or date.min) >= self.since)
            and (self.until is None or (_day(article) or date.max) <= self.until)
        )


EVERYTHING = ArticleFilter()


def _day(article: Article) -> date | None:
    published = article.published_at
    return published.date() if isinstance(published, datetime) else published
