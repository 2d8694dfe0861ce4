"""How much a command says besides its result: `-v`, `-q` and `--log-level`, which every command takes."""

from __future__ import annotations

import logging
import sys
from typing import Any

import click

from embeddings.errors import SettingsError
from embeddings.text import visible

NAMES = ("verbose", "quiet", "log_level")
LEVELS = ("debug", "info", "warning", "error")
_LEVEL = "qa_bot.level"


def verbosity_options(*, hidden: bool) -> list[click.Option]:
    """The options; those of a single command are not in its help, as they are in that of `qa-bot`."""
    return [
        click.Option(
            ["-v", "--verbose"], count=True, help="log what is done to stderr; -vv: everything", hidden=hidden
        ),
        click.Option(["-q", "--quiet"], is_flag=True, help="only errors, and what cannot be read", hidden=hidden),
        click.Option(
            ["--log-level"], type=click.Choice(LEVELS), help="the same by name: what is logged to stderr", hidden=hidden
        ),
    ]


def take_verbosity(ctx: click.Context) -> None:
    """Takes the options out of a context's parameters and notes the level that they name.

    Raises:
        SettingsError: they contradict each other.
    """
    given: dict[str, Any] = {name: ctx.params.pop(name) for name in NAMES}
    if sum(map(bool, given.values())) > 1:
        raise SettingsError("-v, -q, --log-level: use one of them")
    if given["log_level"]:
        ctx.meta[_LEVEL] = getattr(logging, given["log_level"].upper())
    elif given["verbose"]:
        ctx.meta[_LEVEL] = logging.INFO if given["verbose"] == 1 else logging.DEBUG
    elif given["quiet"]:
        ctx.meta[_LEVEL] = logging.ERROR


def given_level() -> int | None:
    """The level of `logging` that a person asks for; None if they ask for none."""
    context = click.get_current_context(silent=True)
    level = context.meta.get(_LEVEL) if context else None
    return None if level is None else int(level)


def is_quiet() -> bool:
    """Whether to say only what went wrong."""
    return (given_level() or logging.INFO) >= logging.WARNING


class StderrHandler(logging.Handler):
    """Writes records to stderr as it is then, above a progress bar; what could drive a terminal is left out."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record on a line."""
        try:
            sys.stderr.write(visible(self.format(record)) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            self.handleError(record)


def set_up_log() -> None:
    """Logs from the level on that a person asks for, if they ask for one."""
    level = given_level()
    if level is None or level >= logging.ERROR:  # what is that bad is an error message of the command
        return
    handler = StderrHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("qa_bot", "embeddings"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
