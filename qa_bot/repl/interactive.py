"""What a person's terminal has and a pipe has not: a line editor with history and completion, and a pager."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle


class LineEditor:
    """Reads lines from a terminal.

    Args:
        history: file of earlier lines; made if it can be, and done without if not.
        commands: what each command does, by its name.
        takes_paths: commands whose arguments are files and folders.
    """

    def __init__(self, history: Path, commands: Mapping[str, str], takes_paths: Iterable[str]) -> None:
        with contextlib.suppress(OSError):
            # Nobody else is to read what a person asked.
            history.touch(mode=0o600, exist_ok=True)
        self._session: PromptSession[str] = PromptSession(
            history=ForgivingHistory(history),
            completer=CommandCompleter(commands, takes_paths),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,
            enable_suspend=True,
        )

    def read(self, filtered: str = "") -> str:
        """The next line.  What other threads print meanwhile appears above it.

        Args:
            filtered: shown in the prompt.

        Raises:
            KeyboardInterrupt: Ctrl-C.
            EOFError: Ctrl-D on an empty line.
        """
        with patch_stdout():
            return self._session.prompt(f"[{filtered}] > " if filtered else "> ")


class ForgivingHistory(FileHistory):
    """Lines in a file; a file that cannot be read or written is no reason to stop."""

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


class CommandCompleter(Completer):
    """Completes the names of commands, and the paths that some take."""

    def __init__(self, commands: Mapping[str, str], takes_paths: Iterable[str]) -> None:
        self._commands = commands
        self._takes_paths = frozenset(takes_paths)
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What the text before the cursor can go on with."""
        text = document.text_before_cursor.lstrip()
        if text[:1] not in ("/", ":"):
            return
        name, space, arguments = text[1:].partition(" ")
        if not space:
            for command, does in self._commands.items():
                if command.startswith(name.lower()):
                    yield Completion(text[0] + command, -len(text), display_meta=does)
        elif name.lower() in self._takes_paths:
            path = arguments.rsplit(" ", 1)[-1]
            yield from self._paths.get_completions(Document(path), complete_event)


def show(text: str, write: Callable[[str], None]) -> None:
    """Prints text if it fits on the terminal, else gives it to the person's pager."""
    if text.count("\n") + 2 < shutil.get_terminal_size().lines:
        return write(text)
    try:
        command = shlex.split(os.environ.get("PAGER") or "less")
        # As git does: keep bold, leave the text on the screen, and do not stop at a text that fits after all.
        pager = subprocess.Popen(command, stdin=subprocess.PIPE, env={"LESS": "FRX", **os.environ})
    except (OSError, ValueError, IndexError):
        return write(text)
    # Ctrl-C is the pager's while it runs; a handler is not inherited, so the pager has its own.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        pager.communicate((text + "\n").encode(errors="replace"))
    finally:
        signal.signal(signal.SIGINT, before)
    return None
