"""Notices which articles have arrived in the store, whichever process has indexed them."""

from __future__ import annotations

import threading

from qa_bot.bot import QABot
from qa_bot.slack.jobs.alerts import Alerts


class ArrivingArticles:
    """Compares the store's articles with those that were there before.

    An article that changes, comes back or is embedded anew has not arrived.  Safe to use from several threads.

    Args:
        bot: whose store it is.
        alerts: where it is recorded what has arrived, and when.
    """

    def __init__(self, bot: QABot, alerts: Alerts) -> None:
        self._bot = bot
        self._alerts = alerts
        self._guard = threading.Lock()
        self._changes = -1
        self._known: set[str] | None = None

    def look(self) -> None:
        """Records what has arrived since the last look.

        Raises:
            QABotError: the store cannot be read.
        """
        with self._guard:
            changes = self._bot.store.status().changes
            if changes == self._changes:
                return
            if self._known is None:
                self._known = self._alerts.known_articles()
            first = self._known is None
            new = {article.id for article in self._bot.store.articles.known()} - (self._known or set())
            if new or first:
                self._alerts.note_articles(new, first=first)
            self._known = (self._known or set()) | new
            self._changes = changes
