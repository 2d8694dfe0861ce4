"""How a cache keeps up with the log of changes: at once with what is quick, in the background with what takes long."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from embeddings.errors import QABotError
from embeddings.store.local.database import Database
from embeddings.store.protocol import Say

AHEAD = "it is ahead of the store"
"""Why a cache cannot be used that knows changes which the store does not: an older copy of the store has been put back."""

_PATIENCE = 0.25  # seconds that a question waits for what may take longer
_PAUSE = 10.0  # seconds after a failure before the next try
_NICE = 10


class Cache(Protocol):
    """An index over what SQLite holds: it is loaded, changes are applied to it, and it is saved."""

    name: str
    """Which cache it is."""

    patience: float
    """Seconds that a question waits while another one applies changes."""

    @property
    def change(self) -> int:
        """The change that it stands at; 0 while it is not loaded, or empty."""

    def is_loaded(self) -> bool:
        """Whether there is an index that can be searched."""

    def load(self, connection: sqlite3.Connection) -> None:
        """Opens the index on disk, unless one is loaded."""

    def is_quick(self, connection: sqlite3.Connection, last: int) -> bool:
        """Whether a question can wait for the changes up to the last one to be applied."""

    def apply(self, connection: sqlite3.Connection, check: Callable[[], None]) -> None:
        """Brings the index up to the last change in a snapshot; `check` is called now and then, and may raise."""

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Keeps other processes from preparing and saving; False if one of them is doing so."""
        yield True

    def prepare(self, check: Callable[[], None]) -> None:
        """Makes, beside the index that answers, the one that `apply` puts in its place, if another is due."""

    def save(self) -> None:
        """Writes the index to disk, if the copy there has fallen behind."""

    def is_due(self) -> bool:
        """Whether there is something to prepare or to save."""
        return False

    def is_saved(self, connection: sqlite3.Connection) -> bool:
        """Whether the next process finds on disk what it needs."""


SomeCache = TypeVar("SomeCache", bound=Cache)


class Stopped(Exception):
    """The store is being closed: whoever works for it stops."""


class CacheFollower(Generic[SomeCache]):
    """Keeps a cache up with the log of changes."""

    def __init__(self, cache: SomeCache, database: Database, say: Say) -> None:
        self.cache = cache
        self.background = Background(cache.name, say)
        self._database = database
        self._tending = threading.RLock()  # held by who prepares and saves
        self._applying = threading.Lock()  # held by who loads, or changes the index that answers

    def follow(self, connection: sqlite3.Connection, last: int) -> bool:
        """Brings the cache up to the last change in a snapshot, as far as that is quick; True if it was behind.

        The rest is done in the background: until then, searches find what they found before.
        """
        if self.cache.is_loaded() and self.cache.change >= last:
            return False
        busy = self.background.busy
        patience = self.cache.patience if self.cache.change else -1
        if busy:  # a question waits for a moment if the rest is quick, and never for an index that is made anew
            patience = _PATIENCE if self.cache.change and self.cache.is_quick(connection, last) else 0
        if self._applying.acquire(timeout=patience):
            try:
                self.cache.load(connection)
                is_quick = self.cache.is_quick(connection, last)
                if is_quick:
                    self.cache.apply(connection, self.background.check)
            finally:
                self._applying.release()
            if not busy and (not is_quick or self.cache.is_due()):
                self.background.start(self.catch_up)
                if not is_quick:
                    self.background.wait(_PATIENCE)
        return True

    def catch_up(self) -> None:
        """Brings the cache up to the last commit, however long it takes, and saves it."""
        with self._tending, self.cache.alone() as is_alone:
            if is_alone:
                self.cache.prepare(self.background.check)
            with self._applying, self._database.snapshot() as connection:
                self.cache.load(connection)
                self.cache.apply(connection, self.background.check)
                if is_alone:
                    self.cache.save()

    def bring_copy_up_to_date(self) -> None:
        """Does the same, unless the copy on disk is good enough for the next process."""
        with self._database.snapshot() as connection:
            is_saved = self.cache.is_saved(connection)
        if not is_saved:
            self.catch_up()


class Background:
    """One thread that does one task at a time, beside the questions; a person is told when a task fails."""

    def __init__(self, name: str, say: Say) -> None:
        self._pool = futures.ThreadPoolExecutor(1, thread_name_prefix=name, initializer=_step_back)
        self._say = say
        self._guard = threading.Lock()
        self._closing = threading.Event()
        self._task: futures.Future[None] | None = None
        self._failed_at = -_PAUSE
        self._failure = ""

    @property
    def busy(self) -> bool:
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
                self._say(f"an index could not be brought up to date ({error}); qa-bot will try again")

    def wait(self, seconds: float) -> None:
        """Waits until the task is done, but no longer than so many seconds."""
        if self._task is not None:
            futures.wait([self._task], seconds)

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
