"""Work that goes on beside the questions."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from embeddings.errors import QABotError
from embeddings.store.protocol import Say

_PAUSE = 10.0  # seconds after a failure before the next try
_NICE = 10


class Stopped(Exception):
    """The store is being closed: whoever works for it stops where he is."""


class Background:
    """One thread that does one task at a time.

    Args:
        name: of the thread.
        say: is told when a task fails.
    """

    def __init__(self, name: str, say: Say) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name, initializer=_step_back)
        self._say = say
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._task: Future[None] | None = None
        self._failed_at = -_PAUSE
        self._failure = ""

    @property
    def busy(self) -> bool:
        """Whether a task is being done."""
        return self._task is not None and not self._task.done()

    def start(self, task: Callable[[], object]) -> None:
        """Begins a task, unless one is being done, or one failed a moment ago."""
        with self._guard:
            if self.busy or self._closing.is_set() or time.monotonic() - self._failed_at < _PAUSE:
                return
            self._task = self._pool.submit(self._do, task)

    def _do(self, task: Callable[[], object]) -> None:
        try:
            task()
        except Stopped:
            return
        except (QABotError, OSError, RuntimeError, MemoryError) as error:
            self._failed_at = time.monotonic()
            if str(error) != self._failure and not self._closing.is_set():
                self._failure = str(error)
                self._say(f"an index could not be brought up to date ({error}); it is tried again")

    def wait(self, seconds: float | None = None) -> None:
        """Waits until the task is done, but no longer than so."""
        task = self._task
        if task is not None and not task.done():
            done = threading.Event()
            task.add_done_callback(lambda _: done.set())
            done.wait(seconds)

    def check(self) -> None:
        """To be called by long tasks now and then.

        Raises:
            Stopped: the store is being closed.
        """
        if self._closing.is_set():
            raise Stopped

    def close(self, *, wait: bool = True) -> None:
        """Has the task stop; waits until it has, unless told not to."""
        self._closing.set()
        self._pool.shutdown(wait=wait, cancel_futures=True)


def _step_back() -> None:
    """Lets the threads that answer go first: on Linux, a thread has a priority of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
