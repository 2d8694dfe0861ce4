"""Work that is not recorded: answering in a few threads at once, and short tasks beside the listeners."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from qa_bot.monitoring.metrics import WAITING
from qa_bot.slack.log_redaction import in_words

T = TypeVar("T")

WAIT_SHOWN = 1.0
"""Seconds after which a person whose question waits is told so."""
MOST_TASKS = 1000
"""Short tasks at once; only an attacker clicks so fast."""

_log = logging.getLogger(__name__)


class Pool:
    """Runs work that needs the processor in threads: a few pieces at once, first come, first served.

    Args:
        workers: pieces at once.
        wait_shown: seconds of waiting after which `tell` is called.
    """

    def __init__(self, workers: int, wait_shown: float = WAIT_SHOWN) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="answering")
        self._slots = asyncio.Semaphore(workers)
        self._wait_shown = wait_shown
        self.waiting = 0
        """Pieces of work that have not begun."""

    async def run(self, work: Callable[[], T], tell: Callable[[int], Awaitable[None]] | None = None) -> T:
        """Does a piece of work when its turn comes.

        Args:
            work: called in a thread.
            tell: called once with the number of pieces ahead of this one, if it waits for long.
        """
        ahead = self.waiting
        self.waiting += 1
        WAITING.set(self.waiting)
        telling = asyncio.ensure_future(self._tell_late(tell, ahead)) if tell and self._slots.locked() else None
        try:
            await self._slots.acquire()
        finally:
            self.waiting -= 1
            WAITING.set(self.waiting)
            if telling:
                telling.cancel()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, copy_context().run, work)
        finally:
            self._slots.release()

    def close(self) -> None:
        """Releases the threads without waiting for their work."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _tell_late(self, tell: Callable[[int], Awaitable[None]], ahead: int) -> None:
        await asyncio.sleep(self._wait_shown)
        await tell(max(ahead, 1))


class ShortTasks:
    """Short tasks beside the listeners, such as opening a modal: begun at once, and finished before the process ends."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        """Begins a task; its errors are logged under the name `what`."""
        if len(self._tasks) >= MOST_TASKS:
            work.close()
            _log.warning("%s is left out: too many short tasks are running", what)
            return
        task = asyncio.get_running_loop().create_task(_logged(work, what))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, patience: float) -> None:
        """Waits for running tasks, for at most `patience` seconds."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()


async def _logged(work: Coroutine[Any, Any, Any], what: str) -> None:
    try:
        await work
    except Exception as error:
        _log.error("%s failed: %s", what, in_words(error))
