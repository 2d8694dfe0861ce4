"""The server: routes, who may ask, limits, and what each response tells the browser it may do."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from embeddings.errors import QABotError, QuestionError, QuestionTimeoutError
from embeddings.filters import ArticleFilter
from embeddings.sentences import Span
from qa_bot.answering.answerer import Cancelled
from qa_bot.answering.explanation import Explanation
from qa_bot.answering.passages import MOST_FOUND
from qa_bot.answering.results import reference
from qa_bot.bot import QABot
from qa_bot.http.connections import Connections, OnceAWhile, most_connections
from qa_bot.http.listener import BODY_SECONDS, HEAD_SECONDS, IDLE_SECONDS, listen
from qa_bot.library import LISTED, Passages, find_article, list_articles, read_part
from qa_bot.retrieval.filter_syntax import describe_filter, make_filter
from qa_bot.serve.openapi import Question, openapi
from qa_bot.serve.page import Asked, article_page, failure, page, result

LONGEST_BODY = 100_000
"""Bytes of a request's body: a question has a thousand characters."""
WORKERS = 2
"""Questions that are answered at once."""
MOST_WAITING = 100
"""Questions that wait; further ones are told to come back."""
LAST_MOMENTS = 5.0
"""Seconds in which the questions that are being answered at the end may be finished."""

ASSETS = Path(__file__).parent / "assets"
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_PUBLIC = frozenset({"/healthz", "/assets/style.css", "/assets/page.js"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")

_log = logging.getLogger(__name__)


class Busy(Exception):
    """Too many questions are waiting."""


class Server:
    """Answers requests.

    Args:
        bot: answers questions.
        token: that each request must carry; empty for none.
        hosts: names by which a browser may call this server; none for any.
        workers: questions that are answered at once.
        most_waiting: questions that wait.
    """

    def __init__(
        self,
        bot: QABot,
        token: str = "",
        hosts: Sequence[str] = (),
        *,
        workers: int = WORKERS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._bot = bot
        self._token = token
        self._hosts = frozenset(hosts)
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="answering")
        self._most = workers + most_waiting
        self._running = 0
        most = most_connections()
        self._connections = Connections(most, most, HEAD_SECONDS)

    async def serve(self, listening: socket.socket, stop: asyncio.Event) -> None:
        """Serves until `stop` is set; then finishes what it is answering.

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
            self._executor.shutdown(wait=False, cancel_futures=True)

    def app(self) -> web.Application:
        """The routes."""
        middlewares = [self._connections.middleware, self._guarded]
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
        app.on_response_prepare.append(_add_headers)
        return app

    async def _load(self) -> None:
        try:
            await asyncio.to_thread(self._bot.load)
        except QABotError as error:
            _log.warning("%s", error)  # and said again to whoever asks

    # -- who may ask -----------------------------------------------------------------------------------------------------

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Lets in who may ask, and turns errors into answers that a person or a program can read."""
        if self._hosts and _host_of(request) not in self._hosts:
            return _problem(request, 421, f"this server is not {request.host}; use the address that it printed")
        if self._token and request.path not in _PUBLIC and not self._has_token(request):
            response = _problem(request, 401, "a token is needed: send Authorization: Bearer TOKEN")
            response.headers["WWW-Authenticate"] = 'Basic realm="qa-bot; any name, the token as password"'
            return response
        try:
            return await handler(request)
        except web.HTTPException as error:
            return _problem(request, error.status, error.text if error.status == 400 and error.text else error.reason)
        except QuestionTimeoutError as error:
            return _problem(request, 504, str(error))
        except QuestionError as error:
            return _problem(request, 400, str(error))
        except Busy:
            response = _problem(request, 503, "too many questions are waiting; ask again in a few seconds")
            response.headers["Retry-After"] = "5"
            return response
        except QABotError as error:
            _log.warning("%s", error)
            return _problem(request, 503, str(error))
        except Exception as error:
            _log.error("a request could not be answered: %s", type(error).__name__)
            return _problem(request, 500, "something went wrong; the log says what")

    def _has_token(self, request: web.Request) -> bool:
        """Whether a request carries the token, as a bearer's or as a password."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[2]
            except (binascii.Error, ValueError):
                return False
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(errors="replace"), self._token.encode())

    async def _run(self, work: Callable[[Callable[[], bool]], T]) -> T:
        """Does work in a thread when its turn comes; its argument says whether nobody waits for it any more."""
        if self._running >= self._most:
            raise Busy
        given_up = threading.Event()
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work, given_up.is_set)
        except Cancelled:
            raise web.HTTPServiceUnavailable from None
        finally:
            given_up.set()
            self._running -= 1

    # -- for programs ----------------------------------------------------------------------------------------------------

    async def _ask(self, request: web.Request) -> web.Response:
        asked = await _body(request, Question)
        only = make_filter(asked.publisher, asked.source, asked.since, asked.until)
        return _json(await self._run(lambda given_up: self._bot.ask(asked.question, given_up, only)))

    async def _search(self, request: web.Request) -> web.Response:
        words, limit, only = request.query.get("q", ""), _number(request, "limit", 10), _filter_of(request)
        found = await self._run(lambda _: self._bot.search(words, min(limit, MOST_FOUND), only))
        return _json(Passages(passages=found))

    async def _articles(self, request: web.Request) -> web.Response:
        offset, limit = _number(request, "offset", 0), _number(request, "limit", LISTED)
        return _json(await self._run(lambda _: list_articles(self._bot, offset, limit)))

    async def _article(self, request: web.Request) -> web.Response:
        start = _number(request, "start", 0)
        return _json(await self._run(partial(_known, lambda: read_part(self._bot, request.match_info["id"], start))))

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _openapi(self, _: web.Request) -> web.Response:
        return web.json_response(openapi())

    # -- for people ------------------------------------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.Response:
        fields = {"question": "q", "publisher": "publisher", "since": "since", "until": "until"}
        asked = Asked(**{name: request.query.get(field, "").strip() for name, field in fields.items()})
        if not asked.question:
            return _html(page(asked, "", await self._about()))
        status = 200
        told: list[Explanation] = []
        try:
            only = make_filter(
                [asked.publisher] if asked.publisher else [], [], asked.since or None, asked.until or None
            )
            ask = partial(self._bot.ask, asked.question, only=only, explained=told.append)
            answer = await self._run(lambda given_up: ask(given_up))
            shown = result(answer, told[-1] if told else None, describe_filter(only))
        except Busy:
            status, shown = 503, failure("Too many questions are waiting. Ask again in a few seconds.")
        except QABotError as error:
            status = (
                504 if isinstance(error, QuestionTimeoutError) else 400 if isinstance(error, QuestionError) else 503
            )
            shown = failure(str(error))
        return _html(page(asked, shown, await self._about()), status)

    async def _article_page(self, request: web.Request) -> web.Response:
        start, end = _number(request, "start", 0), _number(request, "end", 0)
        find = partial(_known, lambda: find_article(self._bot, request.match_info["id"]))
        article = (await self._run(find)).article
        quoted = Span(start, end) if start < end <= len(article.text) else Span(0, 0)
        return _html(article_page(article, reference(article), quoted, await self._about()))

    async def _about(self) -> str:
        """What the archive holds, in words."""

        def count() -> str:
            articles = self._bot.store.status().articles
            return f"{articles:,} articles. Each answer is a quotation; qa-bot writes nothing of its own."

        try:
            return await asyncio.to_thread(count)
        except QABotError as error:
            return str(error)

    async def _asset(self, request: web.Request) -> web.Response:
        path = ASSETS / request.match_info["name"]
        if path.name not in ("style.css", "page.js"):
            raise web.HTTPNotFound
        headers = {"Cache-Control": "max-age=3600"}
        return web.Response(body=path.read_bytes(), content_type=_TYPES[path.suffix], charset="utf-8", headers=headers)


def serve(bot: QABot, listening: socket.socket, token: str, hosts: Sequence[str]) -> None:
    """Serves until a signal stops it; see `Server`."""

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await Server(bot, token, hosts).serve(listening, stop)

    for logger in (logging.getLogger("asyncio"), logging.getLogger("aiohttp.server")):
        logger.addFilter(OnceAWhile())  # strangers cause these lines, as often as they like
    asyncio.run(run())


def _host_of(request: web.Request) -> str:
    """The name by which a server was called, without the port."""
    host = request.host.lower()
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _known(read: Callable[[], T], _: Callable[[], bool]) -> T:
    """What is read of an article; 404 if there is none."""
    try:
        return read()
    except QABotError as error:
        if "no article has the id" in str(error):
            raise web.HTTPNotFound from error
        raise


def _filter_of(request: web.Request) -> ArticleFilter:
    several = {name: request.query.getall(name, []) for name in ("publisher", "source")}
    return make_filter(several["publisher"], several["source"], request.query.get("since"), request.query.get("until"))


def _number(request: web.Request, name: str, default: int) -> int:
    given = request.query.get(name, str(default))
    if not (given.isascii() and given.isdecimal() and len(given) < 12):
        raise web.HTTPBadRequest(text=f"{name}: {given[:50]!r} is not a whole number from 0 up")
    return int(given)


async def _body(request: web.Request, model: type[Question]) -> Question:
    if request.content_type != "application/json":
        raise web.HTTPBadRequest(text="send JSON, with Content-Type: application/json")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return model.model_validate_json(await request.read())
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        raise web.HTTPBadRequest(text=f"{place}: {first['msg']}; see /openapi.json") from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise web.HTTPBadRequest(text="the body is incomplete") from error


def _json(model: BaseModel) -> web.Response:
    return web.Response(text=model.model_dump_json(), content_type="application/json")


def _html(content: str, status: int = 200) -> web.Response:
    return web.Response(text=content, status=status, content_type="text/html")


def _problem(request: web.Request, status: int, words: str) -> web.Response:
    """An error, as JSON for programs and as a page for people."""
    if "text/html" in request.headers.get("Accept", ""):
        return _html(page(Asked(), failure(words), ""), status)
    return web.json_response({"error": words}, status=status)


async def _add_headers(_: web.Request, response: Any) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
