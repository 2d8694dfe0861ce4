"""Starts the app, serves it, and stops it: what is being answered is finished first."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import aiohttp
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError

from embeddings.errors import QABotError, SettingsError
from qa_bot.bot import QABot
from qa_bot.feedback import FeedbackLog
from qa_bot.slack.jobs.pool import Pool
from qa_bot.slack.jobs.queue import Jobs
from qa_bot.slack.jobs.state import SlackState
from qa_bot.slack.server.app import build_app
from qa_bot.slack.server.socket_mode import SocketMode
from qa_bot.slack.server.workspaces import (
    InstallationStore,
    InstalledWorkspaces,
    SingleWorkspace,
    new_client,
    new_session,
    oauth_settings,
)
from qa_bot.slack.services import Desk
from qa_bot.slack.settings import SlackSettings
from qa_bot.slack.web_api.posting import error_code
from qa_bot.slack.workers.table import works

LAST_MOMENTS = 8.0
"""Seconds for what is being answered when the process is told to stop; it must have ended within 10."""

SWITCH = 0.001
"""Seconds for which a thread that answers may keep the event loop, which acknowledges, from running."""

_log = logging.getLogger(__name__)


def serve_socket_mode(bot: QABot, settings: SlackSettings) -> int:
    """Serves the app by Socket Mode until the process is told to stop.

    Raises:
        QABotError: a token is missing or not good, or the data folder cannot be used.
    """
    token = app_token(settings)
    return asyncio.run(_serve_socket_mode(bot, settings, token))


async def _serve_socket_mode(bot: QABot, settings: SlackSettings, token: str) -> int:
    stop = stop_signal()
    async with running(bot, settings) as (_, app, session):
        socket = SocketMode(app, app.client, token, session)
        connection = asyncio.ensure_future(socket.run())
        try:
            await stop.wait()
            _log.info("stopping: what is being answered is finished first")
            leave_in_time()
        finally:
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)
            await socket.stop()
    return 0


@asynccontextmanager
async def running(bot: QABot, settings: SlackSettings) -> AsyncIterator[tuple[Desk, AsyncApp, aiohttp.ClientSession]]:
    """The parts of the app, running; at the end they finish what they are at."""
    sys.setswitchinterval(SWITCH)
    session = new_session()
    state = SlackState(bot.settings.data_dir)
    feedback = FeedbackLog(bot.settings.data_dir)
    pool = Pool(settings.workers)
    try:
        desk, app = await _assemble(bot, settings, session, state, feedback, pool)
        loading = asyncio.ensure_future(_load(bot, desk))
        desk.jobs.start()
        try:
            yield desk, app, session
        finally:
            ends = time.monotonic() + LAST_MOMENTS
            await desk.jobs.stop(LAST_MOMENTS)
            await desk.background.stop(max(ends - time.monotonic(), 0.5))
            await asyncio.wait([loading], timeout=0.5)
    finally:
        pool.close()
        await session.close()
        state.close()
        feedback.close()


async def _assemble(
    bot: QABot,
    settings: SlackSettings,
    session: aiohttp.ClientSession,
    state: SlackState,
    feedback: FeedbackLog,
    pool: Pool,
) -> tuple[Desk, AsyncApp]:
    oauth = oauth_settings(settings, bot.settings.data_dir) if settings.uses_oauth else None
    if oauth is not None:
        desk = Desk(
            settings,
            bot,
            state,
            feedback,
            InstalledWorkspaces(settings, cast(InstallationStore, oauth.installation_store), session),
            pool,
            session,
        )
    else:
        workspace = SingleWorkspace(new_client(settings, session, bot_token(settings)))
        await _identify(workspace)
        desk = Desk(settings, bot, state, feedback, workspace, pool, session)
    desk.jobs = Jobs(state, works(desk), settings.queue)
    return desk, build_app(desk, new_client(settings, session), oauth)


async def _identify(workspace: SingleWorkspace) -> None:
    try:
        found = await workspace.identify()
    except SlackApiError as error:
        raise SettingsError(
            f"SLACK_BOT_TOKEN: Slack does not take it ({error_code(error)}); see: qa-bot slack --check"
        ) from None
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise SettingsError(
            f"Slack cannot be reached ({type(error).__name__}); check the network, the proxy and SLACK_API_URL"
        ) from None
    _log.info("this is %s in %s", found.bot_user_id, found.team or found.team_id)


async def _load(bot: QABot, desk: Desk) -> None:
    """Loads the models; what goes wrong is said again when a question needs them."""
    try:
        await asyncio.to_thread(bot.load)
        desk.loaded.set()
    except QABotError as error:
        _log.error("%s", error)
    except Exception as error:
        _log.error("the models could not be loaded: %s: %s", type(error).__name__, error)


def leave_in_time() -> None:
    """Makes sure that the process ends in time, even if a thread is in the middle of indexing: what it commits is whole."""
    timer = threading.Timer(LAST_MOMENTS + 1, os._exit, (0,))
    timer.daemon = True
    timer.start()


def stop_signal() -> asyncio.Event:
    """Is set when the process is told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def bot_token(settings: SlackSettings) -> str:
    """The bot's token.

    Raises:
        SettingsError: it is missing, or it is another kind of token.
    """
    return _token(settings.bot_token, "SLACK_BOT_TOKEN", "xoxb-", "OAuth & Permissions, Bot User OAuth Token")


def app_token(settings: SlackSettings) -> str:
    """The token for Socket Mode.

    Raises:
        SettingsError: it is missing, or it is another kind of token.
    """
    return _token(settings.app_token, "SLACK_APP_TOKEN", "xapp-", "Basic Information, App-Level Tokens")


def _token(token: SecretStr | None, name: str, prefix: str, place: str) -> str:
    value = token.get_secret_value() if token else ""
    if not value:
        raise SettingsError(
            f"{name} is not set; it begins with {prefix} and stands at api.slack.com/apps under {place}"
        )
    if not value.startswith(prefix) and not (prefix == "xoxb-" and value.startswith("xoxe.xoxb-")):
        kinds = {"xoxb-": "a bot token", "xapp-": "an app token", "xoxp-": "a user token"}
        kind = next((kind for start, kind in kinds.items() if value.startswith(start)), "something else")
        raise SettingsError(f"{name} holds {kind}; it must begin with {prefix}, see api.slack.com/apps under {place}")
    return value
