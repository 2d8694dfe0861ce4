"""A website on loopback, whose pages people post links to."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Website:
    """Serves pages; whatever else is asked for is not there.

    Args:
        pages: the HTML at each path.

    Attributes:
        address: without a slash at its end.
        authorizations: the header of this name of each request, in order.
    """

    def __init__(self, pages: Mapping[str, str]) -> None:
        self.authorizations: list[str | None] = []
        website = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                website.authorizations.append(self.headers.get("Authorization"))
                self.send_response(200 if self.path in pages else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(pages.get(self.path, "<p>no such page</p>").encode())

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Website:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
