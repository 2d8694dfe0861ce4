"""HTTP: Slack sends signed requests to an address that it can reach; an ASGI app behind uvicorn takes them.

Beside Slack's paths there are ``/healthz`` (the process runs) and ``/readyz`` (it can answer).
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import uvicorn
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from uvicorn.supervisors import Multiprocess

from embeddings.errors import QABotError, SettingsError
from qa_bot.bot import QABot
from qa_bot.settings import Settings
from qa_bot.slack.log_redaction import in_words, set_up_log
from qa_bot.slack.server.serving import bot_token, leave_in_time, running
from qa_bot.slack.services import Desk
from qa_bot.slack.settings import SlackSettings

LONGEST_BODY = 1_000_000
"""Bytes of a request's body; Slack's are far smaller."""

BODY_SECONDS = 5.0
"""In which a request's body must have come; Slack itself waits for no answer longer than three."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = logging.getLogger(__name__)


class HttpApp:
    """The ASGI app.

    Args:
        bot: answers.
        settings: of the Slack app.

    Attributes:
        stop: ends the server; called when the app cannot go on.
        failure: why it cannot.
    """

    def __init__(self, bot: QABot, settings: SlackSettings) -> None:
        self._bot = bot
        self._settings = settings
        self.stop: Callable[[], None] = lambda: None
        self._parts = AsyncExitStack()
        self._desk: Desk | None = None
        self._handler: AsyncSlackRequestHandler | None = None
        self.failure: QABotError | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Takes a request, or the start and the end of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._take(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        starting = asyncio.ensure_future(self._start())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        leave_in_time()
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await self._parts.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _start(self) -> None:
        try:
            desk, app, _ = await self._parts.enter_async_context(running(self._bot, self._settings))
        except QABotError as error:
            self.failure = error
            self.stop()
            return
        self._desk, self._handler = desk, AsyncSlackRequestHandler(app)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/healthz":
            await _answer(send, 200, "ok")
        elif path == "/readyz":
            ready = self._desk is not None and self._desk.loaded.is_set()
            await _answer(send, 200 if ready else 503, "ready" if ready else "not ready yet")
        elif self._handler is None:
            await _answer(send, 503, "not ready yet")  # Slack sends it again
        else:
            await self._hand_over(self._handler, scope, receive, send)

    async def _hand_over(self, handler: AsyncSlackRequestHandler, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(receive, headers.get(b"content-length", b"0"))
        except TimeoutError:
            await _answer(send, 408, "too slow")
            return
        if body is None:
            await _answer(send, 413, "too large")
            return
        try:
            body.decode()
            signed_at = headers.get(b"x-slack-request-timestamp", b"0").decode()
        except UnicodeDecodeError:
            await _answer(send, 400, "not UTF-8")
            return
        if not (signed_at.isascii() and signed_at.isdigit() and headers.get(b"x-slack-signature", b"").isascii()):
            await _answer(send, 401, "this is not how Slack signs")
            return

        async def again() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        try:
            await handler(dict(scope), again, send)
        except Exception as error:
            _log.error("a request could not be read: %s", in_words(error))
            await _answer(send, 400, "cannot be read")


async def _read(receive: Receive, announced: bytes) -> bytes | None:
    """A request's body; None if it is too large, or says that it will be."""
    if announced.isdigit() and int(announced[:20]) > LONGEST_BODY:
        return None
    body = bytearray()
    while True:
        part = await receive()
        body += part.get("body", b"")
        if len(body) > LONGEST_BODY:
            return None
        if part["type"] != "http.request" or not part.get("more_body"):
            return bytes(body)


async def _answer(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def serve_http(bot: QABot, settings: SlackSettings, host: str, port: int, processes: int) -> int:
    """Serves the app by HTTP until the process is told to stop.

    Args:
        bot: answers.
        settings: of the Slack app.
        host, port: to listen on.
        processes: that serve; they share the jobs, so that a question is answered once.

    Raises:
        QABotError: a token or secret is missing or not good, or the address cannot be listened on.
    """
    if settings.signing_secret is None:
        raise SettingsError(
            "SLACK_SIGNING_SECRET is not set; it stands at api.slack.com/apps under Basic Information, App Credentials"
        )
    if not settings.uses_oauth:
        bot_token(settings)
    listening = _listen(host, port)
    _log.info("listening on http://%s:%d/slack/events", host, listening.getsockname()[1])
    if processes > 1:
        app = partial(_app_of_a_process, bot.settings, settings)
        config = _config(app, factory=True, workers=processes)
        Multiprocess(config, sockets=[listening]).run()
        return 0
    app_here = HttpApp(bot, settings)
    server = uvicorn.Server(_config(app_here))
    app_here.stop = partial(setattr, server, "should_exit", True)
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn handles them, and raises them again when it has ended
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listening])
    if app_here.failure is not None:
        raise app_here.failure
    return 0


def _config(app: Any, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app, lifespan="on", log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=1, **more
    )


def _app_of_a_process(settings: Settings, slack: SlackSettings) -> HttpApp:
    """The app of one of several processes; one that cannot go on says so and stays, not ready."""
    set_up_log((slack.bot_token, slack.app_token, slack.signing_secret, slack.client_secret))
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    app = HttpApp(QABot(settings, _log.info), slack)
    app.stop = lambda: _log.error("this process cannot answer: %s", app.failure)
    return app


def _end_with(parent: int) -> None:
    """Ends this process when its parent was killed: nobody would end it otherwise."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"{host}:{port} cannot be listened on ({error.strerror}); name others: --host, --port"
        ) from error
    listening.listen(1024)
    return listening
