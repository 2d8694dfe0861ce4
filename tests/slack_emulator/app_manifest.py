"""What Slack takes as an app manifest of major version 2.

The rules are those of schema 2.0.0 in https://github.com/slackapi/manifest-schema, and of
https://docs.slack.dev/reference/app-manifest, as far as an app of this kind can use them.
"""

from __future__ import annotations

import re
from typing import Any

from slack_emulator.rules import Problems, Rule, boolean, fields, number, one_of, several, string

LONG_DESCRIPTION = 175
"""Least characters of the long description."""
PARAMETER_TYPES = (
    *("integer", "number", "boolean", "string", "object", "array"),
    *(f"slack#/types/{name}" for name in ("user_id", "channel_id", "usergroup_id", "timestamp", "date", "rich_text")),
    *(f"slack#/types/{name}" for name in ("blocks", "interactivity", "message_ts", "message_context", "user_context")),
)


def matching(pattern: str, most: int) -> Rule:
    """A string of so many characters that a pattern finds something in."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        string(most)(value, pointer, problems)
        if isinstance(value, str) and not re.search(pattern, value):
            problems.add(pointer, f"must match {pattern}")

    return check


def unlike(most: int, rule: Rule) -> Rule:
    """A list of so many values that keep a rule and differ."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        several(most, rule, least=0)(value, pointer, problems)
        if isinstance(value, list) and len(set(map(str, value))) < len(value):
            problems.add(pointer, "items must be unique")

    return check


def named(most: int, rule: Rule) -> Rule:
    """An object whose values, at most so many, keep a rule."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add(pointer, "must be an object")
            return
        if len(value) > most:
            problems.add(pointer, f"no more than {most} properties allowed")
        for name, inner in value.items():
            rule(inner, f"{pointer}/{name}", problems)

    return check


def _parameters(value: Any, pointer: str, problems: Problems) -> None:
    """The inputs or outputs of a function: in version 2 `properties`, and which of them are `required`."""
    types = fields(
        {"type": one_of(*PARAMETER_TYPES)},
        {"title": string(1000), "description": string(1000), "hint": string(1000), "is_hidden": boolean},
    )
    fields({"properties": named(50, types)}, {"required": several(50, string(255), least=0)})(value, pointer, problems)
    if not problems:
        for name in value.get("required", []):
            if name not in value["properties"]:
                problems.add(f"{pointer}/required", f"no such property: {name}")


URL = matching(r"^https?://", 3500)
METADATA = fields({"major_version": one_of(2)}, {"minor_version": number})
INFORMATION = fields(
    {"name": string(35)},
    {
        "description": string(140),
        "long_description": string(4000, least=LONG_DESCRIPTION),
        "background_color": matching(r"^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$", 7),
    },
)
PROMPT = fields({"title": string(1000), "message": string(1000)})
FEATURES = fields(
    {},
    {
        "app_home": fields(
            {}, dict.fromkeys(("home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"), boolean)
        ),
        "bot_user": fields({"display_name": string(80)}, {"always_online": boolean}),
        "agent_view": fields({}, {"agent_description": string(300), "suggested_prompts": several(4, PROMPT, least=0)}),
        "shortcuts": several(
            10,
            fields(
                {
                    "name": string(24),
                    "type": one_of("message", "global"),
                    "callback_id": string(255),
                    "description": string(150),
                }
            ),
        ),
        "slash_commands": several(
            50,
            fields(
                {"command": matching(r"^/", 32), "description": string(2000)},
                {"url": URL, "usage_hint": string(1000), "should_escape": boolean},
            ),
        ),
    },
)
SCOPES = several(255, string(50), least=0)
OAUTH = fields(
    {},
    {
        "redirect_urls": unlike(1000, string(2500)),
        "scopes": fields({}, {"bot": SCOPES, "bot_optional": SCOPES, "user": SCOPES, "user_optional": SCOPES}),
    },
)
EVENTS = unlike(100, string(50))
SETTINGS = fields(
    {},
    {
        "event_subscriptions": fields({}, {"request_url": URL, "bot_events": EVENTS, "user_events": EVENTS}),
        "interactivity": fields({"is_enabled": boolean}, {"request_url": URL, "message_menu_options_url": URL}),
        "function_runtime": string(255),
        **dict.fromkeys(("org_deploy_enabled", "socket_mode_enabled", "token_rotation_enabled", "is_hosted"), boolean),
    },
)
FUNCTION = fields(
    {
        "title": string(1000),
        "description": string(1000),
        "input_parameters": _parameters,
        "output_parameters": _parameters,
    }
)
MANIFEST = fields(
    {"_metadata": METADATA, "display_information": INFORMATION},
    {"features": FEATURES, "oauth_config": OAUTH, "settings": SETTINGS, "functions": named(50, FUNCTION)},
)


def check_manifest(manifest: Any) -> Problems:
    """What is wrong with a manifest."""
    problems = Problems()
    MANIFEST(manifest, "", problems)
    if not problems:
        settings = manifest.get("settings", {})
        for part in ("event_subscriptions", "interactivity"):
            if part in settings and not (settings.get("socket_mode_enabled") or settings[part].get("request_url")):
                problems.add(f"/settings/{part}", "requires either Request URL or Socket Mode Enabled")
        if manifest.get("functions") and not settings.get("function_runtime"):
            problems.add("/settings/function_runtime", "functions need a runtime")
    return problems
