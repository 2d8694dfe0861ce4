"""A real browser without a screen, driven by the Chrome DevTools Protocol; and a server of the search page beside it."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from qa_bot import Settings

PHONE, DESKTOP = (390, 844), (1280, 900)
"""Widths and heights in CSS pixels."""

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
)  # fmt: skip


def chromium() -> str | None:
    """The browser's program; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page:
    """A tab of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Calls a method of the protocol, and returns its result.

        Raises:
            AssertionError: the browser refuses.
        """
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive_json(timeout=30)
            if message.get("id") == number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result

    async def run(self, expression: str) -> Any:
        """The value of an expression of JavaScript.

        Raises:
            AssertionError: it fails.
        """
        result = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def wait_for(self, expression: str, seconds: float = 20) -> Any:
        """The first true value of an expression; also across a page that is loading."""
        until = time.monotonic() + seconds
        while True:
            try:
                if value := await self.run(expression):
                    return value
            except AssertionError:
                if time.monotonic() > until:
                    raise
            assert time.monotonic() < until, f"waited for {expression}"
            await asyncio.sleep(0.005)

    async def open(self, address: str) -> None:
        """Goes to an address, and waits until the page is there."""
        await self.call("Page.navigate", url=address)
        await self.wait_for(
            f"document.readyState === 'complete' && location.href.startsWith({json.dumps(address[:60])})"
        )

    async def resize(self, size: tuple[int, int], *, dark: bool = False) -> None:
        """Sets the size of the window, and whether the person likes it dark."""
        width, height = size
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def type(self, text: str) -> None:
        """Types text where the focus is."""
        await self.call("Input.insertText", text=text)

    async def press(self, key: str, code: int, text: str = "") -> None:
        """Presses a key."""
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more)

    async def picture(self) -> bytes:
        """The page as PNG."""
        shot = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def opened(program: str) -> AsyncIterator[Page]:
    """A browser with one tab, and a profile of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *QUIET, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr
        try:
            for line in process.stderr:
                if match := re.search(rb"ws://([\d.]+:\d+)/", line):
                    break
            else:
                raise AssertionError("the browser did not start")
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://{match[1].decode()}/json/list") as response:
                    tabs = await response.json()
                address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
                async with session.ws_connect(address, max_msg_size=0) as socket:
                    page = Page(socket)
                    await page.call("Page.enable")
                    yield page
        finally:
            process.kill()
            process.wait()
            process.stderr.close()


@contextmanager
def served(settings: Settings, *arguments: str, **environment: str) -> Iterator[str]:
    """`qa-bot serve` as a process, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"QA_BOT_DATA_DIR": str(settings.data_dir), "QA_BOT_CACHE_DIR": str(settings.cache_dir)}
    command = [sys.executable, "-m", "qa_bot", "serve", "--port", str(port), *arguments]
    log = Path(tempfile.mkstemp()[1])
    with log.open("wb") as written:
        process = subprocess.Popen(command, env={**os.environ, **own, **environment}, stderr=written, cwd="/")
    try:
        until = time.monotonic() + 30
        while b"listening on" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(20) == 0, log.read_text()
        assert "Traceback" not in log.read_text()
        log.unlink()
