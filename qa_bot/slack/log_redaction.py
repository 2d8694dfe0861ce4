"""Keeps tokens out of the log, whoever logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from pydantic import SecretStr, ValidationError

from embeddings.text import BREAKS, INVISIBLE
from qa_bot.monitoring.logs import formatter
from qa_bot.settings import LogFormat

_SECRETS = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w-]+|xapp-[\w-]+|xwfp-[\w-]+"  # bot, user, app, refresh and workflow tokens
    r"|(?:wss?://[^\s'\"]*[?&](?:ticket|token)=)[^\s'\"&]+"
    r"|https?://hooks\.slack(?:-gov)?\.com/[^\s'\"]+"
)
_DISGUISES = re.compile(f"[{BREAKS}{INVISIBLE}]+")
"""What would break a line in two, or show it otherwise than it is."""


class RedactingFilter(logging.Filter):
    """Replaces secrets in what is logged with ``(hidden)``; those that have no form of their own are given to it."""

    def __init__(self, secrets: Iterable[SecretStr | str | None] = ()) -> None:
        super().__init__()
        values = (secret.get_secret_value() if isinstance(secret, SecretStr) else secret for secret in secrets)
        self._known = sorted({value for value in values if value and len(value) >= 8}, key=len, reverse=True)

    def redact(self, text: str) -> str:
        """Hides the secrets in a text."""
        for secret in self._known:
            text = text.replace(secret, "(hidden)")
        return _SECRETS.sub("(hidden)", text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Hides secrets in a record's message and traceback, and makes the message one line; always True."""
        record.msg, record.args = _DISGUISES.sub(" ", self.redact(record.getMessage())), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.redact(record.exc_text)
        return True


def in_words(error: Exception) -> str:
    """An error for the log: its kind and message, unless the message repeats what a person wrote."""
    if isinstance(error, ValidationError):
        return f"{type(error).__name__}: {error.error_count()} values of {error.title} are not valid"
    return f"{type(error).__name__}: {str(error)[:300]}"


def set_up_log(
    secrets: Iterable[SecretStr | str | None], level: int = logging.INFO, form: LogFormat = LogFormat.PLAIN
) -> RedactingFilter:
    """Sends the log, from a level on, to stderr: each line with its time and without secrets (see `RedactingFilter`).

    Returns:
        The filter, for what is printed otherwise than by the log.
    """
    redacting = RedactingFilter(secrets)
    handler = logging.StreamHandler()
    handler.addFilter(redacting)  # on the handler: records of other loggers bypass the root logger's filters
    handler.setFormatter(formatter(form))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    quiet = {
        "slack_sdk": logging.WARNING,
        "slack_sdk.web": logging.WARNING,  # its own level, or it formats each request only to drop it
        "aiohttp": logging.WARNING,
        "aiohttp.server": logging.CRITICAL,  # or each malformed request is logged with a traceback
        "slack_bolt": logging.WARNING,
    }
    for name, least in quiet.items():
        logging.getLogger(name).setLevel(least)
    return redacting
