"""Work that Ctrl-C can leave behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

PATIENCE = 0.5
"""Seconds that pass without a word; after them a person wonders."""

T = TypeVar("T")


def run_interruptible(work: Callable[[Callable[[], bool]], T], slow: Callable[[], None] = lambda: None) -> T:
    """Does work in a thread of its own, so that Ctrl-C need not wait for a model or a lock.

    Args:
        work: is given a function that says whether it is to stop; it asks that now and then.
        slow: called once if the work takes longer than `PATIENCE`.

    Returns:
        What the work returns; what it raises is raised.

    Raises:
        KeyboardInterrupt: Ctrl-C; the work is told to stop, and nobody waits until it has.
    """
    stopped = threading.Event()
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work(stopped.is_set))
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="interruptible", daemon=True).start()
    try:
        if not wait([outcome], PATIENCE).done:
            slow()
        # Short waits, as a wait without an end cannot be interrupted on Windows.
        while not wait([outcome], 0.2).done:
            pass
    except BaseException:
        stopped.set()
        raise
    return outcome.result()
