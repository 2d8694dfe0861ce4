"""Short work beside a listener: begun at once, not written down, finished before the process ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from qa_bot.slack.log_redaction import in_words

MOST = 1000
"""Pieces of such work at once; nobody clicks so fast, unless to do harm."""

_log = logging.getLogger(__name__)


class Background:
    """Tasks that run beside the listeners."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, Any], what: str) -> None:
        """Begins some work; what goes wrong in it is logged.

        Args:
            work: a coroutine.
            what: names it in the log.
        """
        if len(self._tasks) >= MOST:
            work.close()
            _log.warning("%s is left out: too much is being done beside it", what)
            return
        task = asyncio.get_running_loop().create_task(_logged(work, what))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self, patience: float) -> None:
        """Waits for what is running, for at most `patience` seconds."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()


async def _logged(work: Coroutine[Any, Any, Any], what: str) -> None:
    try:
        await work
    except asyncio.CancelledError:
        raise
    except Exception as error:
        _log.error("%s failed: %s", what, in_words(error))
