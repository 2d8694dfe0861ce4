"""`qa-bot mcp`: an assistant asks, with the official client, and quotes word for word."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from commands import Command
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from qa_bot import QABot, Settings

QUESTION, ANSWER = "When was Voyager 2 launched?", "August 20, 1977"
TOKEN = "a-secret-of-enough-characters"
Talk = Callable[[Client], Awaitable[Any]]


def environment(settings: Settings) -> dict[str, str]:
    """Of the process that serves."""
    own = {"QA_BOT_DATA_DIR": str(settings.data_dir), "QA_BOT_CACHE_DIR": str(settings.cache_dir)}
    return {**os.environ, **own}


def talk(settings: Settings, what: Talk) -> Any:
    """Starts the server as an assistant does, and talks to it."""
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "qa_bot", "mcp"], env=environment(settings), cwd=str(settings.data_dir)
    )

    async def run() -> Any:
        async with Client(stdio_client(command)) as client:
            return await what(client)

    return anyio.run(run)


@contextmanager
def served(settings: Settings, *, files: int = 1024, **more: str) -> Iterator[str]:
    """A server by HTTP that may have some files open, and its address; it ends when it is told to, and shows no traceback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [sys.executable, "-m", "qa_bot", "mcp", "--http", "--port", str(port)]
    command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *serve]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env={**environment(settings), **more}, cwd=settings.data_dir, stderr=log)
        try:
            until = time.monotonic() + 30
            while not responds(port):
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.terminate()
            assert process.wait(20) == 0
            log.seek(0)
            assert "Traceback" not in log.read()


def responds(port: int) -> bool:
    """Whether a server answers a request, whatever it answers."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return connection.recv(5) == b"HTTP/"
    return False


def test_an_answer_is_quoted_with_its_place_and_its_article(settings: Settings, seed_bot: QABot) -> None:
    async def ask(client: Client) -> Any:
        return await client.call_tool("ask", {"question": QUESTION})

    result = talk(settings, ask)
    answer = result.structured_content
    assert not result.is_error
    assert (answer["verdict"], answer["answer"]["text"]) == ("answered", ANSWER)
    stored = seed_bot.store.articles.get(answer["article"]["id"])
    assert stored
    for part in (answer["answer"], answer["sentence"]):
        assert stored.article.text[part["start"] : part["end"]] == part["text"]
    assert answer["article"]["url"] == stored.article.url


def test_what_the_articles_do_not_say_is_said_so(settings: Settings, seed_bot: QABot) -> None:
    async def ask(client: Client) -> Any:
        return await client.call_tool("ask", {"question": "What did Voyager 2 cost in euros?", "publisher": ["nobody"]})

    answer = talk(settings, ask).structured_content
    assert (answer["verdict"], answer["answer"], answer["missing"]["gap"]) == ("unanswered", None, "publisher")


def test_passages_are_found_and_articles_read_to_their_end(settings: Settings, seed_bot: QABot) -> None:
    async def read(client: Client) -> tuple[list[Any], str, str]:
        found = (await client.call_tool("search", {"words": "smallpox vaccine", "limit": 3})).structured_content
        listed, offset = [], 0
        while offset is not None:
            page = (await client.call_tool("list_articles", {"offset": offset, "limit": 4})).structured_content
            listed += [article["id"] for article in page["articles"]]
            offset = page["next_offset"]
        assert listed == [article.id for article in seed_bot.store.articles.list()]
        text, start = "", 0
        while start is not None:
            part = (await client.call_tool("read_article", {"id": listed[3][:10], "start": start})).structured_content
            text, start = text + part["text"], part["next_start"]
        resource = await client.read_resource(f"article://{listed[3]}")
        return found["passages"], text, resource.contents[0].text

    passages, text, resource = talk(settings, read)
    assert text == resource == seed_bot.store.articles.list()[3].text
    assert passages[0]["article"]["title"] == "The End of Smallpox"
    stored = seed_bot.store.articles.get(passages[0]["article"]["id"])
    assert stored
    assert len(passages) == 3
    assert stored.article.text[passages[0]["start"] : passages[0]["end"]] == passages[0]["text"]


def test_what_cannot_be_done_is_an_error_that_an_assistant_can_read(settings: Settings, seed_bot: QABot) -> None:
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "the question is empty": ("ask", {"question": " \u200b "}),
        "longer than 1,000 characters": ("ask", {"question": "why " * 600}),
        "'2024-13' is not a date": ("ask", {"question": QUESTION, "since": "2024-13"}),
        "no article has the id 'abc'": ("read_article", {"id": "abc"}),
        "no article has the id '../../etc'": ("read_article", {"id": "../../etc"}),
        "less than or equal to": ("search", {"words": "war", "limit": 10_000}),
        "Field required": ("ask", {}),
    }

    async def fail(client: Client) -> dict[str, str]:
        results = {words: await client.call_tool(*call) for words, call in calls.items()}
        assert all(result.is_error for result in results.values())
        assert (await client.call_tool("ask", {"question": QUESTION})).structured_content["answered"], "it goes on"
        return {words: result.content[0].text for words, result in results.items()}  # type: ignore[union-attr]

    for words, text in talk(settings, fail).items():
        assert words in text
        assert "Traceback" not in text


def test_it_serves_by_http_on_this_machine(settings: Settings, seed_bot: QABot) -> None:
    async def ask(address: str) -> Any:
        async with Client(address) as client:
            return (await client.call_tool("ask", {"question": QUESTION})).structured_content["answer"]["text"]

    with served(settings) as address:
        assert anyio.run(ask, address) == ANSWER
        assert status(address, Host="attacker.example") in (403, 421), "a page in a browser that rebinds its name"


def test_a_token_is_needed_where_one_is_set(settings: Settings, seed_bot: QABot) -> None:
    with served(settings, QA_BOT_TOKEN=TOKEN) as address:
        assert status(address) == 401
        assert status(address, Authorization=f"Bearer {TOKEN[:-1]}") == 401
        assert status(address, Authorization=f"Bearer {TOKEN}") == 200


def exchange(address: str, sent: bytes, seconds: float = 10) -> bytes:
    """What comes back until the server closes the connection, at most; it may do so at any moment."""
    port, received = int(address.rsplit(":", 1)[1].split("/")[0]), b""
    with socket.create_connection(("127.0.0.1", port), seconds) as connection, suppress(ConnectionError):
        connection.sendall(sent)
        while part := connection.recv(65536):
            received += part
    return received


POST = (
    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Accept: application/json, text/event-stream\r\n"
)


def test_strangers_who_hold_connections_leave_room_for_others(settings: Settings, seed_bot: QABot) -> None:
    with served(settings, files=128) as address, ExitStack() as held:
        port = int(address.rsplit(":", 1)[1].split("/")[0])
        for number in range(200):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", port), 10))
            with suppress(ConnectionError):
                connection.sendall((b"", b"GET / HT", POST + b"Content-Length: 9\r\n\r\n{")[number % 3])
        assert status(address) == 200


@pytest.mark.parametrize("sent", [b"", b"POST /mcp HT", POST + b"Content-Length: 9\r\n\r\n{"], ids=["", "head", "body"])
def test_what_is_not_finished_has_a_deadline(settings: Settings, seed_bot: QABot, sent: bytes) -> None:
    with served(settings) as address:
        assert exchange(address, sent).partition(b"\r\n")[0] in (b"", b"HTTP/1.1 408 Request Timeout")
        assert status(address) == 200


def test_what_is_too_large_or_no_request_is_refused_shortly(settings: Settings, seed_bot: QABot) -> None:
    endless = (
        POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + b"40000\r\n" + b"a" * 0x40000 + b"\r\n"
    )
    with served(settings) as address:
        for sent in (
            endless,
            POST + b"Connection: close\r\nContent-Length: 9000000\r\n\r\n",
            POST + b"Connection: close\r\nContent-Length: 90000\r\n\r\n" + b"[" * 90_000,
            b"GET /mcp HTTP/1.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
            bytes(range(256)) * 20,
        ):
            answer = exchange(address, sent)
            assert answer == b"" or answer.split(b" ", 2)[1] in (b"400", b"408", b"413", b"431"), answer[:300]
            assert len(answer) < 1000
            assert b"uvicorn" not in answer
        assert status(address) == 200


def test_the_articles_are_resources(settings: Settings, seed_bot: QABot) -> None:
    async def read(client: Client) -> tuple[list[Any], str]:
        listed = (await client.list_resources()).resources
        contents = (await client.read_resource(listed[0].uri)).contents
        return listed, contents[0].text  # type: ignore[union-attr]

    listed, text = talk(settings, read)
    newest = seed_bot.store.articles.list()
    assert [(resource.uri, resource.title) for resource in listed] == [(f"article://{a.id}", a.title) for a in newest]
    assert text == newest[0].text


def test_a_call_that_is_given_up_leaves_the_server_free(settings: Settings, seed_bot: QABot) -> None:
    async def ask(client: Client) -> Any:
        with anyio.move_on_after(0.01):
            await client.call_tool("ask", {"question": QUESTION})
        return await client.call_tool("ask", {"question": QUESTION})

    assert talk(settings, ask).structured_content["answer"]["text"] == ANSWER


def status(address: str, **headers: str) -> int:
    """The status of a request for the tools."""
    request = urllib.request.Request(
        address,
        b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", '
        b'"capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}',
        {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(
    ("arguments", "token", "words"),
    [
        (["--http", "--host", "0.0.0.0"], "", "others can reach it; set QA_BOT_TOKEN"),
        (["--http", "--host", "news.example"], "", "others can reach it; set QA_BOT_TOKEN"),
        (["--http"], "short", "QA_BOT_TOKEN: shorter than 16 characters"),
        (["--port", "http"], "", "'http' is not a whole number"),
        (["--http", "--port", "70000"], "", "cannot listen on 127.0.0.1:70000 (a port is from 0 to 65535)"),
        (["--http", "--host", "192.0.2.1"], TOKEN, "cannot listen on 192.0.2.1:8000"),
    ],
)
def test_what_would_be_open_to_others_is_refused(
    tmp_path: Path, cache_dir: Path, arguments: list[str], token: str, words: str
) -> None:
    done = Command(tmp_path, cache_dir, tmp_path / "data")("mcp", *arguments, environment={"QA_BOT_TOKEN": token})
    assert done.code == 2
    assert words in done.lines[-1]


def test_without_the_sdk_the_error_says_what_to_install(tmp_path: Path, cache_dir: Path) -> None:
    hide = "import importlib.util as u; f = u.find_spec; u.find_spec = lambda n, *a: None if n == 'mcp' else f(n, *a)"
    code = f"{hide}\nfrom qa_bot.cli import main\nraise SystemExit(main(['mcp']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert re.search(r"needs the SDK .*; run: pip install 'qa-bot\[mcp\]'", done.stderr)
