"""One HTTP client with one policy, for everything that is fetched.

Only public addresses, also after redirects; limits on size, time and redirects; robots.txt; at most one request a
second to a host; a later second attempt if a server asks for it.  No cookies, no referrer, no proxies.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from embeddings.errors import SourceError
from embeddings.sources.unpacking import Unpacker, UnpackingError
from embeddings.sources.web.addresses import host_of, normal_url, shown
from embeddings.sources.web.politeness import MAX_ROBOTS_BYTES, NAME, Pace, Robots, retry_after

if TYPE_CHECKING:
    from httpcore2 import ConnectionPool, Response

    from embeddings.sources.web.connections import Deadline

_REDIRECTS = (301, 302, 303, 307, 308)
_ROBOTS_KEPT = 3600.0
"""Seconds for which a site's robots.txt counts; the RFC allows a day at most."""
_TRY_AGAIN = (429, 500, 502, 503, 504)
_ACCEPT = "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, application/pdf, */*;q=0.5"
_REASONS = {
    401: "requires a login",
    403: "refuses programs",
    404: "there is no such page; check the address",
    410: "the page is gone for good",
    429: "asks for fewer requests; try again later",
}


@dataclass(frozen=True)
class Limits:
    """What a fetch may take.

    Attributes:
        body_bytes: largest body, unpacked; that of the sitemap protocol.
        seconds: for one request; each redirect is one more.
        silence: seconds without a byte.
        redirects: in a row.
        attempts: if a server fails or asks to try again.
        longest_wait: seconds; a server that asks for more gets no requests for that long.
        interval: least seconds between two requests to a host.
    """

    body_bytes: int = 50_000_000
    seconds: float = 60.0
    silence: float = 15.0
    redirects: int = 5
    attempts: int = 3
    longest_wait: float = 30.0
    interval: float = 1.0


class Fetched(NamedTuple):
    """What came back.

    Attributes:
        url: where it came from, after redirects.
        modified: whether there is a body; False if nothing changed since the validators.
        body: unpacked.
        media_type: in lower case; `text/plain` if the server does not say.
        charset: as the server says, if it does.
        validators: for the next fetch.
    """

    url: str
    modified: bool
    body: bytes
    media_type: str
    charset: str | None
    validators: dict[str, str]


class _Reply(NamedTuple):
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetcher:
    """Fetches from public addresses, within limits and politely.  Any thread may use it; one fetch runs at a time.

    Args:
        allow_private_addresses: also from private, loopback and link-local addresses.
        limits: what a fetch may take.
    """

    def __init__(self, *, allow_private_addresses: bool = False, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._allow_private_addresses = allow_private_addresses
        self._pace = Pace(self.limits.interval)
        self._robots: dict[str, tuple[float, Robots]] = {}
        self._connections: tuple[ConnectionPool, Deadline] | None = None
        self._lock = threading.Lock()

    def fetch(self, url: str, validators: Mapping[str, str] | None = None) -> Fetched:
        """Fetches a page.

        Args:
            url: http(s).
            validators: of an earlier fetch; if nothing has changed since, there is no body.

        Raises:
            SourceError: it may not, cannot or should not be fetched.
        """
        names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
        conditions = {names[name]: value for name, value in (validators or {}).items() if name in names}
        with self._lock:
            reply = self._follow(normal_url(url), conditions, heed_robots=True)
        if reply.status not in (200, 203) and not (reply.status == 304 and conditions):
            reason = _REASONS.get(reply.status, "cannot give the page now; try again later")
            raise SourceError(shown(url), f"{reason} (HTTP {reply.status})")
        kind = Message()
        kind["Content-Type"] = reply.headers.get("content-type", "")
        usable = {name: value for name, value in reply.headers.items() if value.isascii() and value.isprintable()}
        fresh = {name: usable[name] for name in names if len(usable.get(name, "")) in range(1, 1000)}
        modified = reply.status != 304
        validators = fresh if modified else {**(validators or {}), **fresh}
        return Fetched(reply.url, modified, reply.body, kind.get_content_type(), kind.get_content_charset(), validators)

    def close(self) -> None:
        """Closes the connections that are open."""
        if self._connections is not None:
            self._connections[0].close()
            self._connections = None

    def _follow(self, url: str, headers: dict[str, str], *, heed_robots: bool) -> _Reply:
        """The reply at the end of all redirects."""
        first = url
        for _ in range(self.limits.redirects + 1):
            robots = self._robots_of(url) if heed_robots else Robots("")
            if not robots.allows(url):
                raise SourceError(shown(url), "the site's robots.txt asks programs not to fetch this")
            reply = self._try(url, headers, robots.delay)
            if reply.status not in _REDIRECTS or "location" not in reply.headers:
                return reply
            target = reply.headers["location"].encode("latin-1").decode("utf-8", "replace")
            try:
                url = normal_url(urljoin(url, target))
            except SourceError as error:
                raise SourceError(shown(first), f"redirects to {error.source}: {error.reason}") from error
            except ValueError as error:
                raise SourceError(shown(first), "redirects to something that is not an address") from error
        raise SourceError(shown(first), f"redirects more than {self.limits.redirects} times")

    def _robots_of(self, url: str) -> Robots:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        until, robots = self._robots.get(site, (0.0, Robots("")))
        if time.monotonic() >= until:
            try:
                reply = self._follow(f"{site}/robots.txt", {}, heed_robots=False)
            except SourceError as error:
                raise SourceError(shown(url), error.reason) from error  # nor could the page
            if reply.status == 429 or reply.status >= 500:
                reason = f"the site's robots.txt cannot be read now (HTTP {reply.status}); try later"
                raise SourceError(shown(url), reason)
            robots = Robots(reply.body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace") if reply.status == 200 else "")
            now = time.monotonic()
            self._robots = {other: entry for other, entry in self._robots.items() if entry[0] > now}
            self._robots[site] = (now + _ROBOTS_KEPT, robots)
        return robots

    def _try(self, url: str, headers: dict[str, str], delay: float) -> _Reply:
        """One reply; if a server fails or asks to wait, it is asked again a few times."""
        host = host_of(url)
        for attempt in range(1, self.limits.attempts + 1):
            left = self._pace.closed_for(host)
            if left:
                reason = f"{host} gets no more requests for {left:.0f} s, because it asked for that or failed"
                raise SourceError(shown(url), reason)
            self._pace.wait(host, delay)
            reply = self._request(url, headers)
            if reply.status not in _TRY_AGAIN:
                self._pace.succeeded(host)
                return reply
            self._pace.failed(host)
            wait = retry_after(reply.headers.get("retry-after"), time.time())
            wait = self.limits.interval * 2 ** (attempt - 1) if wait is None else wait
            if wait > self.limits.longest_wait:
                self._pace.close(host, wait)
                return reply
            if attempt < self.limits.attempts:
                self._pace.pause(wait)
        return reply

    def _request(self, url: str, headers: dict[str, str]) -> _Reply:
        import httpcore2

        from embeddings.sources.web.connections import ForbiddenAddressError, open_pool

        self._connections = self._connections or open_pool(allow_private_addresses=self._allow_private_addresses)
        pool, deadline = self._connections
        deadline.set(self.limits.seconds)
        timeouts = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self.limits.silence)}
        sent = {"Host": host_of(url), "User-Agent": NAME, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}
        try:
            with pool.stream("GET", url, headers=[*(sent | headers).items()], extensions=timeouts) as response:
                return self._read(url, response)
        except ForbiddenAddressError as error:
            raise SourceError(shown(url), f"{error}; see the setting allow_private_addresses") from error
        except httpcore2.TimeoutException as error:
            self._pace.failed(host_of(url))
            raise SourceError(shown(url), "does not answer in time; try again later") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            self._pace.failed(host_of(url))
            raise SourceError(shown(url), f"cannot be fetched ({str(error) or 'the connection broke'})") from error

    def _read(self, url: str, response: Response) -> _Reply:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status != 200 and response.status != 203:
            return _Reply(url, response.status, headers, b"")
        packing = headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise SourceError(shown(url), f"comes packed as {packing[:40]!r}, which qa-bot did not ask for")
        most = self.limits.body_bytes
        unpacker = Unpacker(most, deflate=packing == "deflate") if packing not in ("identity", "") else None
        body = bytearray()
        try:
            for packed in response.iter_stream():
                for piece in unpacker.feed(packed) if unpacker else (packed,):
                    body += piece
                    if len(body) > most:
                        reason = f"is larger than {most / 10**6:g} MB; fetch it and index the file"
                        raise SourceError(shown(url), reason)
        except UnpackingError as error:
            raise SourceError(shown(url), str(error)) from error
        if unpacker is not None and not unpacker.finished and body:
            raise SourceError(shown(url), "is cut off: its end is missing; try again later")
        return _Reply(url, response.status, headers, bytes(body))
