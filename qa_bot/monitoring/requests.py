"""The id of the request that is being worked on, which all log lines about it carry, from its arrival to its answer."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

ID_CHARS = 12

_current: ContextVar[str] = ContextVar("request", default="")


def current_request() -> str:
    """The id of the request, 12 hexadecimal digits; empty outside requests."""
    return _current.get()


@contextmanager
def request(key: str = "") -> Iterator[str]:
    """Works on a request within the block; threads that are to know it need a copy of the context.

    Args:
        key: names the request; the same key gives the same id, when it is delivered or begun again.  Empty for a new id.
    """
    identity = hashlib.sha256(key.encode()).hexdigest()[:ID_CHARS] if key else secrets.token_hex(ID_CHARS // 2)
    token = _current.set(identity)
    try:
        yield identity
    finally:
        _current.reset(token)
