"""What goes wrong at Slack: rate limits, failures, late answers, a method that answers with an error, an hour without Slack."""

from __future__ import annotations

import json
import random
import time
from collections import deque
from typing import Any, NamedTuple

from slack_emulator.workspace import Workspace

READ_SECONDS = 60
READING = ("conversations.history", "conversations.replies")
BURST = 5
"""Messages that a channel takes at once before it insists on one a second."""


class Fault(NamedTuple):
    """What a call gets instead of its answer; `after` if what it asks for is done all the same."""

    status: int
    error: str
    retry_after: int = 0
    after: bool = False


class Faults:
    """Decides which calls fail.

    Attributes:
        share: of the calls that fail, at random, half with 429 and half with 500.
        down: Slack answers nothing but 503.
        given: how many calls have failed so.
        burst: messages that a channel takes at once before it insists on one a second.
        unlisted: the app is distributed outside the Marketplace: it may read one page of messages a minute.
        read_at: when each method that reads messages may be called again, if the app is unlisted.
        late: seconds by which the answers of a method come after what it asks for is done.
    """

    def __init__(self, workspace: Workspace, seed: int = 20260630) -> None:
        self._workspace = workspace
        self._random = random.Random(seed)
        self._planned: dict[str, deque[Fault]] = {}
        self._not_before: dict[str, float] = {}
        self.read_at: dict[str, float] = {}
        self._buckets: dict[str, tuple[float, float]] = {}
        self.share = 0.0
        self.down = False
        self.unlisted = False
        self.given = 0
        self.burst = float(BURST)
        self.late: dict[str, float] = {}

    def plan(self, method: str, *faults: Fault) -> None:
        """Makes the next calls of a method fail so, one after another."""
        self._planned.setdefault(method, deque()).extend(faults)

    def forgive(self, method: str) -> None:
        """Drops what is planned for a method."""
        self._planned.pop(method, None)

    def planned(self, method: str) -> Fault | None:
        """The next fault that is planned for a method."""
        return faults.popleft() if (faults := self._planned.get(method)) else None

    def of(self, method: str, arguments: dict[str, Any]) -> Fault | None:
        """The fault of a call, if it has one."""
        call = f"{method} {json.dumps(arguments, sort_keys=True, default=str)}"
        fault = self._decide(method, arguments)
        now = time.monotonic()
        early = self._not_before.pop(call, 0) - now
        if early > 0.05:
            self._workspace.violation(f"{method}: tried again {early:.2f} s before Retry-After was over")
        if fault is not None:
            self.given += 1
            if fault.retry_after:
                self._not_before[call] = now + fault.retry_after
        return fault

    def _decide(self, method: str, arguments: dict[str, Any]) -> Fault | None:
        if self.down:
            return Fault(503, "service_unavailable")
        if planned := self.planned(method):
            return planned
        if self.share and method.partition(".")[0] not in ("apps", "auth") and self._random.random() < self.share:
            return self._random.choice([Fault(429, "ratelimited", 1), Fault(500, "internal_error")])
        if self.unlisted and method in READING:
            now, free_at = time.monotonic(), self.read_at.get(method, 0.0)
            if now < free_at:
                return Fault(429, "ratelimited", int(free_at - now) + 1)
            self.read_at[method] = now + READ_SECONDS
        if method == "chat.postMessage" and not self._has_room(str(arguments.get("channel"))):
            return Fault(429, "ratelimited", 1)
        return None

    def _has_room(self, channel: str) -> bool:
        now = time.monotonic()
        left, since = self._buckets.get(channel, (self.burst, now))
        left = min(self.burst, left + now - since)
        self._buckets[channel] = (left - 1 if left >= 1 else left, now)
        return left >= 1
