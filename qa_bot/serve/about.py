"""What the page says of the archive."""

from __future__ import annotations

import time

from embeddings.errors import QABotError
from qa_bot.bot import QABot
from qa_bot.serve.page import About
from qa_bot.terminal.render import render_date

FRESH_SECONDS = 30.0
"""Seconds for which the facts are good: counting a large archive takes longer than an answer."""
MOST_PUBLISHERS = 200


class ArchiveFacts:
    """Counts articles and publishers, now and then."""

    def __init__(self, bot: QABot) -> None:
        self._bot = bot
        self._about = About()
        self._until = 0.0

    def now(self) -> About:
        """What the archive holds; why it cannot be read, if that is so."""
        if time.monotonic() >= self._until:
            try:
                self._about = self._count()
            except QABotError as error:
                return About(str(error))
            self._until = time.monotonic() + FRESH_SECONDS
        return self._about

    def _count(self) -> About:
        count, summary = self._bot.store.articles.count(), self._bot.store.articles.summary()
        days = list(dict.fromkeys(render_date(day) for day in (summary.oldest, summary.newest) if day))
        dated = f", published {'from ' if days[1:] else 'on '}{' to '.join(days)}" if days else ""
        return About(
            f"{count:,} article{'s' * (count != 1)}{dated}. Each answer is a quotation; qa-bot writes nothing of its own.",
            tuple(summary.publishers)[:MOST_PUBLISHERS],
        )
