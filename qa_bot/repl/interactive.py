"""What a person at a terminal has and a pipe has not: a line editor with history and completion, a pager, Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import TypeVar

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer, ThreadedCompleter
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle

PATIENCE = 0.5
"""Seconds of work without a word, after which a person wonders."""

T = TypeVar("T")


class LineEditor:
    """Reads lines from a terminal.

    Args:
        history: file of earlier lines; if it cannot be made, there is no history.
        completer: what Tab offers.
    """

    def __init__(self, history: Path, completer: Completer) -> None:
        with contextlib.suppress(OSError):
            # Nobody else may read what a person asked.
            history.touch(mode=0o600, exist_ok=True)
        self._session: PromptSession[str] = PromptSession(
            history=ForgivingHistory(history),
            completer=ThreadedCompleter(completer),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,
            enable_suspend=True,
        )

    def read(self, filtered: str = "") -> str:
        """The next line.  What other threads print appears above it.

        Args:
            filtered: the filter, shown in the prompt.

        Raises:
            KeyboardInterrupt: Ctrl-C.
            EOFError: Ctrl-D on an empty line.
        """
        with patch_stdout():
            return self._session.prompt(f"[{filtered}] > " if filtered else "> ")


class ForgivingHistory(FileHistory):
    """Lines in a file; errors in reading and writing it are ignored."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))

    def load_history_strings(self) -> list[str]:
        """The lines of earlier runs, the newest first."""
        try:
            return list(super().load_history_strings())
        except OSError:
            return []

    def store_string(self, string: str) -> None:
        """Adds a line to the file."""
        with contextlib.suppress(OSError, ValueError):
            super().store_string(string)


def show(text: str, write: Callable[[str], None]) -> None:
    """Prints text if it fits on the terminal, else opens it in the pager."""
    if text.count("\n") + 2 < shutil.get_terminal_size().lines:
        return write(text)
    try:
        command = shlex.split(os.environ.get("PAGER") or "less")
        # As git does: keep bold, leave the text on the screen, and quit if the text fits after all.
        pager = subprocess.Popen(command, stdin=subprocess.PIPE, env={"LESS": "FRX", **os.environ})
    except (OSError, ValueError, IndexError):
        return write(text)
    # While the pager runs, Ctrl-C is for the pager, which does not inherit this handler.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        pager.communicate((text + "\n").encode(errors="replace"))
    finally:
        signal.signal(signal.SIGINT, before)
    return None


def run_interruptible(work: Callable[[Callable[[], bool]], T], slow: Callable[[], None] = lambda: None) -> T:
    """Runs work in a thread, so that Ctrl-C need not wait for a model or a lock.

    Args:
        work: its argument tells whether to stop; it calls that now and then.
        slow: called once if the work takes longer than `PATIENCE`.

    Returns:
        What the work returns; what it raises is raised.

    Raises:
        KeyboardInterrupt: Ctrl-C; this asks the work to stop, and does not wait until it has stopped.
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
