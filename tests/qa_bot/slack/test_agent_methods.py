"""Methods for agents that Slack refuses for a while."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from qa_bot.slack.web_api import agent_sessions
from qa_bot.slack.web_api.agent_sessions import AgentSessions


class Clock:
    """A monotonic clock that a test turns."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_a_method_that_is_called_too_often_is_left_alone_as_long_as_slack_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, sessions, calls = Clock(), AgentSessions(), []
    monkeypatch.setattr(agent_sessions, "time", clock)

    async def set_status(**arguments: Any) -> None:
        calls.append(arguments["status"])
        if len(calls) == 1:
            data = {"ok": False, "error": "ratelimited"}
            headers = {"Retry-After": "3"}
            raise SlackApiError(  # type: ignore[no-untyped-call]
                "too often",
                SlackResponse(
                    client=None, http_verb="POST", api_url="", req_args={}, data=data, headers=headers, status_code=429
                ),
            )

    def attempt(status: str, workspace: str = "T1") -> bool:
        return asyncio.run(sessions.attempt(workspace, set_status, status=status))

    assert not attempt("first")
    clock.now += 2.9
    assert not attempt("too early")
    assert attempt("in another workspace", "T2")
    clock.now += 0.2
    assert attempt("in time")
    assert calls == ["first", "in another workspace", "in time"]
