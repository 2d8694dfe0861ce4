"""A web app that takes connections on a socket, within limits that no stranger can lift."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any, NamedTuple

from aiohttp import web

from embeddings.errors import SettingsError
from qa_bot.http.connections import ACCEPTED_AT_ONCE, Connections

HEAD_SECONDS = 5.0
"""Seconds in which a request's head must arrive, from the connection or from the first byte of a further request."""
BODY_SECONDS = 5.0
"""Seconds in which a request's body must arrive; Slack itself waits at most three for an answer."""
IDLE_SECONDS = 75.0
"""Seconds for which a connection is kept between requests; longer than proxies keep theirs open."""
BACKLOG = 1024
"""Connections that wait to be accepted."""

_log = logging.getLogger(__name__)


class Listener(NamedTuple):
    """What takes connections, and what answers requests."""

    server: asyncio.Server
    runner: web.AppRunner

    async def cleanup(self) -> None:
        """Takes no further connections, and ends those that are open after their requests are answered."""
        self.server.close()
        await self.runner.cleanup()


class _Handler(web.RequestHandler):
    """Answers what is no request shortly, and tells nobody what it is made of; the log has one line for it."""

    __slots__ = ()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """The response to bytes that cannot be read as a request."""
        response = super().handle_error(request, status, exc, message)
        short = web.Response(status=status, text="this is not a request that can be read\n")
        short.headers.update({"Server": "qa-bot", "X-Content-Type-Options": "nosniff"})
        if not response.keep_alive:
            short.force_close()
        return short

    def log_exception(self, *args: Any, **more: Any) -> None:
        """Logs the kind of an error: strangers cause it, and a traceback helps nobody."""
        error = more.get("exc_info")
        _log.debug("a request could not be read: %s", type(error).__name__)


async def listen(
    app: web.Application,
    listening: socket.socket,
    connections: Connections,
    idle_seconds: float,
    *,
    handler_cancellation: bool = False,
    auto_decompress: bool = True,
) -> Listener:
    """Begins to take connections.

    Args:
        app: answers requests; `connections.middleware` is among its middlewares.
        listening: see `listening_socket`.
        connections: the limits.
        idle_seconds: for which a connection is kept between requests.
        handler_cancellation: whether to give up a request when whoever sent it leaves.
        auto_decompress: whether to unpack bodies.
    """
    app.on_response_prepare.append(_without_version)
    runner = web.AppRunner(app, handler_cancellation=handler_cancellation, shutdown_timeout=1.0)
    await runner.setup()
    server, loop = runner.server, asyncio.get_running_loop()
    assert server is not None

    def handler() -> web.RequestHandler:
        return _Handler(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # it takes None, and then writes no line for each request
            keepalive_timeout=idle_seconds,
            lingering_time=2.0,
            auto_decompress=auto_decompress,
        )

    taking = await loop.create_server(connections.protocol(handler), sock=listening, backlog=ACCEPTED_AT_ONCE)
    listening.listen(BACKLOG)  # asyncio has set the backlog to what it accepts in one go
    return Listener(taking, runner)


async def _without_version(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop("Server", None)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        SettingsError: the address is not free, or not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        reason = error.strerror or error if isinstance(error, OSError) else "a port is from 0 to 65535"
        raise SettingsError(
            f"cannot listen on {host}:{port} ({reason}); choose another address with --host and --port"
        ) from error
    listening.listen(BACKLOG)
    return listening
