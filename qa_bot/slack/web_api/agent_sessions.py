"""Which methods for agents a workspace has: Slack replaces those of 2024 by those of 2026, and not everywhere at once.

``agents.sessions.*`` say that the bot works, and give it a button to stop; ``assistant.threads.*`` show a line of text, until
Slack turns them off in February 2027.  https://docs.slack.dev/ai/agent-sessions
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from slack_sdk.errors import SlackApiError

from qa_bot.slack.web_api.calls import CALL_ERRORS, TEMPORARY, error_code, is_rate_limit, retry_after

LACKED_SECONDS = 3600.0
"""Seconds after which a method that a workspace did not have is tried again."""
RENAMED = 10_000
"""Threads whose people chose the title that are remembered."""
ABOUT_THE_THREAD = frozenset(
    {
        "channel_not_found",
        "invalid_thread_ts",
        "is_archived",
        "message_not_found",
        "not_in_channel",
        "session_not_found",
        "thread_not_found",
    }
)
"""Errors of one thread, which say nothing about others."""

_log = logging.getLogger(__name__)


class AgentSessions:
    """Calls the methods, each where it exists, and remembers where it does not."""

    def __init__(self) -> None:
        self._lacked: dict[tuple[str | None, str], float] = {}
        self._renamed: dict[tuple[str, str], None] = {}
        self._working = Counter[tuple[str, str]]()

    async def attempt(self, workspace: str | None, method: Callable[..., Awaitable[Any]], **arguments: Any) -> bool:
        """Calls a method once, unless the workspace did not have it lately; returns whether Slack did what it asks for.

        A method that is called too often is left alone for as long as Slack asks.

        Args:
            workspace: id.
            method: of the workspace's client.
            arguments: of the method.
        """
        name = method.__name__
        if time.monotonic() < self._lacked.get((workspace, name), 0.0):
            return False
        try:
            await method(**arguments)
        except CALL_ERRORS as error:
            code = error_code(error)
            _log.info("%s failed: %s", name, code or type(error).__name__)
            passes = code in TEMPORARY | ABOUT_THE_THREAD
            if is_rate_limit(error):
                self._lacked[workspace, name] = time.monotonic() + retry_after(error, 1.0)
            elif isinstance(error, SlackApiError) and code and not passes:
                self._lacked[workspace, name] = time.monotonic() + LACKED_SECONDS
            return False
        return True

    def begin(self, channel: str, thread: str) -> None:
        """Counts a message of a thread that is being worked on."""
        self._working[channel, thread] += 1

    def finish(self, channel: str, thread: str) -> bool:
        """Counts one less; returns whether none is left."""
        self._working[channel, thread] -= 1
        if self._working[channel, thread] > 0:
            return False
        del self._working[channel, thread]
        return True

    def note_renamed(self, channel: str, thread: str) -> None:
        """Notes that a person chose the title of a thread."""
        if len(self._renamed) >= RENAMED:
            del self._renamed[next(iter(self._renamed))]
        self._renamed[channel, thread] = None

    def is_renamed(self, channel: str, thread: str) -> bool:
        """Whether a person chose the title of a thread, as far as this process has heard."""
        return (channel, thread) in self._renamed
