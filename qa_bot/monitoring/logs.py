"""The form of log lines: for a person, or one JSON object a line for a program; both name the request that they are about.

Neither a question nor an answer is in them, unless a setting says so.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from types import TracebackType

from qa_bot.monitoring.requests import current_request
from qa_bot.settings import LogFormat

_PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def formatter(form: LogFormat, *, tracebacks: bool = True) -> logging.Formatter:
    """What makes a line of a record.

    Args:
        form: of the line.
        tracebacks: whether to say where an exception was raised, and not only what it is.
    """
    return (_Json if form is LogFormat.JSON else _Plain)(tracebacks)


class _Plain(logging.Formatter):
    def __init__(self, tracebacks: bool) -> None:
        super().__init__(_PLAIN)
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        identity = current_request()
        line = super().format(record)
        return f"{line} [{identity}]" if identity else line

    def formatException(
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        if self._tracebacks:
            return super().formatException(ei)
        return f"{ei[0].__name__}: {str(ei[1])[:200]}" if ei[0] else ""


class _Json(_Plain):
    """Fields: `time` (ISO 8601, UTC), `level`, `logger`, `message`, `request` if there is one, `error` if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request": current_request() or None,
            "error": record.exc_text or (self.formatException(record.exc_info) if record.exc_info else None),
        }
        return json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False)
