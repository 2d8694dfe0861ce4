"""Keeps tokens out of the log, whoever logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from pydantic import SecretStr, ValidationError

_SECRETS = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w-]+|xapp-[\w-]+|xwfp-[\w-]+"  # bot, user, app, refresh and workflow tokens
    r"|(?:wss?://[^\s'\"]*[?&](?:ticket|token)=)[^\s'\"&]+"
    r"|https?://hooks\.slack(?:-gov)?\.com/[^\s'\"]+"
)
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
"""What would make several lines of one, or show a line otherwise than it is."""


class RedactingFilter(logging.Filter):
    """Puts ``(hidden)`` in the place of secrets in what is logged.

    Args:
        secrets: further ones, beside those that can be told by their form.
    """

    def __init__(self, secrets: Iterable[SecretStr | str | None] = ()) -> None:
        super().__init__()
        values = (secret.get_secret_value() if isinstance(secret, SecretStr) else secret for secret in secrets)
        self._known = sorted({value for value in values if value and len(value) >= 8}, key=len, reverse=True)

    def redact(self, text: str) -> str:
        """A text without secrets."""
        for secret in self._known:
            text = text.replace(secret, "(hidden)")
        return _SECRETS.sub("(hidden)", text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Redacts a record's message and traceback, makes the message one line, and lets it pass."""
        record.msg, record.args = _BREAKS.sub(" ", self.redact(record.getMessage())), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.redact(record.exc_text)
        return True


def in_words(error: Exception) -> str:
    """An error for the log: its kind and message, but for those whose message repeats what a person wrote."""
    if isinstance(error, ValidationError):
        return f"{type(error).__name__}: {error.error_count()} values of {error.title} are not as they should be"
    return f"{type(error).__name__}: {str(error)[:300]}"


def set_up_log(secrets: Iterable[SecretStr | str | None], level: int = logging.INFO) -> RedactingFilter:
    """Sends the log to stderr, a line each with its time, without secrets.

    Args:
        secrets: see `RedactingFilter`.
        level: of what is logged.

    Returns:
        The filter, for what is printed otherwise.
    """
    redacting = RedactingFilter(secrets)
    handler = logging.StreamHandler()
    handler.addFilter(redacting)  # on the handler, as records of other loggers pass the root logger's own filters by
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    quiet = {
        "slack_sdk": logging.WARNING,
        "slack_sdk.web": logging.WARNING,  # its own level, or it words each request only to drop it
        "aiohttp": logging.WARNING,
        "uvicorn": logging.WARNING,
        "slack_bolt": logging.WARNING,
    }
    for name, least in quiet.items():
        logging.getLogger(name).setLevel(least)
    return redacting
