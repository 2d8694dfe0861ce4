"""What a check finds, as `qa-bot slack --check` and `qa-bot doctor` print it."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """Whether something is right, and what it is or what to do; `right` is None if that cannot be checked."""

    right: bool | None
    subject: str
    words: str

    def line(self) -> str:
        """The finding as it is printed."""
        mark = {True: "ok   ", False: "WRONG", None: "?    "}[self.right]
        return f"{mark} {self.subject}: {self.words}"
