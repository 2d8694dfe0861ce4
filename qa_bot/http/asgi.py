"""An ASGI app within the limits that the other servers have: deadlines, connections, and a token."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from qa_bot.http.connections import Connections
from qa_bot.http.listener import BODY_SECONDS

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def counted(app: App, connections: Connections) -> App:
    """The app, on connections that `Connections.protocol` counts."""

    async def within_limits(scope: Scope, receive: Receive, send: Any) -> None:
        transport = _transport_of(scope, connections)
        connections.head_is_whole(transport)
        try:
            await app(scope, receive, send)
        finally:
            connections.is_answered(transport)

    return within_limits


def with_whole_body(app: App, connections: Connections, longest: int, seconds: float = BODY_SECONDS) -> App:
    """The app, which is given a request once its body has arrived; else there is a short refusal.

    Args:
        app: answers requests.
        connections: that requests come by.
        longest: bytes of a body.
        seconds: in which it must arrive.
    """

    async def read_first(scope: Scope, receive: Receive, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        body, more = b"", True
        try:
            async with asyncio.timeout(seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body, more = body + message.get("body", b""), message.get("more_body", False)
                    if len(body) > longest:
                        return await refuse(send, 413, "the request is too large")
        except TimeoutError:
            return await refuse(send, 408, "the request is too slow")
        connections.body_is_whole(_transport_of(scope, connections))
        first: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_whole() -> MutableMapping[str, Any]:
            return first.pop() if first else await receive()

        return await app(scope, receive_whole, send)

    return read_first


async def refuse(send: Any, status: int, words: str, *headers: tuple[bytes, bytes]) -> None:
    """Sends a short response and closes the connection."""
    usual = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    closing = (b"connection", b"close")
    await send({"type": "http.response.start", "status": status, "headers": [*usual, closing, *headers]})
    await send({"type": "http.response.body", "body": f"{words}\n".encode()})


def _transport_of(scope: Scope, connections: Connections) -> asyncio.Transport | None:
    client = scope.get("client")
    return connections.transport_of((client[0], client[1])) if client else None


def behind_token(app: App, token: str) -> App:
    """The app, for requests that carry a token as ``Authorization: Bearer TOKEN``."""
    expected = token.encode()

    async def guarded(scope: Scope, receive: Receive, send: Any) -> None:
        scheme, _, given = dict(scope.get("headers", ())).get(b"authorization", b"").partition(b" ")
        has_token = scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), expected)
        if scope["type"] == "lifespan" or has_token:
            return await app(scope, receive, send)
        return await refuse(send, 401, "a token is needed", (b"www-authenticate", b"Bearer"))

    return guarded
