"""The payloads that Slack sends: events in their wrapper, slash commands, interactions."""

from __future__ import annotations

import time
from typing import Any

from slack_emulator.workspace import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID, File, Message, User, View, Workspace


def as_json(workspace: Workspace, message: Message, base_url: str) -> dict[str, Any]:
    """A message as `conversations.replies` and events show it."""
    shown: dict[str, Any] = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    team = workspace.users[message.user].team_id
    shown["team"] = team
    if workspace.is_external(workspace.channels[message.channel]):
        # a person of a Grid organisation is named by it
        shown |= {
            "user_team": workspace.enterprise_of(team) or team,
            "source_team": workspace.enterprise_of(team) or team,
        }
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.client_msg_id:
        shown["client_msg_id"] = message.client_msg_id
    if message.bot_id:
        shown |= {"bot_id": message.bot_id, "app_id": APP_ID if message.bot_id == BOT_ID else "A0OTHER01"}
        shown["bot_profile"] = {"id": message.bot_id, "app_id": shown["app_id"], "name": "qa_bot", "team_id": TEAM_ID}
    if message.blocks:
        shown["blocks"] = message.blocks
    elif not message.bot_id and message.text:
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": message.text}]}
        shown["blocks"] = [{"type": "rich_text", "block_id": "b" + message.ts, "elements": [section]}]
    if message.metadata:
        shown["metadata"] = message.metadata
    if message.files:
        shown |= {"files": [file_in_message(file, base_url) for file in message.files], "subtype": "file_share"}
    if message.subtype:
        shown["subtype"] = message.subtype
    if message.edited:
        shown["edited"] = {"user": message.user, "ts": f"{time.time():.6f}"}
    if message.reactions:
        shown["reactions"] = [
            {"name": name, "users": sorted(users), "count": len(users)} for name, users in message.reactions.items()
        ]
    return shown


def file_in_message(file: File, base_url: str) -> dict[str, Any]:
    """A file as messages show it."""
    if file.foreign:
        return {"id": file.id, "mode": "file_access", "file_access": "check_file_info", "user": file.user}
    return file_json(file, base_url)


def file_json(file: File, base_url: str) -> dict[str, Any]:
    """A file as `files.info` shows it."""
    address = f"{base_url}/files-pri/{TEAM_ID}-{file.id}"
    shown = {
        "id": file.id,
        "name": file.name,
        "title": file.name,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2],
        "size": len(file.content),
        "mode": "hosted",
        "user": file.user,
        "channels": file.channels,
        "url_private": f"{address}/{file.name}",
        "url_private_download": f"{address}/download/{file.name}",
        "permalink": f"https://seeds.slack.com/files/{file.user}/{file.id}/{file.name}",
    }
    if file.external_url:
        shown |= {"mode": "external", "is_external": True, "external_type": "other", "url_private": file.external_url}
        del shown["url_private_download"]
    return shown


def message_event(workspace: Workspace, message: Message, base_url: str) -> dict[str, Any]:
    """The `message` event of a new message."""
    channel = workspace.channels[message.channel]
    where = {"channel": channel.id, "channel_type": channel.kind, "event_ts": message.ts}
    return as_json(workspace, message, base_url) | where


def changed_event(workspace: Workspace, message: Message, before: dict[str, Any], base_url: str) -> dict[str, Any]:
    """The `message_changed` event of a message that was `before`."""
    channel = workspace.channels[message.channel]
    ts = workspace.new_ts()
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": ts,
        "event_ts": ts,
        "message": as_json(workspace, message, base_url),
        "previous_message": before,
    }


def deleted_event(workspace: Workspace, message: Message, base_url: str) -> dict[str, Any]:
    """The `message_deleted` event of a message."""
    channel = workspace.channels[message.channel]
    ts = workspace.new_ts()
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": ts,
        "event_ts": ts,
        "deleted_ts": message.ts,
        "previous_message": as_json(workspace, message, base_url),
    }


def wrapped(workspace: Workspace, event: dict[str, Any], event_id: str | None = None) -> dict[str, Any]:
    """An event as the Events API sends it."""
    channel = workspace.channels.get(str(event.get("channel")))
    team = TEAM_ID if channel is None or TEAM_ID in channel.teams else min(channel.teams)
    authorization = {"enterprise_id": workspace.enterprise_of(team), "team_id": team}
    return {
        "token": "emulatedVerificationToken",
        "team_id": team,
        "enterprise_id": workspace.enterprise_of(team),
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": event_id or workspace.new_id("Ev"),
        "event_time": int(time.time()),
        "authorizations": [authorization | {"user_id": BOT_USER_ID, "is_bot": True, "is_enterprise_install": False}],
        "is_ext_shared_channel": workspace.is_external(channel),
        "event_context": "4-emulated",
    }


def slash(workspace: Workspace, user: User, channel: str, command: str, text: str, response_url: str) -> dict[str, Any]:
    """The body of a slash command."""
    enterprise = workspace.enterprise_of(user.team_id)
    return {
        "token": "emulatedVerificationToken",
        "team_id": user.team_id,
        "team_domain": "seeds",
        **({"enterprise_id": enterprise, "enterprise_name": "Seeds"} if enterprise else {}),
        "channel_id": channel,
        "channel_name": workspace.channels[channel].name,
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": workspace.new_trigger(user.id),
    }


def interaction(workspace: Workspace, kind: str, user: User, **more: Any) -> dict[str, Any]:
    """What every interactive payload holds, and more."""
    enterprise = workspace.enterprise_of(TEAM_ID)
    return {
        "type": kind,
        "token": "emulatedVerificationToken",
        "team": {"id": TEAM_ID, "domain": "seeds"},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": APP_ID,
        "enterprise": {"id": enterprise, "name": "Seeds"} if enterprise else None,
        "is_enterprise_install": False,
        "trigger_id": workspace.new_trigger(user.id),
        **more,
    }


def view_json(view: View) -> dict[str, Any]:
    """A view as the app gets it back."""
    shown = {"private_metadata": "", "callback_id": "", "state": {"values": {}}, "external_id": ""} | view.content
    return shown | {
        "id": view.id,
        "team_id": TEAM_ID,
        "app_id": APP_ID,
        "bot_id": BOT_ID,
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
    }
