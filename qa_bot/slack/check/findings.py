"""What `qa-bot slack --check` finds, in words, and how an app's manifest must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import aiohttp
from slack_sdk.errors import SlackClientError

from qa_bot.slack.listeners.shortcuts.answer_this import CALLBACK_ID as SHORTCUT
from qa_bot.slack.web_api.posting import error_code
from qa_bot.slack.workers.workflow_steps import CALLBACK_ID as STEP

NOT_COMING_THROUGH = (SlackClientError, aiohttp.ClientError, OSError, TimeoutError)
COMMANDS = ("/ask", "/ask-admin")

EVENTS = {
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "function_executed": "",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "tokens_revoked": "",
}
"""Events that the app has to be subscribed to, and the scope that each needs."""

REINSTALL = (
    "add it at api.slack.com/apps under OAuth & Permissions, or paste deploy/slack/manifest.json, and reinstall the app"
)
WHAT_TO_DO = {
    "invalid_auth": "copy it once more from api.slack.com/apps",
    "not_authed": "copy it once more from api.slack.com/apps",
    "token_revoked": "reinstall the app at api.slack.com/apps and copy the new token",
    "token_expired": "reinstall the app at api.slack.com/apps and copy the new token",
    "account_inactive": "the app or its workspace was removed; install it again",
    "missing_scope": "an app-level token needs the scope connections:write; make a new one",
    "not_allowed_token_type": "this is another kind of token; SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-",
}


class Finding(NamedTuple):
    """Whether something is right, and what it is or what to do; `right` is None for what Slack doesn't tell."""

    right: bool | None
    subject: str
    words: str

    def line(self) -> str:
        """As it is printed."""
        mark = {True: "ok   ", False: "WRONG", None: "?    "}[self.right]
        return f"{mark} {self.subject}: {self.words}"


def compare(manifest: Mapping[str, Any], *, http: bool) -> Iterator[Finding]:
    """What is right and wrong of an app's manifest.

    Args:
        manifest: as Slack exports it.
        http: whether the app is to be served by HTTP, not Socket Mode.
    """
    features, settings = _mapping(manifest, "features"), _mapping(manifest, "settings")
    subscribed = _mapping(settings, "event_subscriptions").get("bot_events") or []
    for event in EVENTS:
        right = event in subscribed
        yield Finding(
            right, f"event {event}", "subscribed" if right else f"missing under Event Subscriptions; {REINSTALL}"
        )
    commands = [one.get("command") for one in features.get("slash_commands") or []]
    for command in COMMANDS:
        right = command in commands
        yield Finding(right, f"command {command}", "there" if right else f"missing under Slash Commands; {REINSTALL}")
    shortcuts = [one.get("callback_id") for one in features.get("shortcuts") or []]
    yield _is_there(SHORTCUT in shortcuts, f"shortcut {SHORTCUT}", "Interactivity & Shortcuts")
    yield _is_there(STEP in _mapping(manifest, "functions"), f"workflow step {STEP}", "Workflow Steps")
    yield _is_there(
        bool(_mapping(settings, "interactivity").get("is_enabled")), "interactivity", "Interactivity & Shortcuts"
    )
    yield _is_there("agent_view" in features, "agent view", "Agents & AI Apps")
    by_socket = bool(settings.get("socket_mode_enabled"))
    if by_socket is http:
        to_do = "turn it off, or leave out --http" if http else "turn it on, or serve with --http"
        yield Finding(False, "Socket Mode", f"{'on' if by_socket else 'off'}; {to_do}")
    else:
        yield Finding(True, "Socket Mode", "on" if by_socket else "off")


def _is_there(right: bool, subject: str, place: str) -> Finding:
    return Finding(right, subject, "there" if right else f"missing under {place}; {REINSTALL}")


def _mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def why(error: Exception, url: str) -> str:
    """Why Slack could not be asked, and what to do.

    Args:
        error: of the call.
        url: that was called.
    """
    code = error_code(error)
    if not code:
        return f"{url} cannot be reached ({type(error).__name__}); check the network, the proxy and SLACK_API_URL"
    return f"Slack says {code}; {WHAT_TO_DO.get(code, 'see docs.slack.dev for what that means')}"
