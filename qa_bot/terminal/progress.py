"""How far something is, on stderr: on a terminal one line, redrawn, and gone at the end; elsewhere a line now and then."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from embeddings.indexing.reindexer import Progress


class ProgressLine:
    """Shows how far something is.

    Args:
        stream: usually stderr.
        every: seconds between two updates; None for a pace that suits the stream.

    Example::

        with ProgressLine(sys.stderr) as line:
            bot.reindex(paths, progress=line.articles)
    """

    def __init__(self, stream: TextIO, every: float | None = None) -> None:
        self._stream = stream
        self._redrawn = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._every = every if every is not None else 0.1 if self._redrawn else 5.0
        self._began = self._last = time.monotonic()
        self._shown = False

    def __enter__(self) -> ProgressLine:
        self._began = self._last = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
        self._shown = False

    def articles(self, progress: Progress) -> None:
        """Shows how far an index run is.

        Without a time left while all is unchanged, which goes by in no time, and while nobody knows how many there are.
        """
        what = "articles"
        seconds = time.monotonic() - self._began
        if progress.embedded and seconds > 0:
            what += f", {progress.embedded / seconds:,.0f} passages/s"
        self._show(progress.entries, progress.total, what, timed=bool(progress.embedded))

    def steps(self, done: int, total: int, what: str) -> None:
        """Shows how far one step of several is; the time left is counted from its first call."""
        if done <= 1:
            self._began = time.monotonic()
        self._show(done, total, what, timed=True)

    def _show(self, done: int, total: int, what: str, *, timed: bool) -> None:
        now = time.monotonic()
        if now - self._last < self._every:
            return
        self._last = now
        words = f"{done:,} of {total:,} {what}" if total else f"{done:,} {what}"
        if timed and done and total:
            words += f", {_time_left((now - self._began) / done * (total - done))} left"
        if self._redrawn:
            room = self._terminal_columns() - 1
            bar = _bar(done, total, 20) + " " if total and room > len(words) + 21 else ""
            self._stream.write(f"\r{(bar + words)[:room]}\x1b[K")
            self._shown = True
        else:
            self._stream.write(words + "\n")
        self._stream.flush()

    def _terminal_columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80


def _bar(done: int, total: int, width: int) -> str:
    full = width * done // max(total, 1)
    return "#" * full + "-" * (width - full)


def _time_left(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
