"""Whatever a request says, it is answered or refused, and never breaks anything."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot import QABot
from qa_bot.serve.server import Server

pytestmark = pytest.mark.fuzz

PATHS = ("/", "/ask", "/search", "/articles", "/articles/{}", "/article/{}", "/assets/{}", "/healthz", "/{}")
FIELDS = ("q", "publisher", "source", "since", "until", "limit", "offset", "start", "end")
REFUSALS = (400, 404, 405, 408, 413, 421)
NUMBERS = st.integers().map(str)
WORDS = (
    st.text(max_size=40)
    | NUMBERS
    | st.sampled_from(["2024", "2024-02-30", "9999-12-31", "0000", "*", "Reuters", "war"])
)
BODIES = st.recursive(
    st.none() | st.booleans() | st.floats() | WORDS, lambda s: st.lists(s) | st.dictionaries(WORDS, s)
)
QUESTIONS = st.dictionaries(
    st.sampled_from(["question", "publisher", "source", "since", "until"]), BODIES | st.lists(WORDS)
)


@pytest.fixture(scope="module")
def port(seed_bot: QABot) -> Iterator[int]:
    """Of a server in a thread."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = Server(seed_bot, hosts=("localhost",)).serve(listening, stop)
        thread = threading.Thread(target=loop.run_until_complete, args=(serving,))
        thread.start()
        yield listening.getsockname()[1]
        loop.call_soon_threadsafe(stop.set)
        thread.join()
    loop.close()


def status(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
    """The status of a response, which must be JSON with an error, or what was asked for."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {"Host": "localhost", **headers})
        response = connection.getresponse()
        content = response.read()
        if response.status != 200 and response.headers["Content-Type"].startswith("application/json"):
            assert json.loads(content).keys() == {"error"}
        return response.status
    finally:
        connection.close()


@given(st.sampled_from(PATHS), WORDS, st.lists(st.tuples(st.sampled_from(FIELDS), WORDS), max_size=4))
def test_any_address_is_answered_or_refused(port: int, path: str, name: str, fields: list[tuple[str, str]]) -> None:
    query = "&".join(f"{field}={quoted(value)}" for field, value in fields)
    assert status(port, "GET", f"{path.format(quoted(name))}?{query}") in (200, *REFUSALS)


@given(QUESTIONS | BODIES)
def test_any_body_is_answered_or_refused(port: int, body: object) -> None:
    sent = json.dumps(body).encode()
    assert status(port, "POST", "/ask", sent, **{"Content-Type": "application/json"}) in (200, *REFUSALS)


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"POST /ask HTTP/1.1\r\n"])
)
def test_any_bytes_leave_the_server_as_it_was(port: int, sent: bytes, before: bytes) -> None:
    with suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(before + sent)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
    assert status(port, "GET", "/healthz") == 200


def quoted(words: str) -> str:
    """Words in an address, whatever they are."""
    return quote(words.encode("utf-8", "surrogatepass"), safe="")
