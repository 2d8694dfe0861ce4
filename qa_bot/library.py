"""The archive as programs see it: articles listed and read a part at a time, passages found."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from embeddings.errors import ArticleNotFoundError
from embeddings.store.protocol import ArticleText
from qa_bot.answering.passages import FoundPassage
from qa_bot.answering.results import ArticleReference, reference
from qa_bot.bot import QABot

CHARS_READ = 20_000
"""Characters of an article that are read at a time, at most."""
LISTED = 100
"""Articles that are listed at a time, at most."""

_LEAST_ID = 6
_NEVER = 1 << 60


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ArticlePart(_Frozen):
    """A part of an article: `text` are its characters from `start` to `end`; `next_start` is None at its end."""

    article: ArticleReference
    text: str
    start: int
    end: int
    next_start: int | None


class ArticleList(_Frozen):
    """Articles, the newest first; `next_offset` is None at the end."""

    articles: list[ArticleReference]
    next_offset: int | None


class Passages(_Frozen):
    """Passages, best first."""

    passages: list[FoundPassage]


def list_articles(bot: QABot, offset: int, limit: int) -> ArticleList:
    """Articles, the newest first, from the one at `offset` on; at most `limit` and `LISTED`.

    Raises:
        StoreError: the store cannot be read.
    """
    limit = min(max(limit, 1), LISTED)
    articles = bot.store.articles.list(offset=min(offset, _NEVER), limit=limit + 1)
    after = offset + limit if len(articles) > limit else None
    return ArticleList(articles=[reference(article) for article in articles[:limit]], next_offset=after)


def read_part(bot: QABot, prefix: str, start: int) -> ArticlePart:
    """The next part of an article.

    Args:
        bot: has it.
        prefix: see `find_article`.
        start: character of the article's text to begin at, from 0.

    Raises:
        ArticleNotFoundError: there is no such article.
        StoreError: the store cannot be read.
    """
    article = find_article(bot, prefix).article
    start = min(start, len(article.text))
    end = min(len(article.text), start + CHARS_READ)
    after = end if end < len(article.text) else None
    return ArticlePart(article=reference(article), text=article.text[start:end], start=start, end=end, next_start=after)


def find_article(bot: QABot, prefix: str) -> ArticleText:
    """An article by its id, or by the first six digits of it or more.

    Raises:
        ArticleNotFoundError: none has such an id, or several have.
        StoreError: the store cannot be read.
    """
    prefix = prefix.strip().lower()
    stored = bot.store.articles.get(prefix)
    if stored is None and len(prefix) >= _LEAST_ID:
        ids = [known.id for known in bot.store.articles.known() if known.id.startswith(prefix)]
        stored = bot.store.articles.get(ids[0]) if len(ids) == 1 else None
    if stored is None:
        raise ArticleNotFoundError(
            f"no article has the id {prefix!r}; ids stand in answers, and in the list of articles"
        )
    return stored
