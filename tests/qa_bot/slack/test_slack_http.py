"""The HTTP server holds no connection open for ever, and tells nobody what it is made of."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress

import pytest

from qa_bot import QABot
from qa_bot.http.connections import OnceAWhile
from qa_bot.slack.server.http import HttpServer
from qa_bot.slack.settings import SlackSettings


def exchanged(bot: QABot, sent: bytes, *, idle_seconds: float, head_seconds: float = 5) -> bytes:
    """All that a server without an app answers to some bytes until it closes the connection."""

    async def story() -> bytes:
        listening = socket.create_server(("127.0.0.1", 0))
        runner = await HttpServer(bot, SlackSettings.model_validate({}), idle_seconds, head_seconds).listen(listening)
        try:
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(sent)
            async with asyncio.timeout(10):
                answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer
        finally:
            await runner.cleanup()

    return asyncio.run(story())


@pytest.mark.parametrize("sent", [b"", b"POST /slack/events HT", b"POST /slack/events HTTP/1.1\r\nHost: a\r\nX-"])
def test_a_client_that_sends_half_a_head_is_disconnected(new_bot: Callable[..., QABot], sent: bytes) -> None:
    assert exchanged(new_bot(), sent, idle_seconds=600, head_seconds=0.2) == b""


def test_half_a_head_after_a_whole_request_has_the_same_deadline(new_bot: Callable[..., QABot]) -> None:
    sent = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /he"
    assert exchanged(new_bot(), sent, idle_seconds=1, head_seconds=0.2).count(b"200 OK") == 1


def test_a_connection_too_many_displaces_the_one_that_waits_longest(new_bot: Callable[..., QABot]) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"

    async def story() -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        bot, settings = new_bot(), SlackSettings.model_validate({})
        listener = await HttpServer(bot, settings, 600, 600, most=8).listen(listening)
        try:
            async with asyncio.timeout(30):
                opened = [await asyncio.open_connection(*listening.getsockname()) for _ in range(40)]
                opened.append(await asyncio.open_connection(*listening.getsockname()))
                for reader, writer in (opened[-1], opened[-2]):
                    writer.write(request)
                    assert b"200 OK" in await reader.readline()
                assert [await closed(reader) for reader, _ in opened[:30]] == [True] * 30
                for _, writer in opened:
                    writer.close()
                    with suppress(ConnectionError):
                        await writer.wait_closed()
        finally:
            await listener.cleanup()

    asyncio.run(story())


async def closed(reader: asyncio.StreamReader) -> bool:
    """Whether a server has closed a connection on which it sent nothing."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


def test_what_strangers_cause_is_logged_once_a_while() -> None:
    passes = OnceAWhile().filter
    flood = [logging.makeLogRecord({"msg": f"accept failed\nsocket: {number}"}) for number in range(1000)]
    assert [passes(record) for record in flood].count(True) == 1
    assert passes(logging.makeLogRecord({"msg": "something else: %s", "args": ("a",)}))


def test_a_connection_is_reused_until_it_is_idle_and_the_server_does_not_name_itself(
    new_bot: Callable[..., QABot],
) -> None:
    answer = exchanged(new_bot(), b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 2, idle_seconds=0.2).decode()
    assert answer.count("HTTP/1.1 200 OK") == 2
    assert "server:" not in answer.lower()


def test_before_the_app_has_started_slack_is_told_to_send_a_request_again(new_bot: Callable[..., QABot]) -> None:
    answer = exchanged(new_bot(), b"POST /slack/events HTTP/1.0\r\nContent-Length: 0\r\n\r\n", idle_seconds=5)
    assert answer.startswith(b"HTTP/1.0 503 ")
