"""Jobs that welcome a channel which the bot joins, and a person who writes to it for the first time."""

from __future__ import annotations

import asyncio
import logging
from datetime import date
from pathlib import PurePath
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError
from embeddings.filters import ArticleFilter
from embeddings.store.protocol import Store
from qa_bot.slack.quoting import clean, cut
from qa_bot.slack.services import Origin, Services
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.views.texts import Texts, day, number
from qa_bot.slack.web_api.calls import error_code

SOURCES_NAMED = 3
EXAMPLES = 2
NAME_CHARS = 60

_log = logging.getLogger(__name__)


class WelcomePayload(Origin):
    """What a job about a welcome carries: the id of the channel, or of the conversation with a person."""

    channel: str


def begin_welcome(services: Services, origin: Origin, channel: str) -> None:
    """Welcomes a channel, or a person in their direct messages, if that is wanted and has not been done."""
    if not services.settings.channel(channel).welcome or services.state.is_welcomed(origin.team, channel):
        return
    own = origin.model_dump(include={"team", "enterprise", "bot_user"})
    services.jobs.put(
        f"welcome:{origin.team}:{channel}", "welcome", WelcomePayload(**own, channel=channel).model_dump()
    )


async def welcome(services: Services, client: AsyncWebClient, joined: WelcomePayload) -> None:
    """Says what the bot reads, two questions that it can answer, and how to ask; once."""
    state = services.state
    if state.is_welcomed(joined.team, joined.channel):
        return
    message = plain_message(await _text(services, joined))
    try:
        await services.poster.post(
            client,
            joined.channel,
            message,
            payload={"question": f"welcome:{joined.team}:{joined.channel}:0"},
            author=joined.bot_user,
            again=joined.again,
        )
    except SlackApiError as error:
        _log.info("a welcome could not be posted in %s: %s", joined.channel, error_code(error))
        return  # the bot may have been removed at once; the next time it is invited, it tries again
    state.remember_welcome(joined.team, joined.channel)


async def _text(services: Services, joined: WelcomePayload) -> str:
    texts = services.texts(joined.channel)
    only = services.only(joined.channel, joined.team)
    lines = [texts.welcome_hello]
    try:
        lines.append(await asyncio.to_thread(_reads, services.bot.store, only, texts))
        questions = (await services.archive.prompts(only))[:EXAMPLES]
        lines += (
            [texts.welcome_examples, *(f"• {cut(clean(question), 200)}" for question in questions)] if questions else []
        )
    except QABotError as error:
        _log.warning("a welcome says nothing of the articles: %s", error)
    direct = joined.channel.startswith("D")
    return "\n".join([*lines, texts.welcome_direct if direct else texts.welcome_channel])


def _reads(store: Store, only: ArticleFilter, texts: Texts) -> str:
    """What the bot reads there, as far as the channel may know."""
    sources = [source.location for source in store.sources.list() if only.admits_origin(source.location)]
    names = list(dict.fromkeys(cut(clean(_name(location)), NAME_CHARS) for location in sources))
    more = len(names) - SOURCES_NAMED
    named = ", ".join(names[:SOURCES_NAMED]) + (f", +{more}" if more > 0 else "")
    articles = store.status().articles
    if not articles:
        return texts.empty
    with store.view(only) as view:
        newest: date | None = view.newest()
    counted = texts.welcome_part if only.publishers or only.sources else number(articles, texts)
    return texts.welcome_reads.format(
        articles=counted, sources=named or "–", newest=day(newest, texts) if newest else texts.undated
    )


def _name(location: str) -> str:
    """A source's name for people: a page's host, or the last part of a path, which says nothing of the machine."""
    if location.startswith(("http://", "https://")):
        return urlsplit(location).hostname or location
    return PurePath(location).name or location
