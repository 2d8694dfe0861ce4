"""The log of a command that serves strangers: to stderr, without tracebacks, and never faster than a person can read."""

from __future__ import annotations

import logging

from qa_bot.commands.verbosity import StderrHandler, given_level
from qa_bot.monitoring.logs import formatter
from qa_bot.settings import LogFormat


def set_up_server_log(form: LogFormat) -> None:
    """Logs to stderr what this process and its libraries report, from the level on that a person asks for, else warnings.

    What strangers cause as often as they like is logged once a minute.
    """
    from qa_bot.http.connections import OnceAWhile

    once = OnceAWhile()
    handler = StderrHandler()
    handler.setFormatter(formatter(form, tracebacks=False))
    handler.addFilter(lambda record: record.levelno < logging.WARNING or once.filter(record))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in ("qa_bot", "embeddings"):
        logging.getLogger(name).handlers = []  # or each line comes twice
        logging.getLogger(name).setLevel(given_level() or logging.WARNING)
