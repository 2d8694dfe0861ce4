"""Socket Mode: requests come over a WebSocket that the bot opens, so it needs no address that Slack can reach.

https://docs.slack.dev/apis/events-api/using-socket-mode.  The connection is watched more closely than the SDK's clients do,
which notice that it is gone after up to a ping interval, and leave requests unanswered meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.web_api.posting import error_code, retry_after

PING = 10.0
"""Seconds between signs of life; a connection without any is given up."""
LONGEST_WAIT = 30.0
"""Seconds between attempts to connect, at most."""

_log = logging.getLogger(__name__)


class SocketMode:
    """Keeps a connection, and hands what comes to the app.

    Args:
        app: takes the requests.
        client: of the Web API.
        app_token: that begins with ``xapp-``.
        session: of HTTP connections.
    """

    def __init__(self, app: AsyncApp, client: AsyncWebClient, app_token: str, session: aiohttp.ClientSession) -> None:
        self._app = app
        self._client = client
        self._app_token = app_token
        self._session = session
        self._handling: set[asyncio.Task[None]] = set()
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Connects, and again whenever the connection is gone, until it is cancelled."""
        failures = 0
        while True:
            try:
                url = (await self._client.apps_connections_open(app_token=self._app_token))["url"]
                async with self._session.ws_connect(url, heartbeat=PING, proxy=self._client.proxy) as connection:
                    failures = 0
                    reason = await self._receive(connection)
                _log.info("the connection to Slack ended (%s); connecting again", reason)
            except Exception as error:  # whatever it is: a process that is not connected is there for nobody
                failures += 1
                wait = self._wait(error, failures)
                _log.warning("no connection to Slack (%s); once more in %.1f s", _why(error), wait)
                await asyncio.sleep(wait)
            finally:
                self.connected.clear()

    async def stop(self) -> None:
        """Waits for what is being handed over."""
        if self._handling:
            await asyncio.wait(self._handling, timeout=2)

    async def _receive(self, connection: aiohttp.ClientWebSocketResponse) -> str:
        """Takes messages until there are no more; returns why."""
        async for received in connection:
            if received.type is not aiohttp.WSMsgType.TEXT:
                continue
            envelope = _parsed(received.data)
            kind = envelope.get("type")
            if kind == "hello":
                self.connected.set()
                _log.info("connected to Slack")
            elif kind == "disconnect":
                return f"Slack says: {envelope.get('reason')}"
            elif envelope.get("envelope_id"):
                task = asyncio.get_running_loop().create_task(self._hand_over(connection, envelope))
                self._handling.add(task)
                task.add_done_callback(self._handling.discard)
        return "it was cut"

    async def _hand_over(self, connection: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        """Hands a request to the app, and acknowledges it; one that fails is not, so that Slack sends it again."""
        answer: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        try:
            request = SocketModeRequest.from_dict(envelope)
            if request is not None and isinstance(request.payload, dict):
                response = await run_async_bolt_app(self._app, request)
                if response.status >= 500:
                    return
                if response.body:
                    answer["payload"] = _payload(response.body)
        except Exception as error:
            _log.error("a request could not be read: %s", in_words(error))
        try:
            await connection.send_str(json.dumps(answer))
        except (aiohttp.ClientError, OSError) as error:
            _log.info("a request could not be acknowledged (%s); Slack will send it again", type(error).__name__)

    def _wait(self, error: Exception, failures: int) -> float:
        if isinstance(error, SlackApiError) and error_code(error) == "ratelimited":
            return retry_after(error, 10.0)
        return float(min(0.2 * 2 ** min(failures - 1, 10), LONGEST_WAIT) * (1 + random.random() / 4))


def _parsed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        _log.warning("Slack sent something that is not JSON")
        return {}
    return found if isinstance(found, dict) else {}


def _payload(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return {"text": body}


def _why(error: Exception) -> str:
    code = error_code(error)
    if code in ("invalid_auth", "not_authed", "token_revoked", "account_inactive", "token_expired"):
        return f"{code}: Slack does not take SLACK_APP_TOKEN any more; make a new one, and see: qa-bot slack --check"
    return code or in_words(error)
