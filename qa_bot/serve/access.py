"""Who may ask, and what each response tells the browser it may do."""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from embeddings.errors import ArticleNotFoundError, QABotError, QuestionError, QuestionTimeoutError
from qa_bot.http.turns import BusyError
from qa_bot.serve.page import Asked, failure, page

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
_RETRY_SECONDS = "5"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)


class Access:
    """Lets in who may ask, and turns errors into responses that a person or a program can read.

    Args:
        token: that each request must carry; empty for none.
        hosts: names by which a browser may call this server; none for any.
    """

    def __init__(self, token: str, hosts: Sequence[str]) -> None:
        self._token = token
        self._hosts = frozenset(host.lower() for host in hosts)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Does it for each request."""
        if self._hosts and host_of(request.host) not in self._hosts:
            return problem(request, 421, f"this server is not {request.host}; use the address that it printed")
        if self._token and request.path not in _PUBLIC and not self._has_token(request):
            response = problem(request, 401, "a token is needed: send Authorization: Bearer TOKEN")
            response.headers["WWW-Authenticate"] = 'Basic realm="qa-bot; any name, the token as password"'
            return response
        try:
            return await handler(request)
        except web.HTTPException as error:
            return problem(request, error.status, error.text if error.status == 400 and error.text else error.reason)
        except (QABotError, BusyError) as error:
            if (status := status_of(error)) == 503:
                _log.warning("%s", error)
            return problem(request, status, str(error))
        except Exception as error:
            _log.error("a request could not be answered: %s: %s", type(error).__name__, str(error)[:200])
            return problem(request, 500, "something went wrong; the log says what")

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


def host_of(host: str) -> str:
    """The name in a ``Host`` header, in lower case and without its port."""
    host = host.lower()
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def status_of(error: Exception) -> int:
    """The HTTP status that says what an error means."""
    if isinstance(error, ArticleNotFoundError):
        return 404
    if isinstance(error, QuestionTimeoutError):
        return 504
    return 400 if isinstance(error, QuestionError) else 503


def problem(request: web.Request, status: int, words: str) -> web.Response:
    """An error, as JSON for programs and as a page for people."""
    headers = {"Retry-After": _RETRY_SECONDS} if status == 503 else {}
    if "text/html" in request.headers.get("Accept", ""):
        content = page(Asked(), failure(words), "")
        return web.Response(text=content, status=status, content_type="text/html", headers=headers)
    return web.json_response({"error": words}, status=status, headers=headers)


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Tells the browser what it may do with a response."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
