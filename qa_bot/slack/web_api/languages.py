"""The languages of people, as they have set them in Slack."""

from __future__ import annotations

import logging
import time

from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.incoming.requests import mapping
from qa_bot.slack.settings import Language
from qa_bot.slack.web_api.calls import CALL_ERRORS, error_code

FRESH, RETRIED = 86_400.0, 600.0
"""Seconds for which a person's language is remembered, and after which Slack is asked again if it did not say."""
PEOPLE_KNOWN = 20_000

_log = logging.getLogger(__name__)


class PeoplesLanguages:
    """Asks Slack for a person's language, once a day."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Language | None]] = {}

    def of(self, person: str | None) -> Language | None:
        """A person's language; None if it has not been learned, or is none of ours."""
        return self._known.get(person or "", (0.0, None))[1]

    async def learn(self, client: AsyncWebClient, person: str | None) -> None:
        """Learns the language of a person by their id, unless that has been done lately."""
        if not person or self._known.get(person, (0.0, None))[0] > time.monotonic():
            return
        language, lasts = None, FRESH
        try:
            user = mapping((await client.users_info(user=person, include_locale=True)).get("user"))
            spoken = str(user.get("locale", ""))[:2].lower()
            language = Language(spoken) if spoken in set(Language) else None
        except CALL_ERRORS as error:
            _log.info("cannot look up a person's language: %s", error_code(error) or type(error).__name__)
            lasts = RETRIED
        if len(self._known) >= PEOPLE_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[person] = (time.monotonic() + lasts, language)
