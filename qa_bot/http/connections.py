"""Limits on open connections, so that nobody can hold all of them and leave others without one."""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

MOST_CONNECTIONS = 1000
"""Open connections of a process, if it may have twice as many files open."""
ACCEPTED_AT_ONCE = 64
"""Connections that asyncio accepts in one go; with all of these the process stays below its limit of open files."""
WRITE_SECONDS = 60.0
"""Seconds in which a client must take what waits to be sent to it."""
QUIET_SECONDS = 60.0
"""Seconds between two lines of the log about the same thing."""

_log = logging.getLogger(__name__)


def most_connections() -> int:
    """Connections that this process may have open: at most half of its open files, as the rest of it needs some too."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if files == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, files // 2)


class Connections:
    """The open connections: those that wait for a request, the longest waiting first, and those whose request is whole.

    A connection too many displaces the one that has waited longest for a whole request: of the same peer, if that peer has its
    share, else of any. If none waits, the new one is closed. So half-open connections, however many, leave room for the others.

    Args:
        most: open connections.
        most_of_peer: open connections of one address; a proxy is one address.
        head_seconds: seconds from a connection, or from the first byte of a further request, to the end of the request's head.
        write_seconds: seconds in which a client must take what waits to be sent to it.
    """

    def __init__(self, most: int, most_of_peer: int, head_seconds: float, write_seconds: float = WRITE_SECONDS) -> None:
        self._most = most
        self._most_of_peer = most_of_peer
        self.head_seconds = head_seconds
        self.write_seconds = write_seconds
        self._waiting: dict[asyncio.Transport, Connection] = {}
        self._open: dict[asyncio.Transport, Connection] = {}
        self._of_peer: dict[str, int] = {}
        self._displaced = Tally("closed %d connections without a whole request, to make room for others")

    def protocol(self, inner: Callable[[], asyncio.Protocol]) -> Callable[[], asyncio.Protocol]:
        """A protocol factory that puts these limits around another one."""
        return lambda: Connection(self, inner())

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Ends the deadline of a request's head, as the head is whole, and waits for the next request after the answer."""
        transport = request.transport
        self.head_is_whole(transport)
        if not request.body_exists:
            self.request_is_whole(request)
        try:
            return await handler(request)
        finally:
            self.is_answered(transport)

    def transport_of(self, address: tuple[str, int]) -> asyncio.Transport | None:
        """The open connection from an address and port; None if it has been closed."""
        return next((transport for transport, known in self._open.items() if known.address == address), None)

    def head_is_whole(self, transport: asyncio.BaseTransport | None) -> None:
        """Ends the deadline of a request's head."""
        if isinstance(transport, asyncio.Transport) and transport in self._open:
            self._open[transport].head_is_whole()

    def body_is_whole(self, transport: asyncio.BaseTransport | None) -> None:
        """Keeps a connection open until its request is answered."""
        if isinstance(transport, asyncio.Transport):
            self._waiting.pop(transport, None)

    def is_answered(self, transport: asyncio.BaseTransport | None) -> None:
        """Waits for the connection's next request; it is now the one that has waited shortest."""
        if isinstance(transport, asyncio.Transport) and transport in self._open:
            connection = self._open[transport]
            connection.is_answered()
            self._waiting.pop(transport, None)
            self._waiting[transport] = connection

    def request_is_whole(self, request: web.Request) -> None:
        """The same as `body_is_whole`, for a request of aiohttp."""
        self.body_is_whole(request.transport)

    def add(self, connection: Connection) -> None:
        """Counts a connection, and closes another, or itself, if there are too many."""
        peer = connection.peer
        self._open[connection.transport] = self._waiting[connection.transport] = connection
        self._of_peer[peer] = self._of_peer.get(peer, 0) + 1
        if self._of_peer[peer] > self._most_of_peer:
            self._displace(next(other for other in self._waiting.values() if other.peer == peer))
        elif len(self._open) > self._most:
            self._displace(next(iter(self._waiting.values())))

    def remove(self, connection: Connection) -> None:
        """Forgets a connection."""
        self._waiting.pop(connection.transport, None)
        if self._open.pop(connection.transport, None) is not None:
            self._of_peer[connection.peer] -= 1
            if not self._of_peer[connection.peer]:
                del self._of_peer[connection.peer]

    def _displace(self, connection: Connection) -> None:
        self.remove(connection)
        connection.transport.abort()
        self._displaced.count()


class Connection(asyncio.Protocol):
    """A connection with a deadline for each request's head; another protocol does what is left."""

    transport: asyncio.Transport

    def __init__(self, connections: Connections, inner: asyncio.Protocol) -> None:
        self._connections = connections
        self._inner = inner
        self._deadline: asyncio.TimerHandle | None = None
        self._write_deadline: asyncio.TimerHandle | None = None
        self._answering = False
        self.address = ("", 0)

    @property
    def peer(self) -> str:
        """The address at the other end, without its port."""
        return self.address[0]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        peer = transport.get_extra_info("peername")
        self.address = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else ("", 0)
        self._inner.connection_made(transport)
        self._await_head()
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Passes bytes on; the first ones after an answer begin the next request."""
        if not self._answering:
            self._await_head()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        """Passes the end on."""
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        """Passes it on; a client that does not read what it asked for is not waited for for ever."""
        loop = asyncio.get_running_loop()
        self._write_deadline = loop.call_later(self._connections.write_seconds, self.transport.abort)
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Passes it on."""
        self._end_write_deadline()
        self._inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        """Ends the deadlines."""
        self._end_deadline()
        self._end_write_deadline()
        self._connections.remove(self)
        self._inner.connection_lost(error)

    def head_is_whole(self) -> None:
        """Ends the deadline; a request's body has its own."""
        self._end_deadline()
        self._answering = True

    def is_answered(self) -> None:
        """The next bytes begin another request."""
        self._answering = False

    def _await_head(self) -> None:
        if self._deadline is None:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self._connections.head_seconds, self.transport.abort)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_write_deadline(self) -> None:
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None


class Tally:
    """Counts what happens often, and says so once in `QUIET_SECONDS`."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._count = 0
        self._next_line = 0.0

    def count(self) -> None:
        """Counts one, and logs the number since the last line if it is time."""
        self._count += 1
        if time.monotonic() >= self._next_line:
            _log.warning(self._line, self._count)
            self._count, self._next_line = 0, time.monotonic() + QUIET_SECONDS


class OnceAWhile(logging.Filter):
    """Lets a kind of record pass once in `QUIET_SECONDS`; its kind is the first line of its text, without values."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record may pass."""
        kind, now = str(record.msg).partition("\n")[0], time.monotonic()
        if now < self._next.get(kind, 0.0):
            return False
        self._next[kind] = now + QUIET_SECONDS
        return True
