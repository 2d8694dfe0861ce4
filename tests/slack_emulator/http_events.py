"""HTTP mode: Slack's signed requests to the app."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from slack_emulator.delivery import ACK_SECONDS, RETRIES, Delivery
from slack_emulator.workspace import SIGNING_SECRET, Workspace


def signed_headers(body: str, at: int | None = None, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """The headers that prove that a body is Slack's, as of a Unix time."""
    timestamp = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def body_of(delivery: Delivery) -> tuple[str, str]:
    """The body of a delivery's request, and its content type."""
    if delivery.kind == "events_api":
        return json.dumps(delivery.payload), "application/json"
    form: dict[str, Any] = delivery.payload
    if delivery.kind == "interactive":
        form = {"payload": json.dumps(delivery.payload)}
    return urlencode(form), "application/x-www-form-urlencoded"


class HttpEvents:
    """Posts payloads to the app, and again when they are not accepted in time.

    Args:
        workspace: receives what goes wrong.
        address: of the app's endpoint for all of them.
    """

    def __init__(self, workspace: Workspace, address: str) -> None:
        self.workspace = workspace
        self.address = address
        self.loop: asyncio.AbstractEventLoop | None = None
        self.retry_seconds = (0.0, 3.0, 15.0)  # Slack waits for nothing, a minute, and five minutes

    def send(self, delivery: Delivery) -> None:
        """Sends a payload; called from any thread."""
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(self._deliver(delivery), self.loop)

    async def _deliver(self, delivery: Delivery) -> None:
        body, content_type = body_of(delivery)
        reason = ""
        for attempt in range(RETRIES + 1 if delivery.retried else 1):
            headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0"} | signed_headers(body)
            if attempt:
                headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
                await asyncio.sleep(self.retry_seconds[attempt - 1])
            delivery.sent.append(time.monotonic())
            reason = await self._post(delivery, body, headers)
            if not reason:
                return
        if reason == "connection_failed":  # the app is not there: nothing that it does wrong
            with self.workspace.change():
                delivery.failed = True
        else:
            delivery.give_up(self.workspace, reason)

    async def _post(self, delivery: Delivery, body: str, headers: dict[str, str]) -> str:
        """Why the app did not take it; empty if it did."""
        limit = aiohttp.ClientTimeout(total=ACK_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self.address, data=body.encode(), headers=headers) as response,
            ):
                text = await response.text()
        except TimeoutError:
            return "http_timeout"
        except aiohttp.ClientError:
            return "connection_failed"
        if response.status != 200:
            return "http_error"
        delivery.acknowledge(self.workspace, _answer(text, response.content_type))
        return ""


def _answer(text: str, content_type: str) -> dict[str, Any] | None:
    if not text:
        return None
    return dict(json.loads(text)) if content_type == "application/json" else {"text": text}
