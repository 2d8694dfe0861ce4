"""Connections to checked addresses, within a time limit.

A name is resolved once, its addresses are checked, and the connection goes to one of them, not to the name again.  So
no name server can answer differently between the check and the connection.  TLS and the `Host` header still go by the
name.  Every read, write and handshake ends at the fetch's deadline, so a server that sends a byte now and then cannot
hold on to it.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

from httpcore2 import ConnectError, ConnectionPool, NetworkBackend, NetworkStream, ReadTimeout, SyncBackend

from embeddings.sources.web.addresses import is_public

_MOST_ADDRESSES = 4


class ForbiddenAddressError(Exception):
    """A host without an address that may be connected to; the message names them."""


class Deadline:
    """The moment at which a fetch ends."""

    def __init__(self) -> None:
        self._at = float("inf")

    def set(self, seconds: float) -> None:
        """Sets it to some seconds from now."""
        self._at = time.monotonic() + seconds

    def within(self, timeout: float | None) -> float:
        """A timeout, in seconds, cut to what is left.

        Raises:
            ReadTimeout: nothing is left.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise ReadTimeout("the time for this fetch is over")
        return left if timeout is None else min(timeout, left)


class CheckedBackend(NetworkBackend):
    """Makes connections to public addresses only, or to any; they end at a deadline."""

    def __init__(self, deadline: Deadline, *, allow_private_addresses: bool) -> None:
        self._deadline = deadline
        self._allow_private_addresses = allow_private_addresses
        self._sockets = SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> NetworkStream:
        """Connects to the first admitted address of a host that answers.

        Raises:
            ForbiddenAddressError: the host has no public address.
            ConnectError: the host has no address, or none that answers.
        """
        failure: Exception = ConnectError(f"there is no host {host}")
        for address in self._admitted(host, port)[:_MOST_ADDRESSES]:
            try:
                stream = self._sockets.connect_tcp(address, port, self._deadline.within(timeout), local_address)
            except ConnectError as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure

    def _admitted(self, host: str, port: int) -> list[str]:
        try:
            answers = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ConnectError(f"there is no host {host}") from error
        addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        admitted = [address for address in addresses if self._allow_private_addresses or is_public(address)]
        if addresses and not admitted:
            place = host if host == addresses[0] else f"{host} is at {addresses[0]}, which"
            raise ForbiddenAddressError(f"{place} is not an address of the public internet")
        return admitted


def open_pool(*, allow_private_addresses: bool) -> tuple[ConnectionPool, Deadline]:
    """Connections that stay open for the next page of a host, and the deadline for all of them."""
    deadline = Deadline()
    backend = CheckedBackend(deadline, allow_private_addresses=allow_private_addresses)
    return ConnectionPool(max_connections=10, keepalive_expiry=5.0, retries=0, network_backend=backend), deadline


class _TimedStream(NetworkStream):
    def __init__(self, stream: NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.within(timeout))
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
