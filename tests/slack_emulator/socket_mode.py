"""Socket Mode: Slack's side of the WebSocket."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from slack_emulator.delivery import ACK_SECONDS, RETRIES, Delivery
from slack_emulator.workspace import APP_ID, Workspace

PING_SECONDS = 5.0


@dataclass
class Connection:
    """An open WebSocket; `leaving` once Slack has said that it will close it."""

    socket: web.WebSocketResponse
    request: web.Request
    at: float = field(default_factory=time.monotonic)
    leaving: bool = False


class SocketMode:
    """Sends payloads over WebSockets; events that are not acknowledged again, by Slack's schedule, until they are lost.

    Attributes:
        app_id: that ``hello`` names.
        full: too many WebSockets are open: each new one is closed.
        refused: the times at which one was closed so.
        overlaps: for each new connection, how many old ones that Slack will close were still open.
        retry_seconds: until the second, third and fourth try; Slack waits for a second, a minute and five.
        connections: those that are open.
        history: the times at which connections were opened.
        ack_seconds: how long an acknowledgement may take.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.base_url = ""
        self.connections: list[Connection] = []
        self.history: list[float] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self.ack_seconds = ACK_SECONDS
        self.retry_seconds = (1.0, 5.0, 20.0)
        self.app_id = APP_ID
        self.full = False
        self.refused: list[float] = []
        self.overlaps: list[int] = []
        self._tickets: set[str] = set()
        self._under_way: dict[str, tuple[Delivery, Connection]] = {}
        self._known: dict[str, Delivery] = {}
        self._turn = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Where the server answers."""
        return [web.get("/link/", self._serve)]

    def new_address(self) -> str:
        """An address that takes one connection."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return f"{self.base_url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP_ID}"

    def send(self, delivery: Delivery) -> None:
        """Sends a payload; called from any thread."""
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self._send, delivery, "")

    def cut(self) -> None:
        """Cuts every connection, as a network does; called from any thread."""
        assert self.loop is not None
        self.loop.call_soon_threadsafe(self._cut)

    def say_goodbye(self, reason: str, seconds: float) -> None:
        """Tells every connection that it will be closed, and closes it; called from any thread."""
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(self._say_goodbye(reason, seconds), self.loop).result()

    def send_raw(self, text: str) -> None:
        """Sends any text over a connection; called from any thread."""
        assert self.loop is not None
        self.loop.call_soon_threadsafe(lambda: self._start(self._pick().socket.send_str(text)))

    def _pick(self) -> Connection:
        open_ones = [connection for connection in self.connections if not connection.leaving]
        return (open_ones or self.connections)[next(self._turn) % len(open_ones or self.connections)]

    def _start(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(self._quietly(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _quietly(coroutine: Any) -> None:
        """A connection that breaks while something is sent on it shows when its reading ends."""
        try:
            await coroutine
        except ConnectionError:
            return

    def _send(self, delivery: Delivery, reason: str) -> None:
        attempt, delivery.tries = delivery.tries, delivery.tries + 1
        if not self.connections:
            if delivery.retried:
                self._again(delivery, "connection_failed")
            else:
                delivery.give_up(self.workspace, "no connection is open")
            return
        connection = self._pick()
        delivery.sent.append(time.monotonic())
        self._known[delivery.envelope_id] = delivery
        self._under_way[delivery.envelope_id] = (delivery, connection)
        envelope: dict[str, Any] = {
            "envelope_id": delivery.envelope_id,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            attempt += delivery.earlier
            envelope |= {"retry_attempt": attempt, "retry_reason": (reason or "timeout") if attempt else ""}
        self._start(connection.socket.send_str(json.dumps(envelope)))
        asyncio.get_running_loop().call_later(self.ack_seconds, self._check, delivery, delivery.tries)

    def _check(self, delivery: Delivery, tries: int) -> None:
        if delivery.finished or delivery.tries != tries or delivery.envelope_id not in self._under_way:
            return
        del self._under_way[delivery.envelope_id]
        if delivery.retried and tries <= RETRIES:
            self._again(delivery, "timeout")
        else:
            delivery.give_up(self.workspace, f"no answer within {self.ack_seconds:g} s")

    def _again(self, delivery: Delivery, reason: str) -> None:
        """Sends an event again when its time comes; nothing is kept for an app that connects again."""
        if delivery.tries > RETRIES:
            with self.workspace.change():
                delivery.lost = True
            return

        def send() -> None:
            if not delivery.finished:
                self._send(delivery, reason)

        asyncio.get_running_loop().call_later(self.retry_seconds[delivery.tries - 1], send)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("ticket") not in self._tickets:
            return web.Response(status=404, text="no such ticket")
        self._tickets.discard(request.query["ticket"])
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS)
        await socket.prepare(request)
        connection = Connection(socket, request)
        if self.full:
            self.refused.append(time.monotonic())
            goodbye = {
                "type": "disconnect",
                "reason": "too_many_websockets",
                "debug_info": {"host": "applink-emulated"},
            }
            await self._quietly(socket.send_str(json.dumps(goodbye)))
            await socket.close()
            return socket
        try:
            await self._greet(connection)
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self._receive(str(message.data))
        except ConnectionError:
            pass
        finally:
            self._gone(connection)
        return socket

    async def _greet(self, connection: Connection) -> None:
        host = {"host": "applink-emulated", "build_number": 1, "approximate_connection_time": 3600}
        hello = {"type": "hello", "num_connections": len(self.connections) + 1, "debug_info": host}
        await connection.socket.send_str(json.dumps(hello | {"connection_info": {"app_id": self.app_id}}))
        with self.workspace.change():
            self.overlaps.append(sum(old.leaving for old in self.connections))
            self.connections.append(connection)
            self.history.append(time.monotonic())

    def _receive(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or "envelope_id" not in answer:
            self.workspace.violation(f"Socket Mode: not an acknowledgement: {text[:80]!r}")
            return
        delivery = self._known.get(answer["envelope_id"])
        if delivery is None:
            self.workspace.violation(f"Socket Mode: acknowledges what was never sent: {text[:80]!r}")
            return
        self._under_way.pop(delivery.envelope_id, None)
        if answer.get("payload") and delivery.kind == "events_api":
            self.workspace.violation("Socket Mode: an event takes no response payload")
        delivery.acknowledge(self.workspace, answer.get("payload"))

    def _gone(self, connection: Connection) -> None:
        with self.workspace.change():
            if connection in self.connections:
                self.connections.remove(connection)
        for delivery, by in list(self._under_way.values()):
            if by is connection and not delivery.finished:
                del self._under_way[delivery.envelope_id]
                if delivery.retried:
                    self._again(delivery, "connection_failed")
                else:
                    delivery.give_up(self.workspace, "its connection ended")

    def _cut(self) -> None:
        for connection in list(self.connections):
            if connection.request.transport is not None:
                connection.request.transport.abort()

    async def _say_goodbye(self, reason: str, seconds: float) -> None:
        leaving = list(self.connections)
        for connection in leaving:
            connection.leaving = True
            goodbye = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-emulated"}}
            await self._quietly(connection.socket.send_str(json.dumps(goodbye)))

        async def close() -> None:
            await asyncio.sleep(seconds)
            for connection in leaving:
                await connection.socket.close()

        self._start(close())
