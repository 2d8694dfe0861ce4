"""Tells people in a direct message, once, when an article arrives that answers what they wanted to know."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError
from embeddings.filters import ArticleFilter
from qa_bot.answering.passages import MOST_FOUND
from qa_bot.answering.results import Answer
from qa_bot.slack.incoming.access import BotIdentity, refusal
from qa_bot.slack.jobs.alerts import Alert, Wish
from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.services import MessageOrigin, Origin, Services
from qa_bot.slack.views.alerts import alert_message
from qa_bot.slack.web_api.calls import call, error_code
from qa_bot.slack.web_api.threads import turn_payload
from qa_bot.slack.workers.asking import ask, turn_of
from qa_bot.slack.workers.retractions import remember_quotations

CHECK_SECONDS = 2.0
"""Seconds between two looks whether the store has changed; more, where a look takes long (see `PACE`)."""
PACE = 50
"""How many times as long as a look takes the next one waits at least."""
AT_ONCE = 20
"""Alerts whose jobs are open at once, so that people's own questions find room."""

_log = logging.getLogger(__name__)


class AlertPayload(Origin):
    """What a job about an alert carries: its number; jobs about the same alert keep their order."""

    number: int
    about: str


async def watch_arrivals(services: Services) -> None:
    """Begins a job for each alert that articles have arrived for, for as long as the app runs."""
    while True:
        began = time.monotonic()
        try:
            await asyncio.to_thread(services.arriving.look)
            _put_jobs(services)
        except asyncio.QueueFull:
            pass
        except QABotError as error:
            _log.debug("the store cannot be read: %s", error)
        except Exception as error:
            _log.error("alerts cannot be looked after: %s", in_words(error))
        await asyncio.sleep(max(CHECK_SECONDS, PACE * (time.monotonic() - began)))


def _put_jobs(services: Services) -> None:
    alerts = services.state.alerts
    arrival = alerts.last_arrival()
    for number, wish, _ in alerts.due(arrival, AT_ONCE):
        origin = {"team": wish.team or None, "enterprise": wish.enterprise, "bot_user": wish.bot_user}
        payload = AlertPayload(**origin, number=number, about=f"alert:{number}")
        services.jobs.put(f"alert:{number}:{arrival}", "alert", payload.model_dump())


class AlertWork:
    """Does the jobs, one after the other, so that the questions that people ask meanwhile wait for one at most."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._turn = asyncio.Lock()

    async def look(self, client: AsyncWebClient, looked: AlertPayload) -> None:
        """Looks whether an article that has arrived answers, and if so, tells the person."""
        async with self._turn:
            alerts = self._services.state.alerts
            alert, arrival = alerts.get(looked.number), alerts.last_arrival()
            if alert is None:
                return
            alerts.note_tried(alert.number, arrival)
            answer = await self._answer(alert)
            if answer is None:
                alerts.note_seen(alert.number, arrival)
            else:
                await self._tell(client, alert, answer)

    async def _answer(self, alert: Alert) -> Answer | None:
        """The answer that an article gives which has arrived, and that may be shown; None if there is none."""
        services, wish = self._services, alert.wish
        arrived = await asyncio.to_thread(services.state.alerts.arrivals, alert.seen)
        identity = BotIdentity(wish.team, wish.enterprise, wish.bot_user, None)
        where = (wish.channel, None)  # where they asked, and in direct messages, where they are told
        if any(refusal(services.settings, identity, channel, wish.person_team) for channel in where):
            return None
        only = await asyncio.to_thread(self._only, wish)
        if only is None or not await self._is_found(wish, arrived, only):
            return None
        (outcome,) = await ask(services, None, [wish.question], team=wish.team, only=only)
        least = await asyncio.to_thread(self._threshold, wish.channel)
        while isinstance(outcome, Answer) and outcome.answered and outcome.answer and outcome.article:
            if outcome.answer.confidence < least:
                return None
            if arrived & {outcome.article.id, *(article.id for article in outcome.also)}:
                return outcome
            outcome = outcome.without_first()
        return None

    def _only(self, wish: Wish) -> ArticleFilter | None:
        """The articles that may be shown both where the person asked and in direct messages; None if there can be none."""
        services = self._services
        origins = [source.location for source in services.bot.store.sources.list()]
        return common(services.only(wish.channel, wish.team), services.only(None, wish.team), origins)

    async def _is_found(self, wish: Wish, arrived: set[str], only: ArticleFilter) -> bool:
        """Whether a search finds any of these articles; to read takes many times as long."""
        bot = self._services.bot
        passages = await self._services.pool.run(lambda: bot.search(wish.question, MOST_FOUND, only))
        return any(passage.article.id in arrived for passage in passages)

    def _threshold(self, channel: str | None) -> float:
        """Least confidence of an answer, in direct messages and in a channel."""
        services, bot = self._services, self._services.bot
        own = [services.settings.channel(place).threshold for place in (channel, None)]
        calibrated = bot.reader.calibration.threshold if bot.settings.threshold is None else bot.settings.threshold
        return max(calibrated if threshold is None else threshold for threshold in own)

    async def _tell(self, client: AsyncWebClient, alert: Alert, answer: Answer) -> None:
        """Sends the person a direct message, once."""
        services, wish = self._services, alert.wish
        begun, again = services.state.alerts.begin_telling(alert.number)
        try:
            opened = await call(client.conversations_open, users=wish.person)
            channel = str(opened["channel"]["id"])
            await services.learn_language(client, channel, wish.person)
            origin = MessageOrigin(
                team=wish.team,
                enterprise=wish.enterprise,
                bot_user=wish.bot_user,
                channel=channel,
                ts=begun,
                thread=begun,
            )
            remember_quotations(services, origin, [answer])  # before it is posted, as this process may end
            posted = await services.poster.post(
                client,
                channel,
                alert_message(answer, wish.question, services.texts(channel, wish.person)),
                payload=turn_payload(origin.about, turn_of(answer)),
                author=wish.bot_user,
                again=again,
            )
        except SlackApiError as error:
            _log.error("a person could not be told of an article: %s; run: qa-bot slack --check", error_code(error))
            return
        services.state.remember_answer(channel, begun, posted)
        services.state.threads.remember(channel, posted, posted, turn_of(answer))  # its thread goes on from it
        services.state.alerts.told(alert.number)


def common(one: ArticleFilter, other: ArticleFilter, origins: Sequence[str]) -> ArticleFilter | None:
    """What two filters of channels both admit; None if they have nothing in common.

    Args:
        one: without days.
        other: the same.
        origins: the locations of all sources.
    """
    publishers = tuple(
        name for name in one.publishers if not other.publishers or name.casefold() in other.folded_publishers
    )
    sources = tuple(origin for origin in origins if one.admits_origin(origin) and other.admits_origin(origin))
    if (one.publishers and not publishers) or not sources:
        return None
    narrowed = one.sources or other.sources
    return ArticleFilter(
        publishers=publishers or other.publishers, sources=sources if narrowed else (), hidden=one.hidden | other.hidden
    )
