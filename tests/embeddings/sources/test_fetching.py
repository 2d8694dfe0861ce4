"""Fetching from a real server on loopback: what is refused, what is waited for, what is given up."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from embeddings.errors import SourceError
from embeddings.sources.web import connections
from embeddings.sources.web.addresses import is_public
from embeddings.sources.web.fetcher import Fetcher, Limits
from embeddings.sources.web.politeness import Pace, retry_after

PAGE = "<p>The harbour reopened.</p>"


@pytest.fixture
def careful(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetcher]:
    """A fetcher that keeps to public addresses, among which 127.0.0.1, and it alone of its kind, is counted."""
    monkeypatch.setattr(connections, "is_public", lambda address: address == "127.0.0.1" or is_public(address))
    made = Fetcher(limits=Limits(interval=0.0, silence=1.0, seconds=3.0))
    yield made
    made.close()


def refusal(fetcher: Fetcher, url: str) -> str:
    """Why a page cannot be fetched."""
    with pytest.raises(SourceError) as raised:
        fetcher.fetch(url)
    assert "\n" not in raised.value.reason
    return str(raised.value)


def names(monkeypatch: pytest.MonkeyPatch, **addresses: list[str]) -> None:
    """Lets names lead to addresses; DNS is outside the machine."""
    known = {name.replace("_", "."): ips for name, ips in addresses.items()}
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *given: Any, **named: Any) -> Any:
        if host not in known:
            return real(host, port, *given, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


# -- what comes back ---------------------------------------------------------------------------------------------------


def test_a_page_comes_with_its_type_and_validators(site: Any, fetcher: Fetcher) -> None:
    site.pages["/a"] = lambda request: request.reply(PAGE, etag='"1"', content_type="Text/HTML; charset=ISO-8859-1")
    fetched = fetcher.fetch(site.url("/a?b=ü#part"))
    assert (fetched.body, fetched.media_type, fetched.charset) == (PAGE.encode(), "text/html", "iso-8859-1")
    assert (fetched.url, fetched.modified) == (site.url("/a?b=%C3%BC"), True)
    assert fetched.validators == {"etag": '"1"'}
    path, headers = site.requests[-1]
    assert path == "/a?b=%C3%BC"
    assert headers["host"] == site.url("").removeprefix("http://")
    assert headers["user-agent"] == "qa_bot"
    assert {"cookie", "referer", "authorization"}.isdisjoint(headers)


def test_a_page_that_has_not_changed_is_not_sent_again(site: Any, fetcher: Fetcher) -> None:
    def page(request: Any) -> None:
        same = request.headers["If-None-Match"] == '"1"' and request.headers["If-Modified-Since"] == "yesterday"
        request.reply(b"" if same else PAGE, status=304 if same else 200, etag='"1"', last_modified="yesterday")

    site.pages["/a"] = page
    first = fetcher.fetch(site.url("/a"))
    second = fetcher.fetch(site.url("/a"), first.validators)
    assert (first.modified, second.modified, second.body) == (True, False, b"")
    assert second.validators == first.validators
    assert "304" not in refusal(fetcher, site.url("/b"))


@pytest.mark.parametrize(
    ("packing", "body"),
    [
        ("gzip", gzip.compress(PAGE.encode(), mtime=0)),
        ("x-gzip", gzip.compress(PAGE.encode(), mtime=0)),
        ("deflate", zlib.compress(PAGE.encode())),
        ("deflate", zlib.compress(PAGE.encode())[2:-4]),
        ("identity", PAGE.encode()),
    ],
)
def test_packed_pages_are_unpacked(site: Any, fetcher: Fetcher, packing: str, body: bytes) -> None:
    site.pages["/a"] = lambda request: request.reply(body, content_encoding=packing)
    assert fetcher.fetch(site.url("/a")).body == PAGE.encode()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "requires a login (HTTP 401)"),
        (403, "refuses programs (HTTP 403)"),
        (404, "there is no such page; check the address (HTTP 404)"),
        (410, "the page is gone for good (HTTP 410)"),
        (418, "cannot give the page now; try again later (HTTP 418)"),
        (204, "cannot give the page now; try again later (HTTP 204)"),
        (304, "cannot give the page now; try again later (HTTP 304)"),
    ],
)
def test_what_a_server_refuses_is_said_in_words(site: Any, fetcher: Fetcher, status: int, reason: str) -> None:
    site.pages["/a"] = lambda request: request.reply(b"", status=status)
    assert refusal(fetcher, site.url("/a")) == f"{site.url('/a')}: {reason}"


# -- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "2130706433", "0x7f.1", "127.1", "0177.0.0.1"]
)
def test_this_machine_is_not_fetched_from_however_it_is_written(site: Any, host: str) -> None:
    fetcher = Fetcher(limits=Limits(interval=0.0, silence=1.0))
    reason = refusal(fetcher, site.url("/a", host))
    assert (
        "not an address of the public internet; see the setting allow_private_addresses" in reason
        or "no host" in reason
    )
    assert site.requests == []


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:7f00:1::]/",
        "http://100.64.0.1/",
        "//192.168.1.1/",
    ],
)
def test_a_redirect_to_a_private_address_is_not_followed(site: Any, careful: Fetcher, target: str) -> None:
    site.pages["/a"] = lambda request: request.reply(b"", status=302, location=target)
    assert "not an address of the public internet" in refusal(careful, site.url("/a"))


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://a.example/", "gopher://a.example/", "http://a:b@a.example/",
                                    "http://a.example:25/", "http://[::1", "javascript:alert(1)"])  # fmt: skip
def test_a_redirect_to_what_is_no_web_page_is_not_followed(site: Any, careful: Fetcher, target: str) -> None:
    site.pages["/a"] = lambda request: request.reply(b"", status=301, location=target)
    assert refusal(careful, site.url("/a")).startswith(f"{site.url('/a')}: redirects to ")


def test_a_name_is_judged_by_where_it_leads(careful: Fetcher, site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, inside_example=["10.0.0.1", "192.168.0.1"], mixed_example=["10.0.0.1", "127.0.0.1"])
    assert "inside.example is at 10.0.0.1, which is not" in refusal(careful, site.url("/a", "inside.example"))
    site.pages["/a"] = PAGE
    assert careful.fetch(site.url("/a", "mixed.example")).body == PAGE.encode()
    assert site.requests[-1][1]["host"] == site.url("", "mixed.example").removeprefix("http://")


def test_a_name_that_leads_elsewhere_the_second_time_gains_nothing(
    careful: Fetcher, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["127.0.0.1", "169.254.169.254"])
    connected: list[str] = []
    resolve, connect = socket.getaddrinfo, socket.create_connection

    def rebinding(host: str, port: int, *given: Any, **named: Any) -> Any:
        return resolve(next(answers) if host == "rebinding.example" else host, port, *given, **named)

    def connecting(place: tuple[str, int], *given: Any, **named: Any) -> socket.socket:
        connected.append(place[0])
        return connect(place, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", connecting)
    site.pages |= {"/robots.txt": b"", "/a": PAGE}
    assert careful.fetch(site.url("/a", "rebinding.example")).body == PAGE.encode()
    careful.close()
    assert "rebinding.example is at 169.254.169.254" in refusal(careful, site.url("/a", "rebinding.example"))
    assert set(connected) == {"127.0.0.1"}


def test_tls_asks_for_the_name_not_for_the_address(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda connection, name, _: asked.append(name)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as client, pytest.raises(ssl.SSLError):
                context.wrap_socket(client, server_side=True)

        thread = threading.Thread(target=serve)
        thread.start()
        names(monkeypatch, news_example=["127.0.0.1"])
        reason = refusal(fetcher, f"https://news.example:{server.getsockname()[1]}/")
        thread.join()
    assert asked == ["news.example"]
    assert "cannot be fetched" in reason


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://user:secret@news.example/", "http://news.example/: contains a user name or password"),
        ("http://news.example:22/", "port 22 is not one that web servers use"),
        ("file:///etc/passwd", "only http and https addresses are fetched"),
        ("http://news.example/" + "a" * 3000, "is longer than 2000 characters"),
        ("http://news\u202e.example/", "is not a usable address"),
        ("http://a b.example/", "is not a usable address"),
        ("http:///a", "has no host name"),
    ],
)
def test_what_is_no_address_of_a_page_is_refused(fetcher: Fetcher, url: str, reason: str) -> None:
    message = refusal(fetcher, url)
    assert reason in message
    assert "secret" not in message


def test_a_host_that_is_not_there_is_named(fetcher: Fetcher, site: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "cannot be fetched" in refusal(fetcher, f"http://127.0.0.1:{port}/")
    assert "there is no host nowhere.invalid" in refusal(fetcher, "http://nowhere.invalid/")


# -- limits ------------------------------------------------------------------------------------------------------------


def test_redirects_are_followed_a_few_times(site: Any, fetcher: Fetcher) -> None:
    site.pages["/0"] = lambda request: request.reply(b"", status=301, location="/1")
    site.pages["/1"] = lambda request: request.reply(b"", status=307, location=site.url("/2", "localhost"))
    site.pages["/2"] = PAGE
    assert fetcher.fetch(site.url("/0")).url == site.url("/2", "localhost")


def test_a_redirect_loop_ends(site: Any, fetcher: Fetcher) -> None:
    site.pages["/a"] = lambda request: request.reply(b"", status=302, location="/a?again")
    assert "redirects more than 5 times" in refusal(fetcher, site.url("/a"))
    assert site.asked("/a") == 6


def endless(piece: bytes, pause: float = 0.0, head: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Callable[[Any], None]:
    """Sends something again and again, until the other side hangs up."""

    def answer(request: Any) -> None:
        request.close_connection = True
        request.wfile.write(head)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            request.wfile.write(piece)
            time.sleep(pause)

    return answer


def test_an_endless_body_is_cut_at_the_limit(site: Any, fetcher: Fetcher) -> None:
    site.pages["/a"] = endless(b"a" * 65_536)
    assert "is larger than 1 MB; fetch it and index the file" in refusal(fetcher, site.url("/a"))


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_a_body_or_a_header_that_comes_byte_by_byte_ends_at_the_deadline(
    site: Any, fetcher: Fetcher, head: bytes
) -> None:
    site.pages["/robots.txt"] = b""
    site.pages["/a"] = endless(b"a", 0.05, head)
    began = time.monotonic()
    assert "does not answer in time" in refusal(fetcher, site.url("/a"))
    assert time.monotonic() - began < 10


def test_a_server_that_says_nothing_is_given_up(site: Any, fetcher: Fetcher) -> None:
    site.pages["/a"] = lambda request: time.sleep(3)
    assert "does not answer in time" in refusal(fetcher, site.url("/a"))


def test_endless_headers_are_refused(site: Any, fetcher: Fetcher) -> None:
    site.pages["/a"] = endless(b"X-More: " + b"a" * 1000 + b"\r\n", head=b"HTTP/1.1 200 OK\r\n")
    assert "cannot be fetched" in refusal(fetcher, site.url("/a"))


@pytest.mark.parametrize(
    ("packing", "body", "reason"),
    [
        ("gzip", gzip.compress(bytes(200_000_000), 1, mtime=0), "unpacks to far more"),
        ("deflate", zlib.compress(bytes(200_000_000), 1), "unpacks to far more"),
        ("gzip", gzip.compress(PAGE.encode(), mtime=0)[:-8], "is cut off"),
        ("gzip", b"no gzip", "is damaged"),
        ("deflate", b"\xff\xff no deflate", "is damaged"),
        ("gzip, gzip", gzip.compress(gzip.compress(PAGE.encode(), mtime=0), mtime=0), "comes packed as 'gzip, gzip'"),
        ("br", b"\x0b\x02\x80brotli\x03", "comes packed as 'br'"),
    ],
    ids=["gzip bomb", "deflate bomb", "cut off", "no gzip", "no deflate", "twice", "brotli"],
)
def test_bombs_and_damaged_bodies_are_refused(
    site: Any, fetcher: Fetcher, packing: str, body: bytes, reason: str
) -> None:
    site.pages["/a"] = lambda request: request.reply(body, content_encoding=packing)
    assert reason in refusal(fetcher, site.url("/a"))


def test_a_body_that_ends_too_early_is_refused(site: Any, fetcher: Fetcher) -> None:
    def page(request: Any) -> None:
        request.close_connection = True
        request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")

    site.pages["/a"] = page
    assert "cannot be fetched" in refusal(fetcher, site.url("/a"))


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"\x00" * 100, b"HTTP/1.1 999999 X\r\n\r\n"])
def test_what_is_no_http_is_refused(site: Any, fetcher: Fetcher, answer: bytes) -> None:
    def page(request: Any) -> None:
        request.close_connection = True
        request.wfile.write(answer)

    site.pages["/a"] = page
    assert "cannot be fetched" in refusal(fetcher, site.url("/a"))


# -- politeness --------------------------------------------------------------------------------------------------------


def test_robots_txt_is_asked_for_once_and_kept_to(site: Any, fetcher: Fetcher) -> None:
    site.pages |= {"/robots.txt": "User-agent: *\nDisallow: /private", "/a": PAGE, "/private/a": PAGE}
    assert fetcher.fetch(site.url("/a")).body == PAGE.encode()
    assert "robots.txt asks programs not to fetch this" in refusal(fetcher, site.url("/private/a"))
    assert (site.asked("/robots.txt"), site.asked("/private/a")) == (1, 0)


def test_robots_txt_is_asked_for_again_in_time_and_not_kept_longer(
    site: Any, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.sources.web.fetcher._ROBOTS_KEPT", 0.2)
    site.pages |= {"/robots.txt": "User-agent: *\nDisallow: /private", "/a": PAGE}
    for host in ("localhost", "127.0.0.1"):
        fetcher.fetch(site.url("/a", host))
    time.sleep(0.3)
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /a"
    assert "robots.txt asks programs not to fetch this" in refusal(fetcher, site.url("/a"))
    assert site.asked("/robots.txt") == 3
    assert len(fetcher._robots) == 1


def test_robots_txt_counts_after_a_redirect_too(site: Any, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = "User-agent: qa_bot\nDisallow: /private"
    site.pages["/a"] = lambda request: request.reply(b"", status=302, location="/private")
    assert "robots.txt asks" in refusal(fetcher, site.url("/a"))


def test_a_site_whose_robots_txt_fails_is_left_alone(site: Any, fetcher: Fetcher) -> None:
    site.pages |= {"/robots.txt": lambda request: request.reply(b"", status=503), "/a": PAGE}
    assert "robots.txt cannot be read now (HTTP 503)" in refusal(fetcher, site.url("/a"))
    assert site.asked("/a") == 0


def test_too_many_requests_are_tried_again_when_the_server_says(site: Any, fetcher: Fetcher) -> None:
    moments: list[float] = []

    def page(request: Any) -> None:
        moments.append(time.monotonic())
        busy = len(moments) == 1
        request.reply(b"" if busy else PAGE, status=429 if busy else 200, retry_after="1")

    site.pages["/a"] = page
    assert fetcher.fetch(site.url("/a")).body == PAGE.encode()
    assert moments[1] - moments[0] >= 1


def test_a_server_that_wants_to_be_left_alone_for_long_is(site: Any, fetcher: Fetcher) -> None:
    site.pages["/a"] = lambda request: request.reply(b"", status=429, retry_after="3600")
    assert "asks for fewer requests; try again later (HTTP 429)" in refusal(fetcher, site.url("/a"))
    assert "gets no more requests for 3" in refusal(fetcher, site.url("/b"))
    assert (site.asked("/a"), site.asked("/b")) == (1, 0)


def test_a_server_that_keeps_failing_is_given_up_and_left_alone(site: Any, fetcher: Fetcher) -> None:
    site.pages["/a"] = lambda request: request.reply(b"", status=500)
    assert "cannot give the page now; try again later (HTTP 500)" in refusal(fetcher, site.url("/a"))
    assert site.asked("/a") == 3
    assert "gets no more requests for" in refusal(fetcher, site.url("/b"))


def test_requests_to_a_host_are_apart(site: Any) -> None:
    site.pages |= {"/robots.txt": "User-agent: *\nCrawl-delay: 0.4", "/a": PAGE, "/b": PAGE}
    fetcher = Fetcher(allow_private_addresses=True, limits=Limits(interval=0.2))
    began = time.monotonic()
    for path in ("/a", "/b", "/a"):  # after robots.txt
        fetcher.fetch(site.url(path))
    fetcher.close()
    assert time.monotonic() - began >= 0.2 + 0.4 + 0.4


def test_hosts_do_not_wait_for_each_other() -> None:
    slept: list[float] = []
    pace = Pace(10.0, slept.append)
    for host in ("a", "b", "c"):
        pace.wait(host)
    assert slept == []
    pace.wait("a")
    assert 9 < slept[0] <= 10


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), (" 0 ", 0), ("Thu, 29 Feb 2024 13:05:30 GMT", 30), ("Thu, 29 Feb 2024 13:04:00 GMT", 0), ("soon", None),
     ("-1", None), ("1e9", None), ("99999999999", None), (None, None)],
)  # fmt: skip
def test_what_retry_after_asks_for(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, 1709211900.0) == seconds
