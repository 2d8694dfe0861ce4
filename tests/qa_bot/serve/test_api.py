"""`qa-bot serve`: the API, who may ask, and what it does when it is pressed."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
from browser import served
from commands import Command

from qa_bot import QABot, Settings
from qa_bot.answering.results import Answer
from qa_bot.library import ArticleList, ArticlePart, Passages
from qa_bot.serve.openapi import openapi
from qa_bot.serve.server import Limits, Server

QUESTION, ANSWER = "When was Voyager 2 launched?", "August 20, 1977"
TOKEN = "a-secret-of-enough-characters"


class Response(NamedTuple):
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        """Its value."""
        return json.loads(self.text)


@pytest.fixture(scope="module")
def address(settings: Settings, seed_bot: QABot) -> Iterator[str]:
    """A server of the seeds."""
    with served(settings) as address:
        yield address


def fetch(address: str, method: str = "GET", **options: Any) -> Response:
    """One request."""

    async def run() -> Response:
        async with aiohttp.ClientSession() as session, session.request(method, address, **options) as response:
            return Response(response.status, await response.text(), dict(response.headers))

    return asyncio.run(run())


def ask(address: str, **question: Any) -> Response:
    """A question by POST."""
    return fetch(f"{address}/ask", "POST", json=question)


def test_an_answer_is_the_one_that_the_command_gives(address: str, seed_bot: QABot) -> None:
    given = Answer.model_validate(ask(address, question=QUESTION).json)
    expected = seed_bot.ask(QUESTION)
    assert given.model_copy(update={"timings_ms": expected.timings_ms}) == expected
    assert given.answer
    assert given.answer.text == ANSWER


def test_passages_and_articles_are_listed_and_read(address: str, seed_bot: QABot) -> None:
    found = Passages.model_validate(fetch(f"{address}/search?q=smallpox+vaccine&limit=3").json)
    assert [passage.article.title for passage in found.passages[:1]] == ["The End of Smallpox"]
    assert len(found.passages) == 3
    listed = ArticleList.model_validate(fetch(f"{address}/articles?offset=2&limit=4").json)
    expected = seed_bot.store.articles.list(offset=2, limit=4)
    assert [article.id for article in listed.articles] == [article.id for article in expected]
    assert listed.next_offset == 6
    part = ArticlePart.model_validate(fetch(f"{address}/articles/{expected[0].id}?start=10").json)
    assert (part.text, part.next_start) == (expected[0].text[10:], None)


def test_a_filter_counts(address: str) -> None:
    refused = ask(address, question=QUESTION, publisher=["Reutrs"]).json
    assert (refused["verdict"], refused["missing"]["gap"]) == ("unanswered", "publisher")
    found = fetch(f"{address}/search?q=war&since=2025").json["passages"]
    assert found
    assert all(passage["article"]["published_at"] >= "2025" for passage in found)
    listed = fetch(f"{address}/articles?since=2025").json["articles"]
    assert listed
    assert all(article["published_at"] >= "2025" for article in listed)
    assert len(listed) < len(fetch(f"{address}/articles").json["articles"])
    refused = fetch(f"{address}/articles?publisher=Nobody")
    assert (refused.status, refused.json["error"][:19]) == (400, "publisher 'Nobody':")


@pytest.mark.parametrize(
    ("path", "options", "status", "words"),
    [
        ("/ask", {"json": {"question": " "}}, 400, "the question is empty"),
        ("/ask", {"json": {"question": "why " * 2000}}, 400, "longer than 1,000 characters"),
        ("/ask", {"json": {}}, 400, "question: Field required"),
        ("/ask", {"json": {"question": QUESTION, "colour": 1}}, 400, "colour: Extra inputs are not permitted"),
        ("/ask", {"json": {"question": QUESTION, "since": "May"}}, 400, "'May' is not a date"),
        ("/ask", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "Invalid JSON"),
        ("/ask", {"data": b"\xff\x00" * 99, "headers": {"Content-Type": "application/json"}}, 400, "the body"),
        ("/ask", {"data": b"question=why"}, 400, "Content-Type: application/json"),
        ("/ask", {"json": {"question": "x" * 200_000}}, 413, "Too Large"),
        ("/nothing", {"json": {}}, 404, "Not Found"),
        ("/search?q=war", {}, 405, "Not Allowed"),
    ],
)
def test_what_cannot_be_taken_is_an_error_that_says_why(
    address: str, path: str, options: dict[str, Any], status: int, words: str
) -> None:
    response = fetch(address + path, "POST", **options)
    assert (response.status, response.json.keys()) == (status, {"error"})
    assert words in response.json["error"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/articles/abcdef", 404, "no article has the id 'abcdef'"),
        ("/articles/..%2F..%2Fetc%2Fpasswd", 404, "no article has the id"),
        ("/assets/..%2Fserver.py", 404, "Not Found"),
        ("/articles?offset=-1", 400, "offset: '-1' is not a whole number"),
        ("/articles?limit=99999999999999", 400, "limit: "),
        ("/search?q=", 400, "the question is empty"),
        ("/search?q=war&until=2024-02-30", 400, "'2024-02-30' is not a date"),
    ],
)
def test_what_is_not_there_is_said(address: str, path: str, status: int, words: str) -> None:
    response = fetch(address + path)
    assert response.status == status
    assert words in response.json["error"]


def test_every_response_forbids_the_browser_what_the_page_does_not_need(address: str) -> None:
    for path in ("/", "/?q=when", "/assets/page.js", "/articles", "/nothing", "/openapi.json"):
        headers = fetch(address + path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; script-src 'self'")
        assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")
        assert "Server" not in headers


def test_a_page_elsewhere_that_rebinds_its_name_is_not_answered(address: str) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""):
        response = fetch(f"{address}/articles", headers={"Host": host})
        assert response.status in (400, 421), host
        assert "articles" not in response.text
    assert fetch(f"{address}/articles", headers={"Host": "LOCALHOST:1"}).status == 200


def test_a_token_is_needed_where_one_is_set(settings: Settings, seed_bot: QABot) -> None:
    with served(settings, "--host", "0.0.0.0", QA_BOT_TOKEN=TOKEN) as address:
        assert fetch(f"{address}/healthz").status == 200, "a probe has no token"
        refused = fetch(f"{address}/articles")
        assert (refused.status, refused.headers["WWW-Authenticate"].split()[0]) == (401, "Basic")
        for wrong in (f"Bearer {TOKEN[:-1]}", "Bearer", "Basic !!!", "Basic YQ==", f"Digest {TOKEN}", "Bearer é"):
            assert fetch(f"{address}/articles", headers={"Authorization": wrong}).status == 401, wrong
        basic = base64.b64encode(f"ann:{TOKEN}".encode()).decode()
        for right in (f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Basic {basic}"):
            assert fetch(f"{address}/articles", headers={"Authorization": right}).status == 200, right


@pytest.mark.parametrize(
    ("arguments", "token", "words"),
    [
        (["--host", "0.0.0.0"], "", "others can reach it; set QA_BOT_TOKEN"),
        ([], "short", "QA_BOT_TOKEN: shorter than 16 characters"),
        (["--port", "70000"], "", "cannot listen on 127.0.0.1:70000"),
        (["--host", "192.0.2.1"], TOKEN, "cannot listen on 192.0.2.1:8080"),
    ],
)
def test_what_would_be_open_to_others_or_cannot_be_is_refused(
    tmp_path: Path, cache_dir: Path, arguments: list[str], token: str, words: str
) -> None:
    done = Command(tmp_path, cache_dir, tmp_path / "data")("serve", *arguments, environment={"QA_BOT_TOKEN": token})
    assert done.code == 2
    assert words in done.lines[-1]


def test_before_the_first_article_it_says_what_to_do(tmp_path: Path, settings: Settings) -> None:
    with served(settings.model_copy(update={"data_dir": tmp_path / "data"})) as address:
        answered = ask(address, question=QUESTION)
        assert answered.status == 503
        assert "is empty; run: qa-bot index FOLDER" in answered.json["error"]
        assert "is empty; run: qa-bot index FOLDER" in fetch(f"{address}/?q=why").text


def test_many_ask_at_once_and_all_are_answered_alike(address: str) -> None:
    async def run() -> list[str]:
        async with aiohttp.ClientSession() as session:

            async def one() -> str:
                async with session.post(f"{address}/ask", json={"question": QUESTION}) as response:
                    return str((await response.json())["answer"])

            return await asyncio.gather(*[one() for _ in range(30)])

    assert len(set(asyncio.run(run()))) == 1


def test_when_too_many_wait_the_next_is_told_to_come_back(seed_bot: QABot) -> None:
    async def run() -> list[int]:
        server = Server(seed_bot, limits=Limits(workers=1, most_waiting=2))
        with socket.create_server(("127.0.0.1", 0)) as listening:
            address, stop = f"http://127.0.0.1:{listening.getsockname()[1]}/ask", asyncio.Event()
            serving = asyncio.ensure_future(server.serve(listening, stop))
            async with aiohttp.ClientSession() as session:

                async def one(text: str) -> int:
                    async with session.post(address, json={"question": text}) as response:
                        assert response.status == 200 or response.headers["Retry-After"] == "5"
                        return response.status

                statuses = await asyncio.gather(*[one(QUESTION) for _ in range(12)])
                statuses.append(await one(QUESTION))
            stop.set()
            await serving
            return statuses

    *pressed, after = asyncio.run(run())
    assert set(pressed) == {200, 503}
    assert after == 200, "it goes on when there is room"


def test_who_leaves_is_not_waited_for(address: str) -> None:
    async def run() -> None:
        host, port = address.removeprefix("http://").split(":")
        for _ in range(30):
            _, writer = await asyncio.open_connection(host, int(port))
            body = json.dumps({"question": QUESTION}).encode()
            head = f"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            writer.write(head.encode() + b"\r\n" + body)
            await writer.drain()
            writer.transport.abort()

    asyncio.run(run())
    assert ask(address, question=QUESTION).status == 200


def test_it_ends_soon_when_it_is_stopped_while_many_wait(settings: Settings, seed_bot: QABot) -> None:
    async def run() -> float:
        with ExitStack() as server:
            address = server.enter_context(served(settings))  # which sees that it ends with 0, and without a traceback
            async with aiohttp.ClientSession() as session:

                async def one() -> int:
                    with suppress(aiohttp.ClientError):
                        async with session.post(f"{address}/ask", json={"question": QUESTION}) as response:
                            return response.status
                    return 503

                waiting = [asyncio.ensure_future(one()) for _ in range(90)]
                await asyncio.sleep(0.5)
                began = time.monotonic()
                await asyncio.to_thread(server.close)
                assert set(await asyncio.gather(*waiting)) <= {200, 503}
                return time.monotonic() - began

    assert asyncio.run(run()) < 10


def test_the_description_names_every_path_and_what_it_gives(address: str) -> None:
    described = fetch(f"{address}/openapi.json").json
    assert described == json.loads(json.dumps(openapi()))
    assert described["paths"].keys() == {"/ask", "/search", "/articles", "/articles/{id}", "/healthz"}
    text = json.dumps(described)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in described["components"]["schemas"], name
    given = ask(address, question=QUESTION).json
    assert given.keys() == described["components"]["schemas"]["Answer"]["properties"].keys()
