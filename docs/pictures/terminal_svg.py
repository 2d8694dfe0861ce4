"""A session of the REPL in a pseudo-terminal, and its picture."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

COLUMNS = 80
PROMPT = "> "
LONGEST_WAIT = 120.0
"""Seconds for an answer; the first one waits for the models."""

FONT = 14.5
CELL, LINE = 0.602 * FONT, 20.5
LEFT, TOP, BOTTOM = 26.0, 64.0, 6.0

STYLE = """
    .window { fill: #14181f; stroke: #3a424e; }
    .bar { fill: #1d232c; }
    .name { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #8b96a5; }
    .screen { font: %spx ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #c9d3e0; }
    .bold { font-weight: 700; fill: #ffd479; }
    .dim { fill: #8492a6; }
    .typed { fill: #7fd1b9; }
"""


class Cell(NamedTuple):
    """One character of the screen, and how it looks: "", "bold" or "dim"."""

    character: str
    look: str


class Screen:
    """As much of a terminal as the REPL uses: it writes, goes back, and erases."""

    _LINK = re.compile(r"\x1b]8;.*?\x1b\\")
    _PIECE = re.compile(r"\x1b\[([\d;?]*)([A-Za-z])|([\r\n\b])|([^\x1b\r\n\b])")

    def __init__(self, written: str) -> None:
        self.rows: list[list[Cell]] = [[]]
        self._column = 0
        self._look = ""
        self._show(written)

    @property
    def last_line(self) -> str:
        """The line that the cursor is on."""
        return "".join(cell.character for cell in self.rows[-1])

    def _show(self, written: str) -> None:
        for numbers, command, control, character in self._PIECE.findall(self._LINK.sub("", written)):
            if command:
                self._obey(command, numbers)
            elif control:
                self._column = {"\b": max(self._column - 1, 0)}.get(control, 0)
                self.rows += [[]] if control == "\n" else []
            else:
                row = self.rows[-1]
                row += [Cell(" ", "")] * (self._column + 1 - len(row))
                row[self._column] = Cell(character, self._look)
                self._column += 1

    def _obey(self, command: str, numbers: str) -> None:
        if command == "m":
            self._look = {"1": "bold", "2": "dim"}.get(numbers, "")
        elif command in "CD":
            self._column = max(self._column + int(numbers or 1) * (1 if command == "C" else -1), 0)
        elif command in "JK":
            del self.rows[-1][self._column :]


def record_repl(questions: Sequence[str], data_dir: Path, cache_dir: Path) -> list[list[Cell]]:
    """Asks the real REPL in a pseudo-terminal.

    Args:
        questions: typed one after another, each at its own prompt.
        data_dir: folder of the store.
        cache_dir: folder of the compiled models.

    Returns:
        The rows of the screen, up to the last answer.

    Raises:
        TimeoutError: no prompt came back.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    environment |= {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    environment |= {"QA_BOT_DATA_DIR": str(data_dir), "QA_BOT_CACHE_DIR": str(cache_dir)}
    repl = subprocess.Popen(
        [sys.executable, "-m", "qa_bot", "repl"],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    written = bytearray()
    try:
        screen = _wait_for_prompt(ours, written, 1)
        for number, question in enumerate(questions, start=2):
            os.write(ours, f"{question}\r".encode())
            screen = _wait_for_prompt(ours, written, number)
    finally:
        repl.kill()
        repl.wait()
        os.close(theirs)
        os.close(ours)
    rows = screen.rows[:-1]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _wait_for_prompt(terminal: int, written: bytearray, prompts: int) -> Screen:
    """Reads into `written` until the REPL waits at its `prompts`th prompt; gives the screen as it is then."""
    until = time.monotonic() + LONGEST_WAIT
    screen = Screen("")
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.3)[0]:
            written += os.read(terminal, 65536)
            screen = Screen(written.decode(errors="replace"))
        elif screen.last_line.strip() == PROMPT.strip() and sum(map(_is_prompt, screen.rows)) == prompts:
            return screen
    raise TimeoutError(f"no prompt after {LONGEST_WAIT:.0f} s; the screen ends with: {screen.last_line!r}")


def _is_prompt(row: Sequence[Cell]) -> bool:
    return row[:1] == [Cell(PROMPT[0], "")]


def draw_terminal(rows: Sequence[Sequence[Cell]], name: str) -> str:
    """A window with the rows in it, as SVG: one ``text`` element a line, so that the text can be read back.

    Args:
        rows: the lines of the screen.
        name: in the title bar.
    """
    width, height = round(2 * LEFT + COLUMNS * CELL), round(TOP + len(rows) * LINE + BOTTOM)
    lines = [_line(row, TOP + number * LINE) for number, row in enumerate(rows) if row]
    dots = "".join(f'<circle cx="{x}" cy="18" r="6" fill="#4a5463"/>' for x in (24, 44, 64))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
            f"  <title>{escape(name)}</title>",
            f"  <style>{STYLE % FONT}  </style>",
            f'  <rect class="window" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="10"/>',
            f'  <path class="bar" d="M1 36V11a10 10 0 0 1 10-10H{width - 11}a10 10 0 0 1 10 10V36z"/>',
            f'  {dots}<text class="name" x="{width / 2:g}" y="23" text-anchor="middle">{escape(name)}</text>',
            '  <g class="screen">',
            *(f"    {line}" for line in lines),
            "  </g>",
            "</svg>\n",
        ]
    )


def _line(row: Sequence[Cell], y: float) -> str:
    typed = _is_prompt(row)
    runs, column = [], 0
    for look, cells in groupby(row, key=lambda cell: "typed" if typed else cell.look):
        text = "".join(cell.character for cell in cells)
        place = f'x="{LEFT + column * CELL:.1f}" textLength="{len(text) * CELL:.1f}"'
        shown = escape(text, quote=False).replace(
            " ", "\N{NO-BREAK SPACE}"
        )  # others would be drawn as one, or not at all
        runs.append(f"<tspan {_class(look)}{place}>{shown}</tspan>")
        column += len(text)
    return f'<text y="{y:g}">{"".join(runs)}</text>'


def _class(look: str) -> str:
    return f'class="{look}" ' if look else ""
