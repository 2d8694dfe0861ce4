"""How far a task is, on stderr: a live bar on a terminal, which goes away at the end; elsewhere a line now and then."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from embeddings.indexing.reindexer import Progress

RECENT_SECONDS = 30.0
"""Seconds whose speed tells how long the rest takes."""


class ProgressLine:
    """Shows how far a task is.

    Args:
        stream: usually stderr.
        every: seconds between two lines, where the stream is no terminal.
        prefix: makes what stands before such a line.

    Example::

        with ProgressLine(sys.stderr) as line:
            bot.reindex(paths, progress=line.articles)
    """

    def __init__(self, stream: TextIO, every: float = 5.0, prefix: Callable[[], str] = str) -> None:
        self._stream = stream
        self._every = every
        self._prefix = prefix
        self._recent: deque[tuple[float, int, int]] = deque()
        self._bar = _bar(stream) if stream.isatty() and os.environ.get("TERM") != "dumb" else None

    def __enter__(self) -> ProgressLine:
        self._began = self._last = time.monotonic()
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def articles(self, progress: Progress) -> None:
        """Shows how far an index run is.

        Speed and time left are those of the last `RECENT_SECONDS`, and shown once passages are embedded: unchanged articles,
        which may come first, take next to no time.
        """
        what = "articles"
        now = time.monotonic()
        self._recent.append((now, progress.entries, progress.embedded))
        while len(self._recent) > 2 and now - self._recent[1][0] > RECENT_SECONDS:
            self._recent.popleft()
        began, entries, embedded = self._recent[0] if now - self._began > RECENT_SECONDS else (self._began, 0, 0)
        seconds = now - began
        if progress.embedded and seconds > 0:
            what += f", {(progress.embedded - embedded) / seconds:,.0f} passages a second"
        left = None
        if progress.embedded and progress.total and progress.entries > entries:
            left = seconds / (progress.entries - entries) * (progress.total - progress.entries)
        self._show(progress.entries, progress.total, what, left)

    def steps(self, done: int, total: int, what: str) -> None:
        """Shows how far one step of several is; its time left counts from the first call for it."""
        if done <= 1:
            self._began = time.monotonic()
        left = (time.monotonic() - self._began) / done * (total - done) if done and total else None
        self._show(done, total, what, left)

    def _show(self, done: int, total: int, what: str, left: float | None) -> None:
        now = time.monotonic()
        words = f"{done:,} of {total:,} {what}" if total else f"{done:,} {what}"
        if left is not None:
            words += f", {duration(round(left))} left"
        if self._bar:
            self._bar.update(self._bar.task_ids[0], description=words, completed=done, total=total or None)
        elif now - self._last >= self._every:
            self._last = now
            self._stream.write(f"{self._prefix()}{words}\n")
            self._stream.flush()


def _bar(stream: TextIO) -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(20), TextColumn("{task.description}", markup=False))
    # Notes on stderr appear above the bar; stdout may be a pipe, which must get what is printed.
    bar = Progress(*columns, console=Console(file=stream), transient=True, redirect_stdout=False)
    bar.add_task("", total=None)
    return bar


def duration(seconds: float) -> str:
    """A time in words, to the second; to a tenth of one if it is short and no whole number.

    Example:
        >>> duration(0.91), duration(12), duration(75), duration(3700)
        ('0.9 s', '12 s', '1 min 15 s', '1 h 1 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours or minutes:
        return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
    return f"{seconds} s" if isinstance(seconds, int) else f"{seconds:.1f} s"
