"""The server: its routes, and what answers them."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from embeddings.errors import QABotError
from embeddings.sentences import Span
from qa_bot.answering.explanation import Explanation
from qa_bot.answering.passages import MOST_FOUND
from qa_bot.answering.results import Answer, reference
from qa_bot.bot import QABot
from qa_bot.http.connections import WRITE_SECONDS, Connections, most_connections
from qa_bot.http.listener import HEAD_SECONDS, IDLE_SECONDS, listen
from qa_bot.http.turns import MOST_WAITING, WAITING_SECONDS, WORKERS, BusyError, Turns
from qa_bot.library import LISTED, Passages, find_article, list_articles, read_part
from qa_bot.monitoring.metrics import asked as counted
from qa_bot.monitoring.requests import request as request_id
from qa_bot.retrieval.filter_syntax import describe_filter
from qa_bot.serve.about import ArchiveFacts
from qa_bot.serve.access import Access, add_headers, status_of
from qa_bot.serve.openapi import openapi
from qa_bot.serve.page import Asked, article_page, failure, page, result
from qa_bot.serve.requests import filter_of_form, read_filter, read_form, read_number, read_question

LONGEST_BODY = 100_000
"""Bytes of a request's body: a question has a thousand characters."""

ASSETS = Path(__file__).parent / "assets"
_TYPES = {"style.css": "text/css", "page.js": "text/javascript"}

_log = logging.getLogger(__name__)


class Limits(NamedTuple):
    """What one process takes at once.

    Attributes:
        workers: questions that are answered at once.
        most_waiting: questions that wait.
        waiting_seconds: that a question may wait.
        connections: that are open; None for what the system allows.
        head_seconds: in which a request's head must arrive.
        write_seconds: in which a client must take what it is sent.
    """

    workers: int = WORKERS
    most_waiting: int = MOST_WAITING
    waiting_seconds: float = WAITING_SECONDS
    connections: int | None = None
    head_seconds: float = HEAD_SECONDS
    write_seconds: float = WRITE_SECONDS


@web.middleware
async def name_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives a request an id, which its log lines and its response carry."""
    with request_id() as identity:
        response = await handler(request)
        if not response.prepared:
            response.headers["X-Request-ID"] = identity
        return response


class Server:
    """Answers requests.

    Args:
        bot: answers questions.
        token: that each request must carry; empty for none.
        hosts: names by which a browser may call this server; none for any.
        limits: what it takes at once; None for the usual.
    """

    def __init__(self, bot: QABot, token: str = "", hosts: Sequence[str] = (), limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self._bot = bot
        self._about = ArchiveFacts(bot)
        self._access = Access(token, hosts)
        self._turns = Turns(limits.waiting_seconds, limits.workers, limits.most_waiting)
        most = most_connections() if limits.connections is None else limits.connections
        self._connections = Connections(most, most, limits.head_seconds, limits.write_seconds)

    async def serve(self, listening: socket.socket, stop: asyncio.Event) -> None:
        """Serves until `stop` is set; then finishes what it can answer within a second.

        Args:
            listening: takes connections.
            stop: ends it.
        """
        listener = await listen(self.app(), listening, self._connections, IDLE_SECONDS, handler_cancellation=True)
        loading = asyncio.ensure_future(self._load())
        try:
            await stop.wait()
        finally:
            loading.cancel()
            await listener.cleanup()
            self._turns.close()

    def app(self) -> web.Application:
        """The routes."""
        middlewares = [name_request, self._connections.middleware, self._access.middleware]
        app = web.Application(client_max_size=LONGEST_BODY, middlewares=middlewares)
        app.router.add_get("/", self._page)
        app.router.add_get("/article/{id}", self._article_page)
        app.router.add_get("/assets/{name}", self._asset)
        app.router.add_post("/ask", self._ask)
        app.router.add_get("/search", self._search)
        app.router.add_get("/articles", self._articles)
        app.router.add_get("/articles/{id}", self._article)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/openapi.json", self._openapi)
        app.on_response_prepare.append(add_headers)
        return app

    async def _load(self) -> None:
        try:
            await asyncio.to_thread(self._bot.load)
        except QABotError as error:
            _log.warning("%s", error)  # and said again to whoever asks

    # -- for programs ----------------------------------------------------------------------------------------------------

    async def _ask(self, request: web.Request) -> web.Response:
        wanted = await read_question(request, self._connections)
        only = wanted.filter()

        def answer(given_up: Callable[[], bool]) -> Answer:
            with counted("api") as answers:
                answers.append(self._bot.ask(wanted.question, given_up, only))
            return answers[0]

        return _json(await self._turns.run(answer))

    async def _search(self, request: web.Request) -> web.Response:
        words, limit, only = request.query.get("q", ""), read_number(request, "limit", 10), read_filter(request)
        found = await self._turns.run(lambda _: self._bot.search(words, min(limit, MOST_FOUND), only))
        return _json(Passages(passages=found))

    async def _articles(self, request: web.Request) -> web.Response:
        offset, limit = read_number(request, "offset", 0), read_number(request, "limit", LISTED)
        only = read_filter(request)
        return _json(await self._turns.run(lambda _: list_articles(self._bot, offset, limit, only)))

    async def _article(self, request: web.Request) -> web.Response:
        name, start = request.match_info["id"], read_number(request, "start", 0)
        return _json(await self._turns.run(lambda _: read_part(self._bot, name, start)))

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _openapi(self, _: web.Request) -> web.Response:
        return web.json_response(openapi())

    # -- for people ------------------------------------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.Response:
        asked = read_form(request)
        if not asked.question:
            return _html(await self._turns.run(lambda _: page(asked, "", self._about.now())))
        try:
            return _html(await self._turns.run(partial(self._answered_page, asked)))
        except (QABotError, BusyError) as error:
            status = status_of(error)
            response = _html(page(asked, failure(str(error))), status)
            if status == 503:
                response.headers["Retry-After"] = "5"
            return response

    def _answered_page(self, asked: Asked, given_up: Callable[[], bool]) -> str:
        """The page with the answer to a question."""
        explanations: list[Explanation] = []
        only = filter_of_form(asked)
        with counted("page") as answers:
            answer = self._bot.ask(asked.question, given_up, only, explained=explanations.append)
            answers.append(answer)
        shown = result(answer, explanations[-1] if explanations else None, describe_filter(only))
        return page(asked, shown, self._about.now())

    async def _article_page(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        start, end = read_number(request, "start", 0), read_number(request, "end", 0)

        def show() -> str:
            article = find_article(self._bot, name).article
            quoted = Span(start, end) if start < end <= len(article.text) else Span(0, 0)
            return article_page(article, reference(article), quoted, self._about.now())

        return _html(await self._turns.run(lambda _: show()))

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in _TYPES:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "max-age=3600"}
        body = (ASSETS / name).read_bytes()
        return web.Response(body=body, content_type=_TYPES[name], charset="utf-8", headers=headers)


def serve(bot: QABot, listening: socket.socket, token: str, hosts: Sequence[str]) -> None:
    """Serves until a signal stops it; see `Server`."""

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await Server(bot, token, hosts).serve(listening, stop)

    asyncio.run(run())


def _json(model: BaseModel) -> web.Response:
    return web.Response(text=model.model_dump_json(), content_type="application/json")


def _html(content: str, status: int = 200) -> web.Response:
    return web.Response(text=content, status=status, content_type="text/html")
