"""What a method of the Web API is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slack_emulator.web_api import WebApi

Run = Callable[["WebApi", dict[str, Any]], dict[str, Any]]


class SlackError(Exception):
    """An error that Slack answers with.

    Args:
        code: such as ``channel_not_found``.
        more: further fields of the answer.
    """

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


@dataclass(frozen=True)
class Method:
    """A method: what it does, the arguments that it takes, the token it needs and the scopes of which it needs one."""

    run: Run
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    token: str = "bot"


def method(required: str = "", optional: str = "", scopes: str = "", token: str = "bot") -> Callable[[Run], Method]:
    """Makes a function a method; arguments and scopes are listed with spaces between."""

    def made(run: Run) -> Method:
        return Method(run, tuple(required.split()), tuple(optional.split()), tuple(scopes.split()), token)

    return made


def is_set(value: Any) -> bool:
    """Whether a flag is on, as JSON or in a form."""
    return value in (True, "true", "1", 1)
