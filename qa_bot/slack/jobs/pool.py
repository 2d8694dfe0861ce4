"""The answering pool: a few questions are answered at once, the others wait in line and can say how long it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

WAIT_SHOWN = 1.0
"""Seconds after which somebody whose question waits is told so."""


class Pool:
    """Runs work that takes the processor, a few pieces at once, first come, first served.

    Args:
        workers: pieces at once.
    """

    def __init__(self, workers: int) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="answering")
        self._slots = asyncio.Semaphore(workers)
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Pieces of work that have not begun."""
        return self._waiting

    async def run(self, work: Callable[[], T], tell: Callable[[int], Awaitable[None]] | None = None) -> T:
        """Does a piece of work when its turn comes.

        Args:
            work: called in a thread.
            tell: called once with the number of pieces that are before this one, if it has to wait for long.
        """
        ahead = self._waiting
        self._waiting += 1
        teller = asyncio.ensure_future(_tell_late(tell, ahead)) if tell and self._slots.locked() else None
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
            if teller:
                teller.cancel()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._slots.release()

    def close(self) -> None:
        """Lets go of the threads, without waiting for what they do."""
        self._executor.shutdown(wait=False, cancel_futures=True)


async def _tell_late(tell: Callable[[int], Awaitable[None]], ahead: int) -> None:
    await asyncio.sleep(WAIT_SHOWN)
    await tell(max(ahead, 1))
