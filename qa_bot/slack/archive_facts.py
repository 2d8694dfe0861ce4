"""What the archive holds, for App Home, modals and suggested prompts: always through the filter of a channel."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple

from embeddings.articles import Article
from embeddings.errors import QABotError
from embeddings.filters import ArticleFilter
from embeddings.store.protocol import ArticleText, Store
from qa_bot.bot import QABot
from qa_bot.slack.incoming.payloads import Place
from qa_bot.slack.views.suggested_prompts import suggest

FRESH = 30.0
"""Seconds for which counts are good enough."""
LOOKED_THROUGH = 2000
PAGE = 100
PROMPTS = 4
ARTICLES_TRIED = 24


class Counts(NamedTuple):
    """How much there is."""

    articles: int
    passages: int


class Archive:
    """Reads the store beside the event loop.

    Args:
        bot: whose store it is.
    """

    def __init__(self, bot: QABot) -> None:
        self._bot = bot
        self._counted: tuple[float, Counts] | None = None
        self._suggesting = asyncio.Lock()
        self._suggested: dict[ArticleFilter, tuple[int, list[str]]] = {}

    async def counts(self) -> Counts:
        """Articles and passages in the store, as of a moment ago.

        Raises:
            QABotError: the store cannot be read.
        """
        if self._counted is None or time.monotonic() - self._counted[0] > FRESH:
            found = await asyncio.to_thread(lambda: self._bot.store.status())
            self._counted = (time.monotonic(), Counts(found.articles, found.passages))
        return self._counted[1]

    async def passages(self) -> int:
        """Passages in the store, as of a moment ago; 0 if it cannot be read."""
        try:
            return (await self.counts()).passages
        except QABotError:
            return 0

    async def newest(self, only: ArticleFilter, count: int) -> list[Article]:
        """The newest articles that may be shown.

        Raises:
            QABotError: the store cannot be read.
        """
        return await asyncio.to_thread(_newest, self._bot.store, only, count)

    async def article(self, place: Place, only: ArticleFilter) -> ArticleText | None:
        """The article of an answer, if it is still there, still reaches as far, and may be shown.

        Raises:
            QABotError: the store cannot be read.
        """

        def read() -> ArticleText | None:
            store = self._bot.store
            held, origin = store.articles.get(place.article), store.articles.origin(place.article)
            if held is None or origin is None or not only.admits(held.article, origin):
                return None
            return held if place.start < place.end <= len(held.article.text) else None

        return await asyncio.to_thread(read)

    async def prompts(self, only: ArticleFilter) -> list[str]:
        """Questions that the archive can answer; made once for each state of the store.

        Args:
            only: the articles that may be shown.

        Raises:
            QABotError: the store cannot be read.
        """
        async with self._suggesting:
            changes = await asyncio.to_thread(lambda: self._bot.store.status().changes)
            made = self._suggested.get(only)
            if made is None or made[0] != changes:
                articles = await self.newest(only, ARTICLES_TRIED)
                made = (changes, await asyncio.to_thread(suggest, self._bot, articles, only, PROMPTS))
                self._suggested[only] = made
            return made[1]


def _newest(store: Store, only: ArticleFilter, count: int) -> list[Article]:
    found: list[Article] = []
    for offset in range(0, LOOKED_THROUGH, PAGE):
        page = store.articles.list(offset=offset, limit=PAGE if only else count)
        for article in page:
            origin = store.articles.origin(article.id) or ""
            if only.admits(article, origin):
                found.append(article)
            if len(found) == count:
                return found
        if len(page) < PAGE:
            break
    return found
