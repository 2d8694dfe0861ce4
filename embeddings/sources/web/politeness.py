"""What a site may expect from programs: they follow its robots.txt, pause between requests, and stop when it fails."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from protego import Protego

NAME = "qa_bot"
"""What sites call this program in their robots.txt, and what it calls itself."""
MAX_ROBOTS_BYTES = 500_000
"""How much of a robots.txt is read, as RFC 9309 says."""
_USER_AGENT = re.compile(r"\s*user(?:-|\s+)?agent(?:\s*:|\s)\s*(\S.*)", re.IGNORECASE)
_LONGEST_DELAY = 30.0
_FAILURES = 3
_REST = 300.0


class Robots:
    r"""What a site's robots.txt lets this program fetch, after RFC 9309.

    Args:
        text: its robots.txt; an empty one allows everything.

    Attributes:
        delay: seconds that the site wants between two requests, 0 to 30.

    Example:
        >>> robots = Robots("User-agent: *\nDisallow: /private/\nAllow: /private/*.html$")
        >>> robots.allows("https://news.example/private/a.html"), robots.allows("https://news.example/private/")
        (True, False)
    """

    def __init__(self, text: str) -> None:
        self._rules = Protego.parse("\n".join(map(_for_us_or_others, text[:MAX_ROBOTS_BYTES].splitlines())))
        delay = self._rules.crawl_delay(NAME) or 0.0
        self.delay = max(0.0, min(delay, _LONGEST_DELAY))

    def allows(self, url: str) -> bool:
        """Whether the page may be fetched: the rule with the longest path decides, `Allow` between equals."""
        return self._rules.can_fetch(url, NAME)


def _for_us_or_others(line: str) -> str:
    """A line of a robots.txt in which all other programs have one name.

    protego keeps every rule once per program, so a file of 100 KB with thousands of names and rules would take a minute and
    all memory.
    """
    match = _USER_AGENT.match(line.partition("#")[0])
    if match is None:
        return line
    name = match[1].lower().partition("/")[0].strip()
    return f"User-agent: {name if name in (NAME, '*') else 'other'}"


class Pace:
    """Waits some seconds between two requests to a host, and sends none to a host that asked for that or keeps failing."""

    def __init__(self, interval: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self._interval = interval
        self._sleep = sleep
        self._next: dict[str, float] = {}
        self._closed_until: dict[str, float] = {}
        self._failures: dict[str, int] = {}

    def wait(self, host: str, delay: float = 0.0) -> None:
        """Waits until the host may be asked again; the delay is the seconds between requests that it asks for."""
        left = self._next.get(host, 0.0) - time.monotonic()
        if left > 0:
            self._sleep(left)
        self._next[host] = time.monotonic() + max(self._interval, delay)

    def pause(self, seconds: float) -> None:
        """Waits before a second attempt."""
        self._sleep(seconds)

    def close(self, host: str, seconds: float) -> None:
        """Sends a host nothing for some seconds."""
        self._closed_until[host] = time.monotonic() + seconds

    def closed_for(self, host: str) -> float:
        """Seconds until the host may get requests again, 0 if it may now."""
        return max(0.0, self._closed_until.get(host, 0.0) - time.monotonic())

    def succeeded(self, host: str) -> None:
        """Notes that a host answered."""
        self._failures.pop(host, None)

    def failed(self, host: str) -> None:
        """Notes that a host did not answer; after three times in a row it gets no requests for five minutes."""
        self._failures[host] = self._failures.get(host, 0) + 1
        if self._failures[host] >= _FAILURES:
            self.close(host, _REST)
            del self._failures[host]


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a `Retry-After` header asks for, as a number or as a moment; `now` is in seconds since 1970."""
    if value is None:
        return None
    if value.strip().isdecimal() and len(value) < 10:
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None
