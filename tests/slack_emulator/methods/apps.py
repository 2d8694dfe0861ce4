"""The app itself: auth.test, apps.*, oauth.v2.access, team.info, bots.info."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from slack_emulator.app_manifest import check_manifest
from slack_emulator.block_kit import CHARACTERS_A_MESSAGE, characters, check_blocks, check_view
from slack_emulator.methods.method import SlackError, method
from slack_emulator.rules import Problems
from slack_emulator.workspace import APP_ID, BOT_ID, BOT_TOKEN, BOT_USER_ID, CLIENT_SECRET, TEAM_ID

if TYPE_CHECKING:
    from slack_emulator.web_api import WebApi


PROBLEM = re.compile(r"\[ERROR\] (.*) \[json-pointer:(.*)\]")


@method("", "error foo", token="none")
def api_test(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """api.test."""
    return {"args": arguments}


@method(token="any")
def auth_test(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """auth.test."""
    enterprise = api.workspace.enterprise_of(api.team)
    return {
        "url": "https://seeds.slack.com/",
        "team": "Seeds",
        "user": "qa_bot",
        "team_id": api.team,
        **({"enterprise_id": enterprise} if enterprise else {}),
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


@method(token="app")
def connections_open(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """apps.connections.open."""
    return {"url": api.open_socket()}


@method("code", "client_id client_secret redirect_uri", token="none")
def oauth_access(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """oauth.v2.access; the code ``code-for-TEAM`` installs the app in that workspace."""
    if arguments.get("client_secret") not in (None, CLIENT_SECRET):
        raise SlackError("bad_client_secret")
    team = str(arguments["code"]).removeprefix("code-for-")
    if not team.startswith("T0"):
        raise SlackError("invalid_code")
    token = BOT_TOKEN if team == TEAM_ID else f"xoxb-emulated-token-of-{team}"
    api.workspace.tokens[token] = team
    return {
        "access_token": token,
        "token_type": "bot",
        "scope": ",".join(sorted(api.workspace.scopes)),
        "bot_user_id": BOT_USER_ID,
        "app_id": APP_ID,
        "team": {"id": team, "name": "Seeds"},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": "U0INSTALL1"},
    }


@method("", "team")
def team_info(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """team.info."""
    return {"team": {"id": TEAM_ID, "name": "Seeds", "domain": "seeds"}}


@method("", "bot team_id")
def bots_info(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """bots.info."""
    return {"bot": {"id": BOT_ID, "app_id": APP_ID, "user_id": BOT_USER_ID, "name": "qa_bot", "deleted": False}}


def _refused(code: str, problems: Problems) -> SlackError:
    found = [PROBLEM.fullmatch(problem) for problem in problems]
    errors = [{"code": "failed_constraint", "message": match[1], "pointer": match[2]} for match in found if match]
    return SlackError(code, errors=errors)


@method("", "blocks message view")
def validate_blocks(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """blocks.validate."""
    if len(arguments.keys() & {"blocks", "message", "view"}) != 1:
        raise SlackError("invalid_arguments")
    if "view" in arguments:
        if problems := check_view(arguments["view"]):
            raise _refused("invalid_view", problems)
        return {}
    blocks = arguments["blocks"] if "blocks" in arguments else arguments["message"].get("blocks")
    problems = check_blocks(blocks)
    if characters(blocks) > CHARACTERS_A_MESSAGE:
        problems.add("/blocks", "too many characters")
    if problems:
        raise _refused("invalid_message" if "message" in arguments else "invalid_blocks", problems)
    return {}


@method("manifest", "app_id", token="config")
def validate_manifest(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """apps.manifest.validate."""
    if problems := check_manifest(arguments["manifest"]):
        raise _refused("invalid_manifest", problems)
    return {}


@method("app_id", token="config")
def export_manifest(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """apps.manifest.export."""
    if arguments["app_id"] != APP_ID:
        raise SlackError("app_not_eligible")
    return {"manifest": api.workspace.manifest}


METHODS = {
    "blocks.validate": validate_blocks,
    "apps.manifest.validate": validate_manifest,
    "apps.manifest.export": export_manifest,
    "api.test": api_test,
    "auth.test": auth_test,
    "apps.connections.open": connections_open,
    "oauth.v2.access": oauth_access,
    "team.info": team_info,
    "bots.info": bots_info,
}
