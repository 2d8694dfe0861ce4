"""What the listeners hand their work to: the parts of the running app, put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_bolt.context.async_context import AsyncBoltContext

from embeddings.filters import ArticleFilter
from qa_bot.bot import QABot
from qa_bot.feedback import FeedbackLog
from qa_bot.slack.archive_facts import Archive
from qa_bot.slack.incoming.access import Home, Refusal, refusal
from qa_bot.slack.incoming.asked_questions import How, QuestionPayload
from qa_bot.slack.jobs.pool import Pool
from qa_bot.slack.jobs.short_tasks import Background
from qa_bot.slack.jobs.state import SlackState
from qa_bot.slack.server.workspaces import Workspaces
from qa_bot.slack.settings import SlackSettings
from qa_bot.slack.views.texts import Texts, texts_in
from qa_bot.slack.web_api.posting import Poster
from qa_bot.slack.workers.asker import Asker

if TYPE_CHECKING:
    from qa_bot.slack.jobs.queue import Jobs

_log = logging.getLogger(__name__)


@dataclass
class Desk:
    """The parts of the running app.

    Attributes:
        settings: of the app.
        bot: answers.
        state: what must not be forgotten.
        feedback: what people say of answers.
        workspaces: tokens and identities.
        pool: where questions are answered.
        session: of HTTP connections.
        archive: what the store holds, as may be shown.
        poster: brings messages to Slack.
        background: short work that is not worth writing down, such as opening a modal.
        jobs: work that is written down before its event is acknowledged.
        loaded: the models are there.
    """

    settings: SlackSettings
    bot: QABot
    state: SlackState
    feedback: FeedbackLog
    workspaces: Workspaces
    pool: Pool
    session: aiohttp.ClientSession
    archive: Archive = field(init=False)
    poster: Poster = field(default_factory=Poster)
    background: Background = field(default_factory=Background)
    jobs: Jobs = field(init=False, repr=False)
    loaded: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.archive = Archive(self.bot)

    def only(self, channel: str | None) -> ArticleFilter:
        """The articles that may be shown in a channel; in none, those that may be shown anywhere."""
        settings = self.settings.channel(channel)
        return ArticleFilter(publishers=settings.publishers, sources=settings.sources)

    def asker(self, channel: str | None) -> Asker:
        """Answers questions for a channel."""
        return Asker(self.bot, self.pool, self.settings.channel(channel))

    def texts(self, channel: str | None) -> Texts:
        """The fixed texts in the language of a channel."""
        return texts_in(self.settings.channel(channel).language)

    def take_question(self, asked: QuestionPayload) -> None:
        """Takes a question on, unless it was taken before; if too many wait already, the person is told so."""
        if not self.jobs.full:
            self.jobs.put(f"question:{asked.key}", "question", asked.model_dump())
        elif asked.how not in (How.AUTO, How.FOLLOW_UP):
            self.jobs.put(f"question:{asked.key}", "too busy", asked.model_dump())

    def refuses(self, context: AsyncBoltContext, channel: str | None, person_team: str | None) -> Refusal | None:
        """Why a person is not answered in a channel, or None; the log says it, too."""
        found = refusal(self.settings, home_of(context), channel, person_team)
        if found is not None:
            _log.info("not answered in %s: %s", channel or "App Home", found.value)
        return found


def home_of(context: AsyncBoltContext) -> Home:
    """The bot's own identity where a request came from."""
    found: Any = context.authorize_result or {}
    return Home(found.get("team_id"), found.get("enterprise_id"), found.get("bot_user_id"), found.get("bot_id"))


def place_of(body: Mapping[str, Any], context: AsyncBoltContext) -> dict[str, Any]:
    """Where answers to a request go, and as whom: the workspace and the bot's user there, as jobs carry them."""
    home = home_of(context)
    return {
        "team": home.team or context.team_id,
        "enterprise": home.enterprise or context.enterprise_id,
        "bot_user": home.bot_user,
    }
