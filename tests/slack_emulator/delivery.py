"""What Slack sends to an app, and when and how the app acknowledged it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from slack_emulator.workspace import Workspace

ACK_SECONDS = 3.0
"""How long Slack waits for an acknowledgement."""
RETRIES = 3


@dataclass
class Delivery:
    """One payload on its way to the app.

    Attributes:
        kind: ``events_api``, ``slash_commands`` or ``interactive``.
        again: whether an event is sent again when it is not acknowledged.
        earlier: how often it was sent before, as a replica sees it that has not got it then.
        tries: how often Slack tried to send it, also where nobody was connected.
        sent: when it was sent (monotonic seconds), once for each attempt.
        acked_at: when it was acknowledged first.
        response: what the acknowledgement held.
        lost: whether Slack has given it up although nobody did anything wrong: the app was not there.
        failed: what a person sees if nobody acknowledged it.
    """

    kind: str
    payload: dict[str, Any]
    on_ack: Callable[[dict[str, Any] | None], None] = lambda _: None
    again: bool = True
    earlier: int = 0
    envelope_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    tries: int = 0
    sent: list[float] = field(default_factory=list)
    acked_at: float | None = None
    acks: int = 0
    response: dict[str, Any] | None = None
    lost: bool = False
    failed: bool = False

    @property
    def ack_seconds(self) -> float | None:
        """From the attempt that was acknowledged to its acknowledgement."""
        if self.acked_at is None:
            return None
        return self.acked_at - max(at for at in self.sent if at <= self.acked_at)

    @property
    def retried(self) -> bool:
        """Whether Slack sends it again if it is not acknowledged."""
        return self.kind == "events_api" and self.again

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen with it."""
        return self.acked_at is not None or self.failed or self.lost

    def acknowledge(self, workspace: Workspace, response: dict[str, Any] | None) -> None:
        """Notes an acknowledgement, and does what it asks for."""
        with workspace.change():
            self.acks += 1
            if self.acked_at is None:
                self.acked_at, self.response = time.monotonic(), response
                self.on_ack(response)

    def give_up(self, workspace: Workspace, reason: str) -> None:
        """Nobody acknowledged it."""
        with workspace.change():
            self.failed = True
            workspace.violations.append(f"{self.kind} was not acknowledged: {reason}")


class Courier(Protocol):
    """A way to the app."""

    def send(self, delivery: Delivery) -> None:
        """Sends a payload, and again if need be; called from any thread."""
