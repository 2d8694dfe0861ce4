"""The running app: its parts put together, started, and stopped after they finish what they are doing."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar, cast

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization.async_authorize import AsyncCallableAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError, SettingsError
from qa_bot.bot import QABot
from qa_bot.feedback import FeedbackLog
from qa_bot.slack.jobs.queue import Jobs, Work
from qa_bot.slack.jobs.state import Job, SlackState
from qa_bot.slack.jobs.tasks import Pool
from qa_bot.slack.listeners import register
from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.services import Origin, Services, recognise
from qa_bot.slack.settings import SlackSettings, bot_token
from qa_bot.slack.views.archive_facts import Archive
from qa_bot.slack.web_api.calls import CALL_ERRORS, error_code, is_slacks
from qa_bot.slack.web_api.workspaces import (
    InstallationStore,
    InstalledWorkspaces,
    SingleWorkspace,
    Workspaces,
    new_client,
    new_session,
    oauth_settings,
)
from qa_bot.slack.workers import private_answers, questions, referrals, retractions, workflow_steps
from qa_bot.slack.workers.alerts import AlertPayload, AlertWork, watch_arrivals
from qa_bot.slack.workers.articles import ArticleWork, PostPayload, hide_old_posts
from qa_bot.slack.workers.digests import DigestPayload, post_digest, watch_calendar
from qa_bot.slack.workers.private_answers import PrivatePayload
from qa_bot.slack.workers.questions import QuestionPayload, StopPayload
from qa_bot.slack.workers.referrals import ReferralPayload
from qa_bot.slack.workers.retractions import RetractedPayload
from qa_bot.slack.workers.welcomes import WelcomePayload, welcome

P = TypeVar("P", bound=Origin)

LAST_MOMENTS = 8.0
"""Seconds for running work when the process is told to stop; it must end within 10."""

SWITCH = 0.001
"""Seconds for which a thread that answers may hold up the event loop, which acknowledges."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def running(bot: QABot, settings: SlackSettings) -> AsyncIterator[tuple[Services, AsyncApp]]:
    """Runs the parts of the app; at the end they finish their work.

    Yields:
        The parts, and the Bolt app that takes requests.

    Raises:
        QABotError: a token is missing or not good, or the data folder cannot be used.
    """
    sys.setswitchinterval(SWITCH)
    session = new_session()
    state, feedback = SlackState(bot.settings.data_dir), FeedbackLog(bot.settings.data_dir)
    pool = Pool(settings.workers)
    try:
        workspaces, oauth = await _workspaces(bot, settings, session)
        services = Services(settings, bot, state, feedback, workspaces, pool, session, Archive(bot))
        services.jobs = Jobs(state, job_table(services), settings.queue)
        app = _bolt_app(services, oauth)
        await asyncio.to_thread(_hide_old_posts, services)  # before the first question is answered
        loading = asyncio.ensure_future(_load(services))
        services.jobs.start()
        watchers = (retractions.watch_retractions, watch_arrivals, watch_calendar)
        watching = [asyncio.ensure_future(watch(services)) for watch in watchers]
        try:
            yield services, app
        finally:
            for watch in watching:
                watch.cancel()
            ends = time.monotonic() + LAST_MOMENTS
            await services.jobs.stop(LAST_MOMENTS)
            await services.short_tasks.stop(max(ends - time.monotonic(), 0.5))
            await asyncio.wait([loading], timeout=0.5)
    finally:
        pool.close()
        await session.close()
        state.close()
        feedback.close()


def job_table(services: Services) -> Mapping[str, Work]:
    """The function that does each kind of job."""

    def as_bot(payload: type[P], work: Callable[[AsyncWebClient, P], Awaitable[None]]) -> Work:
        """Does a job with the bot's token; leaves it out if the app is no longer installed where the job comes from."""

        async def run(job: Job) -> None:
            origin = payload.model_validate(job.payload | ({"again": True} if job.attempts > 1 else {}))
            client = await services.workspaces.client(origin.enterprise, origin.team)
            if client is not None:
                person, channel = getattr(origin, "person", None), getattr(origin, "channel", None)
                await services.learn_language(client, channel, person)
                await work(client, origin)

        return run

    articles, alerts = ArticleWork(services), AlertWork(services)
    return {
        "question": as_bot(QuestionPayload, partial(questions.answer, services)),
        "too busy": as_bot(QuestionPayload, partial(questions.refuse, services)),
        "edit": as_bot(QuestionPayload, partial(questions.update_answer, services)),
        "delete": as_bot(QuestionPayload, partial(questions.remove_answer, services)),
        "stop": as_bot(StopPayload, partial(questions.stop, services)),
        "retracted": as_bot(RetractedPayload, partial(retractions.mark_answer, services)),
        "refer": as_bot(ReferralPayload, partial(referrals.refer, services)),
        "resolve": as_bot(ReferralPayload, partial(referrals.resolve, services)),
        "welcome": as_bot(WelcomePayload, partial(welcome, services)),
        "ask": partial(private_answers.answer, services),
        "share": as_bot(PrivatePayload, partial(private_answers.share, services)),
        "alert": as_bot(AlertPayload, alerts.look),
        "digest": as_bot(DigestPayload, partial(post_digest, services)),
        "step": partial(workflow_steps.answer, services),
        "index": as_bot(PostPayload, articles.index_post),
        "admin": articles.administer,
    }


async def _workspaces(
    bot: QABot, settings: SlackSettings, session: aiohttp.ClientSession
) -> tuple[Workspaces, AsyncOAuthSettings | None]:
    """The workspaces that are answered, and how others install the app, if they do."""
    if settings.uses_oauth:
        oauth = oauth_settings(settings, bot.settings.data_dir)
        store = cast(InstallationStore, oauth.installation_store)
        return InstalledWorkspaces(settings, store, session), oauth
    workspace = SingleWorkspace(new_client(settings, session, bot_token(settings)))
    try:
        identity = await workspace.identify()
    except SlackApiError as error:
        raise SettingsError(
            f"SLACK_BOT_TOKEN: Slack refuses it ({error_code(error)}); run: qa-bot slack --check"
        ) from None
    except CALL_ERRORS as error:
        raise SettingsError(
            f"Slack cannot be reached ({type(error).__name__}); check the network, the proxy and SLACK_API_URL"
        ) from None
    _log.info("this is %s in %s", identity.bot_user_id, identity.team or identity.team_id)
    return workspace, None


def _bolt_app(services: Services, oauth: AsyncOAuthSettings | None) -> AsyncApp:
    """The Bolt app, which verifies requests and calls the listeners.

    Listeners run before their request is acknowledged, and only record what is to be done: when Slack hears that a question
    has arrived, its job is in the state file.
    """

    async def authorize(enterprise_id: str | None, team_id: str | None) -> Any:
        return await services.workspaces.authorize(enterprise_id, team_id)

    async def inject_services(
        body: dict[str, Any], context: AsyncBoltContext, next: Callable[[], Awaitable[None]]
    ) -> None:
        context["services"] = services
        if not is_slacks(str(body.get("response_url")), services.settings.api_url):
            body.pop("response_url", None)  # private messages go to Slack only
        await recognise(services, body, context)
        await next()

    secret = services.settings.signing_secret
    app = AsyncApp(
        # Bolt configures the logger of its app's name, so that must not be one of ours; its others are as quiet as this one.
        name="slack_bolt.app",
        logger=logging.getLogger("slack_bolt"),
        client=new_client(services.settings, services.session),  # without a token: each request brings its workspace's
        signing_secret=secret.get_secret_value() if secret else "",
        # Bolt's own way would ask Slack who the bot is before each request is acknowledged.
        authorize=cast(Any, AsyncCallableAuthorize(logger=_log, func=authorize)),
        oauth_settings=oauth,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        request_verification_enabled=secret is not None,
    )
    app.use(inject_services)
    app.error(_report)
    register(app)
    return app


async def _report(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Logs a request that has no listener, or whose listener fails; never what the request says."""
    kind = body.get("type")
    if isinstance(error, BoltUnhandledRequestError):
        event = body.get("event")
        event_kind = event.get("type") if isinstance(event, dict) else None
        _log.info("nothing listens to this: %.80r", event_kind or kind or body.get("command"))
        return BoltResponse(status=200, body="")
    _log.error("a request (%.40r) could not be taken: %s", kind, in_words(error))
    return BoltResponse(status=500, body="")


def _hide_old_posts(services: Services) -> None:
    try:
        hide_old_posts(services)
    except QABotError as error:
        _log.error("%s", error)


async def _load(services: Services) -> None:
    """Loads the models; an error is reported again when a question needs them."""
    try:
        await asyncio.to_thread(partial(services.bot.load, conversation=True))
        services.loaded.set()
    except QABotError as error:
        _log.error("%s", error)
    except Exception as error:
        _log.error("the models could not be loaded: %s: %s", type(error).__name__, error)


def leave_in_time() -> None:
    """Ends the process in time even if a thread is indexing; what it has committed is whole."""
    timer = threading.Timer(LAST_MOMENTS + 1, os._exit, (0,))
    timer.daemon = True
    timer.start()


def stop_signal() -> asyncio.Event:
    """An event that is set when the process is told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
