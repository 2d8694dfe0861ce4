"""`qa-bot serve` under pressure: strangers who hold connections, send slowly, send nonsense, or ask all at once."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import aiohttp
import pytest

from qa_bot import QABot
from qa_bot.http.turns import BusyError, Turns
from qa_bot.serve.server import Limits, Server

QUESTION, ANSWER = "When was Voyager 2 launched?", "August 20, 1977"
HEAD = b"Host: localhost\r\n"
BODY = json.dumps({"question": QUESTION}).encode()
POST = b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

Story = Callable[[int], Awaitable[None]]


@asynccontextmanager
async def serving(bot: QABot, limits: Limits) -> AsyncIterator[int]:
    """A server in this process, and its port."""
    stop = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.ensure_future(Server(bot, limits=limits).serve(listening, stop))
        try:
            yield listening.getsockname()[1]
        finally:
            stop.set()
            await task


def play(bot: QABot, story: Story, limits: Limits | None = None) -> None:
    """Plays a story against a server."""

    async def run() -> None:
        async with asyncio.timeout(90), serving(bot, limits or Limits()) as port:
            await story(port)

    asyncio.run(run())


async def exchange(port: int, sent: bytes, seconds: float = 30) -> bytes:
    """What comes back until the server closes the connection; nothing if it resets it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        async with asyncio.timeout(seconds):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def holding(port: int, sent: bytes, count: int) -> AsyncIterator[None]:
    """Connections of a stranger that send some bytes, and then nothing."""
    async with AsyncExitStack() as held:
        for _ in range(count):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            held.callback(writer.close)
            with suppress(ConnectionError):
                writer.write(sent)
                await writer.drain()
        yield


@pytest.mark.parametrize(
    "request_",
    [b"GET /?q=When+was+Voyager+2+launched HTTP/1.1\r\n" + HEAD + b"\r\n", POST + b"Content-Length: %d\r\n\r\n"],
)
def test_who_waits_for_an_answer_is_not_displaced_by_those_who_hold_connections(
    seed_bot: QABot, request_: bytes
) -> None:
    asked = request_ % len(BODY) + BODY if request_.startswith(b"POST") else request_

    async def story(port: int) -> None:
        answers = [asyncio.ensure_future(read_answer(port, asked)) for _ in range(6)]
        await asyncio.sleep(0.1)
        async with holding(port, b"GET / HTTP/1.1\r\nHo", 40):
            for answer in await asyncio.gather(*answers):
                assert answer.startswith(b"HTTP/1.1 200 OK")
                assert ANSWER.encode() in answer

    play(seed_bot, story, Limits(workers=1, connections=12))


async def read_answer(port: int, sent: bytes) -> bytes:
    """One response on a connection that the server keeps open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        return head + await reader.readexactly(int(length.split(b":")[1]))
    finally:
        writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-"])
def test_half_a_head_has_a_deadline(seed_bot: QABot, sent: bytes) -> None:
    async def story(port: int) -> None:
        assert await exchange(port, sent, 10) == b""

    play(seed_bot, story, Limits(head_seconds=0.2))


@pytest.mark.parametrize(
    "sent", [b"Content-Length: 50\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"], ids=["length", "chunks"]
)
def test_half_a_body_has_a_deadline(seed_bot: QABot, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr("qa_bot.serve.requests.BODY_SECONDS", 0.2)

    async def story(port: int) -> None:
        assert (await exchange(port, POST + sent)).startswith(b"HTTP/1.1 408 ")

    play(seed_bot, story)


def test_who_does_not_read_what_they_asked_for_is_disconnected(seed_bot: QABot) -> None:
    async def story(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setblocking(False)
            loop, many = asyncio.get_running_loop(), b"GET /openapi.json HTTP/1.1\r\n" + HEAD + b"\r\n"
            with pytest.raises(ConnectionError):
                await loop.sock_sendall(connection, many * 100_000)  # more than fits anywhere

    play(seed_bot, story, Limits(write_seconds=0.3))


NONSENSE = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400),
    "a long head": (b"GET / HTTP/1.1\r\n" + HEAD + b"X: " + b"a" * 100_000 + b"\r\n\r\n", 400),
    "many headers": (b"GET / HTTP/1.1\r\n" + HEAD + b"".join(b"X%d: a\r\n" % n for n in range(20_000)) + b"\r\n", 400),
    "a long address": (b"GET /?q=" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
    "two lengths": (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a negative length": (POST + b"Content-Length: -5\r\n\r\n{}", 400),
    "no chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "an endless chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n" + b"a" * 300_000, 413),
    "a packed body that is none": (POST + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde", 400),
    "a deep body": (POST + b"Connection: close\r\nContent-Length: 90000\r\n\r\n" + b"[" * 90_000, 400),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "all bytes": (bytes(range(256)) * 20, 400),
    "raw letters": ("GET /?q=é HTTP/1.1\r\n".encode() + HEAD + b"\r\n", 400),
    "another's address": (b"GET http://evil.example/ HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n", 421),
    "a tunnel": (b"CONNECT evil.example:443 HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n", 421),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_what_is_no_request_gets_a_short_answer_that_tells_nothing(
    seed_bot: QABot, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent, status = NONSENSE[name]

    async def run() -> bytes:
        stop = asyncio.Event()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = Server(seed_bot, hosts=("localhost",))
            task = asyncio.ensure_future(server.serve(listening, stop))
            try:
                return await exchange(listening.getsockname()[1], sent)
            finally:
                stop.set()
                await task

    with caplog.at_level(logging.INFO):
        answer = asyncio.run(run())
    assert answer.split(b" ", 2)[1] == str(status).encode()
    assert len(answer) < 1200
    assert b"aiohttp" not in answer
    assert b"Python" not in answer
    assert b"X-Content-Type-Options: nosniff" in answer
    assert [record for record in caplog.records if record.exc_info] == []


def test_a_question_that_has_waited_too_long_is_not_begun() -> None:
    async def run() -> list[object]:
        turns, free = Turns(0.1, workers=1), asyncio.Event()
        loop = asyncio.get_running_loop()

        def long(given_up: Callable[[], bool]) -> str:
            asyncio.run_coroutine_threadsafe(free.wait(), loop).result()
            return "answered"

        first = asyncio.ensure_future(turns.run(long))
        others = [asyncio.ensure_future(turns.run(lambda _: "begun")) for _ in range(5)]
        await asyncio.sleep(0.3)
        free.set()
        ended = await asyncio.gather(first, *others, return_exceptions=True)
        after = await turns.run(lambda _: "after")
        turns.close()
        return [*ended, after]

    first, *others, after = asyncio.run(run())
    assert (first, after) == ("answered", "after")
    assert all(isinstance(other, BusyError) for other in others)


def test_who_leaves_gives_up_what_is_being_done() -> None:
    async def run() -> bool:
        turns, begun = Turns(10, workers=1), asyncio.Event()
        loop = asyncio.get_running_loop()
        seen: list[bool] = []

        def work(given_up: Callable[[], bool]) -> None:
            loop.call_soon_threadsafe(begun.set)
            while not given_up():
                pass
            seen.append(True)

        task = asyncio.ensure_future(turns.run(work))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await turns.run(lambda _: None)
        turns.close()
        return seen == [True]

    assert asyncio.run(run())


@pytest.mark.slow
def test_many_clients_are_answered_alike_while_strangers_hold_what_they_can(seed_bot: QABot) -> None:
    """60 people ask twice each, and come back when they are told to, beside 600 connections that do nothing."""

    async def ask(session: aiohttp.ClientSession, port: int) -> set[str]:
        answers: set[str] = set()
        while len(answers) < 2:
            async with session.post(f"http://localhost:{port}/ask", json={"question": QUESTION}) as response:
                if response.status == 503:
                    assert response.headers["Retry-After"] == "5"
                    await asyncio.sleep(0.5)
                    continue
                assert response.status == 200
                answers.add(f"{len(answers)}: {(await response.json())['answer']}")
        return answers

    async def story(port: int) -> None:
        slow = POST + b"Content-Length: 500\r\n\r\n{"
        connector = aiohttp.TCPConnector(limit=100)
        async with (
            holding(port, b"GET / HTTP/1.1\r\n", 300),
            holding(port, slow, 300),
            aiohttp.ClientSession(connector=connector) as session,
        ):
            everybody = await asyncio.gather(*[ask(session, port) for _ in range(60)])
        assert {answer.partition(": ")[2] for answers in everybody for answer in answers} == {
            str(json.loads(seed_bot.ask(QUESTION).model_dump_json())["answer"])
        }

    play(seed_bot, story, Limits(most_waiting=40, waiting_seconds=60, connections=400))
