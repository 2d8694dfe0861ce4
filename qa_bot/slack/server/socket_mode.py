"""Socket Mode: requests come over a WebSocket that the bot opens, so Slack need not reach the bot.

https://docs.slack.dev/apis/events-api/using-socket-mode.  The connection is watched more closely than by the SDK's clients,
which notice up to a ping interval late that it is gone, and leave requests unanswered meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.bot import QABot
from qa_bot.monitoring.metrics import metrics_server
from qa_bot.slack.incoming.requests import mapping
from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.server.app import leave_in_time, running, stop_signal
from qa_bot.slack.settings import SlackSettings, app_token
from qa_bot.slack.web_api.calls import error_code, retry_after

PING = 10.0
"""Seconds between signs of life; a connection without any is closed."""
LONGEST_WAIT = 30.0
"""Seconds between attempts to connect, at most."""
LIVED = 10.0
"""Seconds after which a connection counts as a good one: the next is opened at once when it ends."""
ANNOUNCED = frozenset({"warning", "refresh_requested"})
"""Reasons with which Slack announces that it will close a connection, some seconds before it does."""
LEAVING = 60.0
"""Seconds for which an old connection is kept beside the next, at most."""

_log = logging.getLogger(__name__)


def serve_socket_mode(bot: QABot, settings: SlackSettings) -> int:
    """Serves the app by Socket Mode until the process is told to stop; returns the exit code.

    Raises:
        QABotError: a token is missing or not good, or the data folder cannot be used.
    """
    token = app_token(settings)
    with metrics_server(bot.settings, bot):
        return asyncio.run(_serve(bot, settings, token))


async def _serve(bot: QABot, settings: SlackSettings, token: str) -> int:
    stop = stop_signal()
    async with running(bot, settings) as (services, app):
        socket = SocketMode(app, app.client, token, services.session, services.workspaces.app_id)
        connection = asyncio.ensure_future(socket.run())
        try:
            await stop.wait()
            _log.info("stopping: running answers are finished first")
            leave_in_time()
        finally:
            connection.cancel()
            await asyncio.gather(connection, return_exceptions=True)
            await socket.stop()
    return 0


class SocketMode:
    """Keeps a connection, which an app token (``xapp-``) opens, and passes requests to the app.

    Args:
        app: takes the requests.
        client: asks for addresses of connections.
        token: of the app.
        session: of HTTP connections.
        own_app: tells the id of the app that the bot's token belongs to; None if that is not known.
    """

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        token: str,
        session: aiohttp.ClientSession,
        own_app: Callable[[], Awaitable[str | None]] | None = None,
    ) -> None:
        self._app = app
        self._client = client
        self._token = token
        self._session = session
        self._own_app = own_app
        self._handling: set[asyncio.Task[None]] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Connects, and reconnects whenever the connection is gone, until it is cancelled."""
        failures = 0
        while True:
            try:
                began, reason = await self._connect()
                failures = 0 if asyncio.get_running_loop().time() - began > LIVED else failures + 1
                wait = self._wait(None, failures) if failures else 0.0
                _log.info("the connection to Slack ended (%s); connecting again in %.1f s", reason, wait)
            except Exception as error:  # of any kind: a process without a connection is useless
                failures += 1
                wait = self._wait(error, failures)
                _log.warning("no connection to Slack (%s); next attempt in %.1f s", _why(error), wait)
            self.connected.clear()
            await asyncio.sleep(wait)

    async def stop(self) -> None:
        """Waits for requests that are being passed on."""
        for task in self._leaving:
            task.cancel()
        if self._handling:
            await asyncio.wait(self._handling, timeout=2)

    async def _connect(self) -> tuple[float, str]:
        """Takes requests over a connection; returns when it began (by the loop's clock), and why it ended."""
        url = (await self._client.apps_connections_open(app_token=self._token))["url"]
        connection = await self._session.ws_connect(url, heartbeat=PING, proxy=self._client.proxy)
        began = asyncio.get_running_loop().time()
        announced = False
        try:
            reason = await self._receive(connection)
            announced = reason in ANNOUNCED
        finally:
            if not announced:
                await connection.close()
        if announced:  # Slack still uses it for some seconds, in which the next one is opened
            task = asyncio.get_running_loop().create_task(self._leave(connection))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
        return began, reason

    async def _leave(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        """Takes the last requests over a connection that Slack is about to close."""
        try:
            async with asyncio.timeout(LEAVING):
                while not connection.closed:
                    await self._receive(connection)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            _log.info("an old connection to Slack ended (%s)", type(error).__name__)
        finally:
            await connection.close()

    async def _receive(self, connection: aiohttp.ClientWebSocketResponse) -> str:
        """Takes messages until the connection ends, or Slack announces its end; returns the reason."""
        async for received in connection:
            if received.type is not aiohttp.WSMsgType.TEXT:
                continue
            envelope = _parsed(received.data)
            kind = envelope.get("type")
            if kind == "hello":
                self.connected.set()
                _log.info("connected to Slack")
                self._start(self._compare(mapping(envelope.get("connection_info")).get("app_id")))
            elif kind == "disconnect":
                return str(envelope.get("reason"))
            elif envelope.get("envelope_id"):
                self._start(self._hand_over(connection, envelope))
        return "it was closed"

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)

    async def _compare(self, app_id: object) -> None:
        """Says in the log if the two tokens belong to different apps: then no event arrives."""
        own_app, self._own_app = self._own_app, None
        own = await own_app() if own_app else None
        if own and app_id and own != app_id:
            _log.error(
                "SLACK_APP_TOKEN belongs to the app %s, SLACK_BOT_TOKEN to %s; copy both from the same app at "
                "api.slack.com/apps, and run: qa-bot slack --check",
                app_id,
                own,
            )

    async def _hand_over(self, connection: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        """Passes a request to the app and acknowledges it; if it fails, does not, so that Slack sends it again."""
        answer: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        try:
            request = SocketModeRequest.from_dict(envelope)
            if request is not None and isinstance(request.payload, dict):
                response = await run_async_bolt_app(self._app, request)
                if response.status >= 500:
                    return
                if response.body:
                    answer["payload"] = _payload(response.body)
        except Exception as error:
            _log.error("a request could not be read: %s", in_words(error))
        try:
            await connection.send_str(json.dumps(answer))
        except (aiohttp.ClientError, OSError) as error:
            _log.info("a request could not be acknowledged (%s); Slack will send it again", type(error).__name__)

    def _wait(self, error: Exception | None, failures: int) -> float:
        if isinstance(error, SlackApiError) and error_code(error) == "ratelimited":
            return retry_after(error, 10.0)
        return float(min(0.2 * 2 ** min(failures - 1, 10), LONGEST_WAIT) * (1 + random.random() / 4))


def _parsed(text: str) -> dict[str, Any]:
    try:
        envelope = json.loads(text)
    except ValueError:
        _log.warning("Slack sent something that is not JSON")
        return {}
    return envelope if isinstance(envelope, dict) else {}


def _payload(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return {"text": body}


def _why(error: Exception) -> str:
    code = error_code(error)
    if code in ("invalid_auth", "not_authed", "token_revoked", "account_inactive", "token_expired"):
        return f"{code}: Slack no longer accepts SLACK_APP_TOKEN; make a new one, and run: qa-bot slack --check"
    return code or in_words(error)
