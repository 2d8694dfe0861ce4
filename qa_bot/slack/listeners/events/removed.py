"""The app is removed from a workspace, or its token is taken back."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.slack.services import Desk

_log = logging.getLogger(__name__)


async def removed(event: dict[str, Any], context: AsyncBoltContext, desk: Desk) -> None:
    """Forgets the workspace's token, and says so in the log."""
    tokens = event.get("tokens")
    if event.get("type") == "tokens_revoked" and not (isinstance(tokens, dict) and tokens.get("bot")):
        return  # a person's token, which the bot has no use for
    team = None if context.is_enterprise_install else context.team_id
    await desk.workspaces.forget(context.enterprise_id, team)
    _log.warning(
        "the app was removed from %s; to have it back, install it again", context.team_id or context.enterprise_id
    )
