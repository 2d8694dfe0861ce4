"""Work for the processor waits for its turn, within limits, in the order in which it came."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from qa_bot.answering.answerer import Cancelled

WORKERS = 2
"""Pieces of work at once."""
MOST_WAITING = 100
"""Pieces of work that wait."""
WAITING_SECONDS = 30.0
"""Seconds that a piece waits at most; whoever asked has left by then, or should be told."""

T = TypeVar("T")


class BusyError(Exception):
    """Too much work is waiting, or a piece of it waited too long."""

    def __init__(self) -> None:
        super().__init__("too many questions are waiting; ask again in a few seconds")


class Turns:
    """Does work in threads, a few pieces at once.

    Args:
        seconds: that a piece may wait for its turn.
        workers: pieces at once.
        most_waiting: pieces that wait; a further one is refused.
    """

    def __init__(
        self, seconds: float = WAITING_SECONDS, workers: int = WORKERS, most_waiting: int = MOST_WAITING
    ) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="answering")
        self._seconds = seconds
        self._most = workers + most_waiting
        self._given_up: set[threading.Event] = set()

    async def run(self, work: Callable[[Callable[[], bool]], T]) -> T:
        """Does a piece of work when its turn comes.

        Args:
            work: called in a thread; its argument says whether nobody waits for it any more.

        Raises:
            BusyError: too many pieces wait, or this one has waited too long, or the process ends.
        """
        if len(self._given_up) >= self._most:
            raise BusyError
        given_up = threading.Event()
        latest = time.monotonic() + self._seconds

        def turn() -> T:
            if time.monotonic() > latest:
                raise BusyError
            return work(given_up.is_set)

        self._given_up.add(given_up)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, copy_context().run, turn)
        except Cancelled:
            raise BusyError from None
        finally:
            given_up.set()
            self._given_up.discard(given_up)

    def close(self) -> None:
        """Gives up what is being done and what waits."""
        for given_up in self._given_up:
            given_up.set()
        self._executor.shutdown(wait=False, cancel_futures=True)
