"""Channels, people, reactions and files: conversations.*, users.*, reactions.*, files.*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slack_emulator import payloads
from slack_emulator.methods.chat import channel_of
from slack_emulator.methods.method import SlackError, is_set, method
from slack_emulator.workspace import BOT_USER_ID, Channel, Message

if TYPE_CHECKING:
    from slack_emulator.web_api import WebApi

READ = "channels:read groups:read im:read mpim:read"
HISTORY = "channels:history groups:history im:history mpim:history"
UNLISTED_PAGE = 15
PAGE = "cursor limit oldest latest inclusive include_all_metadata"


def _paged(api: WebApi, messages: list[dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
    start = int(arguments.get("cursor") or 0)
    limit = min(int(arguments.get("limit") or 100), UNLISTED_PAGE if api.faults.unlisted else 999)
    after = start + limit
    more = {"next_cursor": str(after) if after < len(messages) else ""}
    return {"messages": messages[start:after], "has_more": after < len(messages), "response_metadata": more}


def _shown(api: WebApi, messages: list[Message], arguments: dict[str, Any]) -> list[dict[str, Any]]:
    oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "9")
    shown = [payloads.as_json(api.workspace, message, api.base_url) for message in messages]
    shown = [message for message in shown if oldest <= message["ts"] <= latest]
    if not is_set(arguments.get("include_all_metadata")):
        for message in shown:
            message.pop("metadata", None)
    return shown


@method("channel ts", PAGE, HISTORY)
def replies(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """conversations.replies."""
    channel = channel_of(api, arguments)
    message = channel.messages.get(str(arguments["ts"]))
    if message is None:
        raise SlackError("thread_not_found")
    return _paged(api, _shown(api, api.workspace.thread_of(channel.id, message.thread), arguments), arguments)


@method("channel", PAGE, HISTORY)
def history(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """conversations.history."""
    channel = channel_of(api, arguments)
    messages = [message for message in channel.messages.values() if not message.thread_ts]
    return _paged(
        api, _shown(api, sorted(messages, key=lambda message: message.ts, reverse=True), arguments), arguments
    )


def channel_json(api: WebApi, channel: Channel) -> dict[str, Any]:
    """A channel as `conversations.info` shows it."""
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": False,
        "is_member": BOT_USER_ID in channel.members,
        "is_ext_shared": api.workspace.is_external(channel),
        "is_org_shared": len(channel.teams & api.workspace.organisation) > 1,
        "shared_team_ids": sorted(channel.teams),
        "num_members": len(channel.members),
    }


@method("channel", "include_num_members include_locale", READ)
def info(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """conversations.info."""
    return {"channel": channel_json(api, channel_of(api, arguments, member=False))}


@method("", "types exclude_archived limit cursor team_id", READ)
def listed(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """conversations.list."""
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
    chosen = {kinds[kind.strip()] for kind in str(arguments.get("types") or "public_channel").split(",")}
    channels = [
        channel_json(api, channel)
        for channel in api.workspace.channels.values()
        if channel.kind in chosen and (channel.kind == "channel" or BOT_USER_ID in channel.members)
    ]
    return {"channels": channels, "response_metadata": {"next_cursor": ""}}


@method("", "types exclude_archived limit cursor team_id user", READ)
def of_user(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """users.conversations."""
    page = listed.run(api, {name: value for name, value in arguments.items() if name != "user"})
    user = arguments.get("user") or BOT_USER_ID
    within = [channel for channel in page["channels"] if user in api.workspace.channels[channel["id"]].members]
    return {**page, "channels": within}


@method("channel", "limit cursor", READ)
def members(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """conversations.members."""
    channel = channel_of(api, arguments, member=False)
    return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


@method("channel", "", "channels:join")
def join(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """conversations.join."""
    channel = channel_of(api, arguments, member=False)
    channel.members.add(BOT_USER_ID)
    return {"channel": channel_json(api, channel)}


@method("users", "return_im prevent_creation", "im:write")
def opened(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """conversations.open."""
    return {"channel": {"id": api.workspace.direct(str(arguments["users"])).id}}


@method("user", "include_locale", "users:read")
def user_info(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """users.info."""
    user = api.workspace.users.get(str(arguments["user"]))
    if user is None:
        raise SlackError("user_not_found")
    shown: dict[str, Any] = {"id": user.id, "team_id": user.team_id, "name": user.name, "real_name": user.name.title()}
    if enterprise := api.workspace.enterprise_of(user.team_id):
        shown["enterprise_user"] = {"id": user.id, "enterprise_id": enterprise, "teams": [user.team_id]}
    if str(arguments.get("include_locale", "")).lower() in ("1", "true"):
        shown["locale"] = user.locale
    return {"user": shown | {"is_bot": user.is_bot, "is_stranger": False, "deleted": False}}


def _reacted(api: WebApi, arguments: dict[str, Any]) -> tuple[Message, set[str]]:
    message = channel_of(api, arguments).messages.get(str(arguments["timestamp"]))
    if message is None:
        raise SlackError("message_not_found")
    return message, message.reactions.setdefault(str(arguments["name"]), set())


@method("channel timestamp name", "", "reactions:write")
def react(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """reactions.add."""
    if not str(arguments["name"]).replace("_", "").replace("-", "").replace("+", "").isalnum():
        raise SlackError("invalid_name")
    _, people = _reacted(api, arguments)
    if BOT_USER_ID in people:
        raise SlackError("already_reacted")
    people.add(BOT_USER_ID)
    return {}


@method("channel timestamp name", "", "reactions:write")
def unreact(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """reactions.remove."""
    message, people = _reacted(api, arguments)
    if BOT_USER_ID not in people:
        raise SlackError("no_reaction")
    people.discard(BOT_USER_ID)
    message.reactions = {name: who for name, who in message.reactions.items() if who}
    return {}


@method("file", "", "files:read")
def file_info(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """files.info."""
    file = api.workspace.files.get(str(arguments["file"]))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": payloads.file_json(file, api.base_url)}


METHODS = {
    "conversations.replies": replies,
    "conversations.history": history,
    "conversations.info": info,
    "conversations.list": listed,
    "conversations.members": members,
    "conversations.join": join,
    "conversations.open": opened,
    "users.conversations": of_user,
    "users.info": user_info,
    "reactions.add": react,
    "reactions.remove": unreact,
    "files.info": file_info,
}
