"""HTTP: Slack sends signed requests to an address that it can reach; aiohttp's web server takes them.

Beside Slack's paths there are ``/healthz`` (the process runs) and ``/readyz`` (it can answer).
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from contextlib import AsyncExitStack
from multiprocessing.context import SpawnProcess

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from embeddings.errors import SettingsError
from qa_bot.bot import QABot
from qa_bot.http.connections import Connections, OnceAWhile, most_connections
from qa_bot.http.listener import BODY_SECONDS, HEAD_SECONDS, IDLE_SECONDS, Listener, listen, listening_socket
from qa_bot.monitoring.metrics import metrics_server
from qa_bot.settings import Settings
from qa_bot.slack.log_redaction import in_words, set_up_log
from qa_bot.slack.server.app import LAST_MOMENTS, leave_in_time, running, stop_signal
from qa_bot.slack.services import Services
from qa_bot.slack.settings import SlackSettings, bot_token

LONGEST_BODY = 1_000_000
"""Bytes of a request's body; Slack's are far smaller."""
_log = logging.getLogger(__name__)


class HttpServer:
    """Takes Slack's requests, and says whether the process runs and whether it is ready."""

    def __init__(
        self,
        bot: QABot,
        settings: SlackSettings,
        idle_seconds: float = IDLE_SECONDS,
        head_seconds: float = HEAD_SECONDS,
        most: int | None = None,
    ) -> None:
        self._bot = bot
        self._settings = settings
        self._idle_seconds = idle_seconds
        most = most_connections() if most is None else most
        self._connections = Connections(most, most * 3 // 4, head_seconds)
        self._services: Services | None = None
        self._app: AsyncApp | None = None

    async def serve(self, listening: socket.socket, stop: asyncio.Event, *, survive: bool = False) -> None:
        """Serves until `stop` is set; then finishes running requests and answers.

        Args:
            listening: takes connections at once, before the app has started.
            stop: ends it.
            survive: keep running, but not ready, if the app cannot start.

        Raises:
            QABotError: the app cannot start.
        """
        listener = await self.listen(listening)
        parts = AsyncExitStack()
        starting, stopping = asyncio.ensure_future(self._start(parts)), asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
            if starting.done() and (error := starting.exception()) is not None:
                if not survive:
                    raise error
                _log.error("this process cannot answer: %s", error)
            await stopping
            leave_in_time()
        finally:
            await listener.cleanup()
            starting.cancel()
            stopping.cancel()
            await asyncio.gather(starting, stopping, return_exceptions=True)
            await parts.aclose()

    async def listen(self, listening: socket.socket) -> Listener:
        """Begins to take connections."""
        app = web.Application(client_max_size=LONGEST_BODY, middlewares=[self._connections.middleware])
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/readyz", self._readiness)
        app.router.add_post("/slack/events", self._take)
        app.router.add_get("/slack/install", self._take)
        app.router.add_get("/slack/oauth_redirect", self._take)
        # Slack signs what it sends, so it is taken as it came.
        return await listen(app, listening, self._connections, self._idle_seconds, auto_decompress=False)

    async def _start(self, parts: AsyncExitStack) -> None:
        self._services, self._app = await parts.enter_async_context(running(self._bot, self._settings))

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _readiness(self, _: web.Request) -> web.Response:
        if self._services is None or not self._services.loaded.is_set():
            return web.Response(status=503, text="not ready yet")
        return web.Response(text="ready")

    async def _take(self, request: web.Request) -> web.Response:
        """Reads a request and passes it to the app."""
        if self._app is None:
            return web.Response(status=503, text="not ready yet")  # Slack sends it again
        if (request.content_length or 0) > LONGEST_BODY:
            return web.Response(status=413, text="too large")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = (await request.read()).decode()
            self._connections.request_is_whole(request)
        except TimeoutError:
            return web.Response(status=408, text="too slow")
        except UnicodeDecodeError:
            return web.Response(status=400, text="not UTF-8")
        except (web.RequestPayloadError, ConnectionError):
            return web.Response(status=400, text="incomplete")
        try:
            return await _dispatch(self._app, request, body)
        except Exception as error:
            _log.error("a request could not be read: %s", in_words(error))
            return web.Response(status=400, text="cannot be read")


async def _dispatch(app: AsyncApp, request: web.Request, body: str) -> web.Response:
    """The app's answer to a request."""
    flow = app.oauth_flow
    bolt_request = AsyncBoltRequest(body=body, query=request.query_string, headers=dict(request.headers))
    if request.method == "POST":
        if not _may_be_signed(request):
            return web.Response(status=401, text="not signed by Slack")
        return await to_aiohttp_response(await app.async_dispatch(bolt_request))
    if flow is None:
        return web.Response(status=404, text="not found")
    installing = request.path == flow.install_path
    return await to_aiohttp_response(
        await (flow.handle_installation(bolt_request) if installing else flow.handle_callback(bolt_request))
    )


def _may_be_signed(request: web.Request) -> bool:
    """Whether the headers of a signature have their form: the SDK takes it for granted."""
    signed_at = request.headers.get("X-Slack-Request-Timestamp", "0")
    return signed_at.isascii() and signed_at.isdigit() and request.headers.get("X-Slack-Signature", "").isascii()


def serve_http(bot: QABot, settings: SlackSettings, host: str, port: int, processes: int) -> int:
    """Serves the app by HTTP until the processes are told to stop; they share the jobs, so each question is answered once.

    Returns:
        The exit code.

    Raises:
        QABotError: a token or secret is missing or not good, or the address is not free.
    """
    if settings.signing_secret is None:
        raise SettingsError(
            "SLACK_SIGNING_SECRET is not set; copy it from api.slack.com/apps, Basic Information, App Credentials"
        )
    if not settings.uses_oauth:
        bot_token(settings)
    listening = listening_socket(host, port)
    _log.info("listening on http://%s:%d/slack/events", host, listening.getsockname()[1])
    if processes > 1:
        _supervise(bot.settings, settings, listening, processes)
    else:
        with metrics_server(bot.settings, bot):
            asyncio.run(_serve(bot, settings, listening))
    return 0


async def _serve(bot: QABot, settings: SlackSettings, listening: socket.socket, *, survive: bool = False) -> None:
    for logger in (_log, logging.getLogger("asyncio")):  # strangers cause these lines, as often as they like
        logger.addFilter(OnceAWhile())
    await HttpServer(bot, settings).serve(listening, stop_signal(), survive=survive)


def _supervise(settings: Settings, slack: SlackSettings, listening: socket.socket, processes: int) -> None:
    """Runs several processes on one socket, and replaces those that end, until it is told to stop."""
    stop, spawn = threading.Event(), multiprocessing.get_context("spawn")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def start(place: int) -> SpawnProcess:
        process = spawn.Process(target=_serve_in_process, args=(settings, slack, listening, place))
        process.start()
        return process

    running_processes = [start(place) for place in range(processes)]
    while not stop.wait(0.5):
        for place, process in enumerate(running_processes):
            if not process.is_alive():
                _log.warning("a process ended (exit code %s); another takes its place", process.exitcode)
                running_processes[place] = start(place)
    for process in running_processes:
        process.terminate()
    for process in running_processes:
        process.join(LAST_MOMENTS + 1.5)


def _serve_in_process(settings: Settings, slack: SlackSettings, listening: socket.socket, place: int) -> None:
    """Serves in one of several processes; one whose app cannot start says so and keeps running, not ready."""
    secrets = (slack.bot_token, slack.app_token, slack.signing_secret, slack.client_secret)
    set_up_log(secrets, form=settings.log_format)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with QABot(settings, _log.info) as bot:
        try:
            with metrics_server(settings, bot, place):
                asyncio.run(_serve(bot, slack, listening, survive=True))
        except SettingsError as error:
            _log.error("%s", error)


def _end_with(parent: int) -> None:
    """Ends this process when its parent was killed; nobody else would."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
