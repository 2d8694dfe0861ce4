"""A web app that takes connections on a socket, within limits that no stranger can lift."""

from __future__ import annotations

import asyncio
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


class Listener(NamedTuple):
    """What takes connections, and what answers requests."""

    server: asyncio.Server
    runner: web.AppRunner

    async def cleanup(self) -> None:
        """Takes no further connections, and ends those that are open after their requests are answered."""
        self.server.close()
        await self.runner.cleanup()


async def listen(
    app: web.Application, listening: socket.socket, connections: Connections, idle_seconds: float, **options: Any
) -> Listener:
    """Begins to take connections.

    Args:
        app: answers requests; `connections.middleware` is among its middlewares.
        listening: see `listening_socket`.
        connections: the limits.
        idle_seconds: for which a connection is kept between requests.
        options: further ones of `aiohttp.web.AppRunner`.
    """
    app.on_response_prepare.append(_without_version)
    runner = web.AppRunner(
        app, access_log=None, keepalive_timeout=idle_seconds, lingering_time=2.0, shutdown_timeout=1.0, **options
    )
    await runner.setup()
    assert runner.server is not None
    protocol = connections.protocol(runner.server)
    server = await asyncio.get_running_loop().create_server(protocol, sock=listening, backlog=ACCEPTED_AT_ONCE)
    listening.listen(BACKLOG)  # asyncio has set the backlog to what it accepts in one go
    return Listener(server, runner)


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
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(
            f"cannot listen on {host}:{port} ({reason}); choose another address with --host and --port"
        ) from error
    listening.listen(BACKLOG)
    return listening
