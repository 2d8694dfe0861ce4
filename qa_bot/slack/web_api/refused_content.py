"""What Slack refuses of a message: without it, the message is sent again, so that nobody waits for nothing."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from slack_sdk.errors import SlackApiError

from qa_bot.slack.web_api.calls import error_code

T = TypeVar("T")
Note = Callable[[str, str], None]
"""Records a refusal: Slack's name for the error, and what it says about the place."""

BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_arguments"})
METADATA_REFUSED = frozenset(
    {"invalid_metadata_format", "invalid_metadata_schema", "metadata_must_be_sent_from_app", "metadata_too_large"}
)
VIEW_REFUSED = BLOCKS_REFUSED | {"view_too_large"}
DETAIL_CHARS = 300

_log = logging.getLogger(__name__)


async def send_as_taken(send: Callable[..., Awaitable[T]], content: Mapping[str, Any], note: Note | None = None) -> T:
    """Sends a message; if Slack refuses its metadata or its blocks, sends it again without.

    Args:
        send: takes the content as arguments.
        content: of the message: its text, its blocks, perhaps its metadata.
        note: records each refusal.

    Raises:
        SlackApiError: Slack refuses the text, too, or refuses for another reason.
    """
    while True:
        try:
            return await send(**content)
        except SlackApiError as error:
            code = error_code(error)
            content = less(content, code)
            if not content:
                raise
            report(code, detail_of(error), note)


def less(content: Mapping[str, Any], code: str) -> Mapping[str, Any]:
    """The content of a message without what an error is about; empty if that would change nothing.

    An empty list of blocks stays: without one, an edited message would keep its old blocks.
    """
    if code in METADATA_REFUSED and "metadata" in content:
        return {name: value for name, value in content.items() if name != "metadata"}
    if code in BLOCKS_REFUSED and content.get("blocks"):
        return {**content, "blocks": []}
    return {}


def report(code: str, detail: str, note: Note | None) -> None:
    """Logs and records that Slack refused a part of a message."""
    _log.error(
        "Slack refuses a part of a message, which is sent without (%s %s); run: qa-bot slack --check", code, detail
    )
    if note is not None:
        note(code, detail)


def detail_of(error: SlackApiError) -> str:
    """What Slack says about the place of an error, as far as it says."""
    response: Any = error.response
    try:
        messages = (response.get("response_metadata") or {}).get("messages") or response.get("errors") or []
    except (AttributeError, TypeError, ValueError):
        return ""
    return "; ".join(map(str, messages))[:DETAIL_CHARS] if isinstance(messages, list) else ""
