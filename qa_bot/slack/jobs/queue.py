"""Jobs: each is recorded before its event is acknowledged, done once, and adopted by another process if its own dies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from weakref import WeakValueDictionary

from qa_bot.monitoring.metrics import JOBS
from qa_bot.monitoring.requests import request
from qa_bot.slack.jobs.state import Job, SlackState
from qa_bot.slack.log_redaction import in_words

HEARTBEAT = 5.0
"""Seconds between two signs of life, after each of which orphaned jobs are adopted."""
PRUNING = 3600.0
OVERFULL = 2
"""Beyond so many times the limit, not even edits and clicks are taken: Slack sends them again, or says that they failed."""
SEEN = 10_000
"""Keys that are remembered without looking into the file; most events arrive twice within a second."""

Work = Callable[[Job], Awaitable[None]]

_log = logging.getLogger(__name__)


class Jobs:
    """Runs jobs as tasks of the event loop; the answering pool limits how many answer at once.

    Jobs about the same message (`payload["about"]`) are done one after the other, in the order of their arrival.

    Args:
        state: where they are recorded.
        works: the function that does each kind of job.
        limit: how many may be open; see `full`.
    """

    def __init__(self, state: SlackState, works: Mapping[str, Work], limit: int) -> None:
        self._state = state
        self._works = works
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._seen: dict[str, None] = {}
        self._keeper: asyncio.Task[None] | None = None

    @property
    def open(self) -> int:
        """Number of jobs that are not done yet."""
        return len(self._tasks)

    @property
    def full(self) -> bool:
        """Whether no more should be taken on."""
        return self.open >= self._limit

    def put(self, key: str, kind: str, payload: dict[str, Any]) -> bool:
        """Records a job and starts it; False if a job with this key was seen before.

        Its kind chooses the function that does it, and the payload is what that function needs.

        Raises:
            asyncio.QueueFull: far too many are open; the request should not be acknowledged.
        """
        if key in self._seen:
            return False
        if self.open >= OVERFULL * self._limit:
            raise asyncio.QueueFull(f"{self.open} jobs are open")
        if not self._state.claim(key, kind, payload):
            return False
        self._seen[key] = None
        if len(self._seen) > SEEN:
            del self._seen[next(iter(self._seen))]
        self._start(Job(key, kind, payload, 1))
        return True

    def start(self) -> None:
        """Adopts the jobs of processes that are gone, now and from time to time."""
        self._adopt()
        self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self, patience: float) -> None:
        """Waits for running jobs, for at most `patience` seconds; the rest stays recorded."""
        if self._keeper:
            self._keeper.cancel()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()
            if late:
                _log.warning("%d jobs are not done; the next start continues them", len(late))
                await asyncio.wait(late, timeout=1)

    def _start(self, job: Job) -> None:
        task = asyncio.get_running_loop().create_task(self._do(job))
        self._tasks.add(task)
        task.add_done_callback(self._end)
        JOBS.set(self.open)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        JOBS.set(self.open)

    async def _do(self, job: Job) -> None:
        # the dictionary forgets a message's lock when no job waits for it or has it
        turn = self._turns.setdefault(str(job.payload.get("about", job.key)), asyncio.Lock())
        async with turn:
            with request(job.key):
                try:
                    await self._works[job.kind](job)
                except Exception as error:
                    _log.error("a job (%s) failed: %s", job.kind, in_words(error))
        self._state.done(job.key)  # not if it is cancelled: then another process continues it

    def _adopt(self) -> None:
        orphans = [job for job in self._state.orphans() if job.kind in self._works]
        if orphans:
            _log.info("continuing %d jobs of a process that has ended", len(orphans))
        for job in orphans:
            self._start(job)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        pruned = loop.time()
        while True:
            await asyncio.sleep(HEARTBEAT)
            try:
                self._state.heartbeat()
                self._adopt()
                if loop.time() - pruned > PRUNING:
                    await asyncio.to_thread(self._state.prune)
                    pruned = loop.time()
            except Exception as error:
                _log.error("%s cannot be written: %s", self._state.path, error)
