"""The log of a command that serves strangers: to stderr, without tracebacks, and never faster than a person can read."""

from __future__ import annotations

import logging
from types import TracebackType

from qa_bot.commands.verbosity import StderrHandler, given_level


class _WithoutTraceback(logging.Formatter):
    """Says of an exception what it is, and not where it was raised."""

    def formatException(
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        return f"{ei[0].__name__}: {str(ei[1])[:200]}" if ei[0] else ""


def set_up_server_log() -> None:
    """Logs to stderr what this process and its libraries report, from the level on that a person asks for, else warnings.

    What strangers cause as often as they like is logged once a minute.
    """
    from qa_bot.http.connections import OnceAWhile

    once = OnceAWhile()
    handler = StderrHandler()
    handler.setFormatter(_WithoutTraceback("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(lambda record: record.levelno < logging.WARNING or once.filter(record))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("qa_bot", "embeddings"):
        logging.getLogger(name).handlers = []  # or each line comes twice
        logging.getLogger(name).setLevel(given_level() or logging.WARNING)
