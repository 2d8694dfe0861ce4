"""How far a task is, on stderr: a live bar on a terminal, which goes away at the end; elsewhere a line now and then."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from embeddings.indexing.reindexer import Progress


class ProgressLine:
    """Shows how far a task is.

    Args:
        stream: usually stderr.
        every: seconds between two lines, where the stream is no terminal.

    Example::

        with ProgressLine(sys.stderr) as line:
            bot.reindex(paths, progress=line.articles)
    """

    def __init__(self, stream: TextIO, every: float = 5.0) -> None:
        self._stream = stream
        self._every = every
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

        The time left is shown once passages are embedded: unchanged articles take next to none.
        """
        what = "articles"
        seconds = time.monotonic() - self._began
        if progress.embedded and seconds > 0:
            what += f", {progress.embedded / seconds:,.0f} passages/s"
        self._show(progress.entries, progress.total, what, timed=bool(progress.embedded))

    def steps(self, done: int, total: int, what: str) -> None:
        """Shows how far one step of several is; its time left counts from the first call for it."""
        if done <= 1:
            self._began = time.monotonic()
        self._show(done, total, what, timed=True)

    def _show(self, done: int, total: int, what: str, *, timed: bool) -> None:
        now = time.monotonic()
        words = f"{done:,} of {total:,} {what}" if total else f"{done:,} {what}"
        if timed and done and total:
            words += f", {_time_left((now - self._began) / done * (total - done))} left"
        if self._bar:
            self._bar.update(self._bar.task_ids[0], description=words, completed=done, total=total or None)
        elif now - self._last >= self._every:
            self._last = now
            self._stream.write(words + "\n")
            self._stream.flush()


def _bar(stream: TextIO) -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(20), TextColumn("{task.description}", markup=False))
    # Notes on stderr appear above the bar; stdout may be a pipe, which must get what is printed.
    bar = Progress(*columns, console=Console(file=stream), transient=True, redirect_stdout=False)
    bar.add_task("", total=None)
    return bar


def _time_left(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
