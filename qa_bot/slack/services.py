"""The parts of the running app, which listeners and workers are given."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict, computed_field
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.encoder.model import Vectors
from embeddings.filters import ArticleFilter
from qa_bot.bot import QABot
from qa_bot.feedback import FeedbackLog
from qa_bot.slack.incoming.access import BotIdentity, Refusal, possible_sibling, refusal
from qa_bot.slack.incoming.requests import Request
from qa_bot.slack.jobs.arrivals import ArrivingArticles
from qa_bot.slack.jobs.queue import Jobs
from qa_bot.slack.jobs.state import SlackState
from qa_bot.slack.jobs.tasks import Pool, ShortTasks
from qa_bot.slack.quoting import cut
from qa_bot.slack.settings import Language, SlackSettings
from qa_bot.slack.views.archive_facts import Archive
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.views.languages import texts_in
from qa_bot.slack.views.texts import Texts
from qa_bot.slack.web_api.agent_sessions import AgentSessions
from qa_bot.slack.web_api.languages import PeoplesLanguages
from qa_bot.slack.web_api.organisations import Organisations
from qa_bot.slack.web_api.posting import Poster
from qa_bot.slack.web_api.responding import respond, whisper
from qa_bot.slack.web_api.workspaces import Workspaces

QUESTION_CHARS = 300
"""Characters of a question that App Home remembers."""
VECTORS_KEPT = 2000
"""Questions whose vectors are remembered: 1.5 kB each."""

_log = logging.getLogger(__name__)


class Origin(BaseModel):
    """Where a job comes from: the workspace whose token answers, and the bot's user there.

    Attributes:
        again: whether the job may have been done before: Slack sends the event again, or a process has begun it and ended.
    """

    model_config = ConfigDict(frozen=True)

    team: str | None
    enterprise: str | None
    bot_user: str | None = None
    again: bool = False


class MessageOrigin(Origin):
    """The message that a job is about: ids of its channel, itself and its thread's first message (its own if it is in none)."""

    channel: str
    ts: str
    thread: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def about(self) -> str:
        """Names the message and ends in its timestamp; jobs about the same message keep their order."""
        return f"{self.channel}:{self.ts}"


@dataclass
class Services:
    """The parts of the running app.

    Attributes:
        state: what must not be forgotten.
        feedback: what people think of answers.
        workspaces: tokens and identities.
        pool: threads in which questions are answered.
        archive: what the store holds, as far as it may be shown.
        poster: posts messages.
        short_tasks: work that is not recorded, such as opening a modal.
        sessions: which methods for agents each workspace has.
        organisations: which workspaces belong to the bot's organisation.
        languages: of people.
        jobs: work that is recorded before its event is acknowledged.
        arriving: notices which articles arrive.
        loaded: set when the models are loaded.
        channel_names: of channels by their ids, as far as they have been looked up; empty for private ones.
        encode_question: a question to its unit vector; remembers the last ones.
    """

    settings: SlackSettings
    bot: QABot
    state: SlackState
    feedback: FeedbackLog
    workspaces: Workspaces
    pool: Pool
    session: aiohttp.ClientSession
    archive: Archive
    poster: Poster = field(init=False)
    short_tasks: ShortTasks = field(default_factory=ShortTasks)
    organisations: Organisations = field(default_factory=Organisations)
    languages: PeoplesLanguages = field(default_factory=PeoplesLanguages)
    sessions: AgentSessions = field(default_factory=AgentSessions)
    arriving: ArrivingArticles = field(init=False, repr=False)
    jobs: Jobs = field(init=False, repr=False)
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    channel_names: dict[str, str] = field(default_factory=dict)
    encode_question: Callable[[str], Vectors] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.poster = Poster(note=self.state.remember_refusal)
        self.arriving = ArrivingArticles(self.bot, self.state.alerts)
        self.encode_question = lru_cache(VECTORS_KEPT)(lambda question: self.bot.encoder.encode_question(question))

    def only(self, channel: str | None, team: str | None = None) -> ArticleFilter:
        """The articles that may be shown in a channel; for None, those that may be shown outside channels.

        What was posted in a channel is shown in that channel of that workspace only, unless a setting shares it.  Where the
        workspace is not known, the channel's id decides.
        """
        only = self.settings.channel(channel).only
        if self.settings.share_posts:
            return only
        return only.model_copy(update={"hidden": self.state.posted_elsewhere(team, channel)})

    def texts(self, channel: str | None, person: str | None = None) -> Texts:
        """The fixed texts in the language of a channel; where none is set, in that of a person, as far as it is known."""
        return texts_in(self.settings.channel(channel).language or self.languages.of(person) or Language.ENGLISH)

    async def learn_language(self, client: AsyncWebClient | None, channel: str | None, person: str | None) -> None:
        """Learns a person's language, if that matters in a channel."""
        if client is not None and self.settings.channel(channel).language is None:
            await self.languages.learn(client, person)

    async def tell_where_used(self, client: AsyncWebClient, request: Request, text: str) -> None:
        """Tells a person something where they used a button or shortcut: in its thread, else in its channel."""
        if request.thread and request.channel:
            message = plain_message(text)
            note = self.state.remember_refusal
            if await whisper(client, request.channel, request.person, message, thread=request.thread, note=note):
                return
        await self.tell(request.response_url, text)

    async def tell(self, response_url: str, text: str) -> None:
        """Tells a person something that only they see; nothing if there is no response URL."""
        await respond(self.session, response_url, plain_message(text), note=self.state.remember_refusal)

    def remember_question(self, team: str | None, person: str, question: str) -> None:
        """Records a person's question for their App Home."""
        self.state.remember_question(team or "", person, cut(question, QUESTION_CHARS))

    def refuses(self, context: AsyncBoltContext, channel: str | None, person_team: str | None) -> Refusal | None:
        """Why a person is not answered in a channel, which is logged; None if they are."""
        sibling = person_team is not None and context.get("sibling") == person_team
        reason = refusal(self.settings, identity_of(context), channel, None if sibling else person_team)
        if reason is not None:
            _log.info("not answered in %s: %s", channel or "App Home", reason.value)
        return reason


async def recognise(services: Services, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
    """Notes in a request's context whether its person comes from a sibling workspace of the bot's (see `Services.refuses`)."""
    identity = identity_of(context)
    unknown = possible_sibling(body, identity)
    if unknown is None or identity.enterprise is None or context.client is None:
        return
    person, team = unknown
    named = "command" in body and body.get("enterprise_id") == identity.enterprise  # only members can use a command
    if named or await services.organisations.has(context.client, identity.enterprise, person, team):
        context["sibling"] = team


def identity_of(context: AsyncBoltContext) -> BotIdentity:
    """The bot's own identity where a request comes from."""
    result: Any = context.authorize_result or {}
    return BotIdentity(
        result.get("team_id"), result.get("enterprise_id"), result.get("bot_user_id"), result.get("bot_id")
    )


def workspace_of(context: AsyncBoltContext) -> str | None:
    """Id of the workspace that a request comes from; None if it is not known."""
    return identity_of(context).team or context.team_id


def origin_of(context: AsyncBoltContext) -> Mapping[str, Any]:
    """Where a request comes from, as the fields of `Origin`."""
    identity = identity_of(context)
    return {
        "team": workspace_of(context),
        "enterprise": identity.enterprise or context.enterprise_id,
        "bot_user": identity.bot_user,
    }
