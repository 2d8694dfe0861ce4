"""How fast a host is asked, and when it is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

_FAILURES = 3
_REST = 300.0


class Pace:
    """Keeps requests to a host apart, and leaves a host alone that asked for it or that keeps failing.

    Args:
        interval: least seconds between two requests to a host.
        sleep: waits; for tests.
    """

    def __init__(self, interval: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self._interval = interval
        self._sleep = sleep
        self._next: dict[str, float] = {}
        self._closed_until: dict[str, float] = {}
        self._failures: dict[str, int] = {}

    def wait(self, host: str, delay: float = 0.0) -> None:
        """Waits until the host may be asked again.

        Args:
            host: whom to ask.
            delay: seconds between requests that the host itself wishes for, if more than ours.
        """
        left = self._next.get(host, 0.0) - time.monotonic()
        if left > 0:
            self._sleep(left)
        self._next[host] = time.monotonic() + max(self._interval, delay)

    def pause(self, seconds: float) -> None:
        """Waits before a second attempt."""
        self._sleep(seconds)

    def close(self, host: str, seconds: float) -> None:
        """Leaves a host alone for some time."""
        self._closed_until[host] = time.monotonic() + seconds

    def closed_for(self, host: str) -> float:
        """Seconds for which the host is still left alone, 0 if it is not."""
        return max(0.0, self._closed_until.get(host, 0.0) - time.monotonic())

    def succeeded(self, host: str) -> None:
        """Notes that a host answered."""
        self._failures.pop(host, None)

    def failed(self, host: str) -> None:
        """Notes that a host did not answer; after three times in a row it is left alone for five minutes."""
        self._failures[host] = self._failures.get(host, 0) + 1
        if self._failures[host] >= _FAILURES:
            self.close(host, _REST)
            del self._failures[host]


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a `Retry-After` header asks for: a number of them, or a moment.

    Args:
        value: the header.
        now: seconds since the epoch.
    """
    if value is None:
        return None
    if value.strip().isdecimal() and len(value) < 10:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None
