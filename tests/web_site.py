"""A web site on loopback, whose pages a test writes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Request"], None]


class Request(BaseHTTPRequestHandler):
    """A request to the site, and the ways to answer it."""

    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        """Answers as the test said, by path; 404 for anything else."""
        self.server.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        answer = self.server.pages.get(self.path.partition("?")[0])
        if answer is None:
            self.reply(b"nothing here", status=404)
        elif callable(answer):
            answer(self)
        else:
            self.reply(answer)

    def reply(self, body: bytes | str, *, status: int = 200, **headers: str) -> None:
        """Sends a whole answer; `content_type="..."` is the header `Content-Type`."""
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        sent = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
        sent |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def handle(self) -> None:
        """Bears that the other side hangs up."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True


class Site(ThreadingHTTPServer):
    """A web site on loopback.  `pages` maps paths to bodies, or to functions that answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.pages: dict[str, bytes | str | Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a page."""
        return f"http://{host}:{self.server_address[1]}{path}"

    def asked(self, path: str) -> int:
        """How often a page was asked for."""
        return sum(asked.partition("?")[0] == path for asked, _ in self.requests)


@contextmanager
def serving() -> Iterator[Site]:
    """A site that is served meanwhile."""
    with Site() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
