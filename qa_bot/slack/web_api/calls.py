"""Calls of Slack's Web API: repeated until they come through, and sent to Slack's own addresses only."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackClientError

from qa_bot.monitoring.metrics import SLACK_FAILURES

PATIENCE = 600.0
"""Seconds after which a call that keeps failing is given up."""
CALL_ERRORS = (SlackClientError, aiohttp.ClientError, OSError, TimeoutError)
"""What a call raises when Slack refuses it or cannot be reached."""
TEMPORARY = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited", "rate_limited"}
)
"""Slack's names of errors that pass."""
HOSTS = (".slack.com", ".slack-edge.com", ".slack-files.com", ".slack-gov.com")

_log = logging.getLogger(__name__)


async def call(
    method: Callable[..., Awaitable[Any]], *, landed: Callable[[], Awaitable[Any]] | None = None, **arguments: Any
) -> Any:
    """Calls a method of the Web API until it comes through.

    Args:
        method: of the client.
        landed: looks whether a call that failed on its way arrived after all; its result, unless None, is returned.
        arguments: of the method.

    Raises:
        SlackApiError: Slack refuses, and would refuse again.
        OSError, asyncio.TimeoutError: Slack could not be reached for `PATIENCE` seconds.
    """
    loop = asyncio.get_running_loop()
    began, attempt = loop.time(), 0
    while True:
        attempt += 1
        try:
            return await method(**arguments)
        except CALL_ERRORS as error:
            wait = seconds_to_wait(error, attempt)
            given_up = wait is None or loop.time() - began + wait > PATIENCE
            SLACK_FAILURES.labels(_kind(error), "no" if given_up else "yes").inc()
            if wait is None or given_up:
                raise
            doubtful = not is_rate_limit(error)
            level = logging.INFO if attempt < 3 else logging.WARNING
            name = getattr(method, "__name__", "a call")
            _log.log(level, "%s failed (%s); next attempt in %.1f s", name, _reason(error), wait)
        await asyncio.sleep(wait)
        if doubtful and landed is not None and (result := await landed()) is not None:
            return result


def error_code(error: Exception) -> str:
    """Slack's name for an error, such as ``channel_not_found``; empty if it has none."""
    response = getattr(error, "response", None)
    try:
        return str(response.get("error") or "") if response is not None else ""
    except (AttributeError, TypeError, ValueError):
        return ""


def is_rate_limit(error: Exception) -> bool:
    """Whether Slack asks to be called less often."""
    return _status(error) == 429 or error_code(error) in ("ratelimited", "rate_limited")


def retry_after(error: Exception, otherwise: float) -> float:
    """Seconds that Slack asks to wait; `otherwise` if it names no sensible number of them."""
    headers: Mapping[str, Any] = getattr(getattr(error, "response", None), "headers", None) or {}
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), otherwise)
    try:
        seconds = float(value[0] if isinstance(value, list) else value)
    except (TypeError, ValueError):
        return otherwise
    return min(max(seconds, 0.0), PATIENCE / 2) if math.isfinite(seconds) else otherwise


def seconds_to_wait(error: Exception, attempt: int) -> float | None:
    """Seconds until the next attempt, with jitter; None if there should be none."""
    if is_rate_limit(error):
        return retry_after(error, 1.0) + random.random() / 10
    if hasattr(error, "response") and _status(error) < 500 and error_code(error) not in TEMPORARY:
        return None
    return float(min(0.3 * 2 ** (attempt - 1), 30.0) * (1 + random.random() / 4))


def is_slacks(url: str, api_url: str) -> bool:
    """Whether an address is one of Slack's own: https at one of its hosts, or where its Web API is, at `api_url`.

    Only there go the bot's token and what only one person shall see.
    """
    try:
        given, own = urlsplit(url), urlsplit(api_url)
        if "@" in given.netloc or "\\" in url:
            return False
        if (given.scheme, given.hostname, given.port) == (own.scheme, own.hostname, own.port):
            return True
        return given.scheme == "https" and f".{given.hostname}".endswith(HOSTS)
    except ValueError:
        return False


def _kind(error: Exception) -> str:
    """What kind of failure a call ended in, for its count."""
    if is_rate_limit(error):
        return "rate limit"
    return "refused" if hasattr(error, "response") and _status(error) < 500 else "unreachable"


def _reason(error: Exception) -> str:
    if hasattr(error, "response"):
        return f"{error_code(error) or 'error'}, HTTP {_status(error)}"
    return type(error).__name__


def _status(error: Exception) -> int:
    response = getattr(error, "response", None)
    return int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
