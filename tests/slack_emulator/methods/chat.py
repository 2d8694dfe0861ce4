"""Messages: chat.*."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from slack_emulator import payloads
from slack_emulator.block_kit import CHARACTERS_A_MESSAGE, characters, check_blocks
from slack_emulator.methods.method import SlackError, is_set, method
from slack_emulator.workspace import BOT_ID, BOT_USER_ID, Channel, Message

if TYPE_CHECKING:
    from slack_emulator.web_api import WebApi

LONGEST_TEXT = 40_000
LONGEST_UPDATE = 4_000
LONGEST_METADATA = 8_000


def channel_of(api: WebApi, arguments: dict[str, Any], *, member: bool = True) -> Channel:
    """The channel of a call; a person's id stands for the conversation with them.

    Raises:
        SlackError: there is none, or the bot is not in it.
    """
    given = str(arguments["channel"])
    if given in api.workspace.users and given != BOT_USER_ID:
        return api.workspace.direct(given)
    channel = api.workspace.channels.get(given)
    if channel is None or (channel.kind != "channel" and BOT_USER_ID not in channel.members):
        raise SlackError("channel_not_found")
    if member and BOT_USER_ID not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def check_content(api: WebApi, name: str, arguments: dict[str, Any], longest: int = LONGEST_TEXT) -> None:
    """Refuses what Slack refuses in a message, and records what should not be in one.

    Raises:
        SlackError: the blocks or the text cannot be posted.
    """
    blocks, text = arguments.get("blocks") or [], str(arguments.get("text") or "")
    if not blocks and not text.strip():
        raise SlackError("no_text")
    if len(text) > longest:
        api.workspace.violation(f"{name}: a text of {len(text)} characters")
        raise SlackError("msg_too_long")
    if problems := check_blocks(blocks):
        api.workspace.violation(f"{name}: invalid blocks: {'; '.join(problems)}")
        raise SlackError("invalid_blocks", errors=list(problems), response_metadata={"messages": list(problems)})
    if characters(blocks) > CHARACTERS_A_MESSAGE:
        api.workspace.violation(f"{name}: {characters(blocks)} characters in the blocks of a message")
        raise SlackError("msg_blocks_too_long")
    if blocks and not text.strip():
        api.workspace.violation(f"{name}: blocks without a text for notifications and screen readers")
    if arguments.get("attachments"):
        api.workspace.violation(f"{name}: attachments are legacy")
    api.live_text.check(name, blocks, text)


def numbered(ts: str, blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks with the block and action ids that Slack gives where the app gave none."""
    numbered = []
    for index, block in enumerate(blocks):
        numbered.append({"block_id": f"b{ts}.{index}", **block})
    return numbered


def metadata_of(arguments: dict[str, Any]) -> dict[str, Any] | None:
    """The metadata of a message.

    Raises:
        SlackError: it is not what Slack takes.
    """
    metadata = arguments.get("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata["event_payload"])) > LONGEST_METADATA:
        raise SlackError("metadata_too_large")
    return metadata


@method(
    "channel",
    "text blocks thread_ts reply_broadcast unfurl_links unfurl_media metadata mrkdwn parse link_names attachments",
    "chat:write",
)
def post_message(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """chat.postMessage."""
    channel = channel_of(api, arguments)
    check_content(api, "chat.postMessage", arguments)
    for flag in ("unfurl_links", "unfurl_media"):
        if arguments.get(flag) not in (False, "false", "0", 0):
            api.workspace.violation(f"chat.postMessage: {flag} is not off")
    if is_set(arguments.get("link_names")) or arguments.get("parse") == "full":
        api.workspace.violation("chat.postMessage: link_names or parse=full brings mentions to life")
    thread = arguments.get("thread_ts")
    if thread and thread not in channel.messages:
        raise SlackError("thread_not_found")
    if thread and channel.messages[thread].thread != thread:
        api.workspace.violation(f"chat.postMessage: thread_ts {thread} is a reply, not the root of a thread")
    ts = api.workspace.new_ts()
    message = Message(
        channel.id,
        ts,
        BOT_USER_ID,
        str(arguments.get("text") or ""),
        thread,
        numbered(ts, arguments.get("blocks") or []),
        metadata_of(arguments),
        bot_id=BOT_ID,
    )
    api.workspace.post(message)
    _clear_status(api, channel.id, thread)
    api.publish(payloads.message_event(api.workspace, message, api.base_url))
    return {"channel": channel.id, "ts": ts, "message": payloads.as_json(api.workspace, message, api.base_url)}


def _clear_status(api: WebApi, channel: str, thread: str | None) -> None:
    """Posting in a thread takes its status away."""
    if thread and (channel, thread) in {(at, where) for at, where, _ in api.workspace.statuses}:
        api.workspace.statuses.append((channel, thread, ""))


def own_message(api: WebApi, arguments: dict[str, Any], refusal: str) -> Message:
    """The message of the bot's that a call names.

    Raises:
        SlackError: there is none.
    """
    channel = channel_of(api, arguments)
    message = channel.messages.get(str(arguments["ts"]))
    if message is None:
        raise SlackError("message_not_found")
    if message.user != BOT_USER_ID:
        raise SlackError(refusal)
    return message


@method("channel ts", "text blocks metadata parse link_names reply_broadcast attachments", "chat:write")
def update(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """chat.update."""
    message = own_message(api, arguments, "cant_update_message")
    check_content(api, "chat.update", arguments, LONGEST_UPDATE)
    before = payloads.as_json(api.workspace, message, api.base_url)
    message.text = str(arguments.get("text") or "")
    if "blocks" in arguments:  # without, a message keeps those that it has
        message.blocks = numbered(api.workspace.new_ts(), arguments["blocks"] or [])
    message.metadata = metadata_of(arguments) or message.metadata
    message.edited = True
    message.updates.append(before)
    api.publish(payloads.changed_event(api.workspace, message, before, api.base_url))
    return {"channel": message.channel, "ts": message.ts, "text": message.text}


@method("channel ts", "", "chat:write")
def delete(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """chat.delete."""
    message = own_message(api, arguments, "cant_delete_message")
    del api.workspace.channels[message.channel].messages[message.ts]
    api.publish(payloads.deleted_event(api.workspace, message, api.base_url))
    return {"channel": message.channel, "ts": message.ts}


@method("channel user", "text blocks thread_ts metadata parse link_names attachments", "chat:write")
def post_ephemeral(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """chat.postEphemeral."""
    channel = channel_of(api, arguments)
    check_content(api, "chat.postEphemeral", arguments)
    if arguments["user"] not in channel.members:
        raise SlackError("user_not_in_channel")
    ts, thread = api.workspace.new_ts(), arguments.get("thread_ts")
    if thread and not any(message.thread_ts == thread for message in channel.messages.values()):
        api.workspace.violation("chat.postEphemeral: Slack shows nobody what is posted so in a thread without replies")
        return {"message_ts": ts}
    api.workspace.post(
        Message(
            channel.id,
            ts,
            BOT_USER_ID,
            str(arguments.get("text") or ""),
            thread,
            numbered(ts, arguments.get("blocks") or []),
            bot_id=BOT_ID,
            ephemeral_to=str(arguments["user"]),
        )
    )
    return {"message_ts": ts}


@method("channel message_ts")
def get_permalink(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """chat.getPermalink."""
    channel = channel_of(api, arguments, member=False)
    message = channel.messages.get(str(arguments["message_ts"]))
    if message is None:
        raise SlackError("message_not_found")
    link = f"https://seeds.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


METHODS = {
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.delete": delete,
    "chat.postEphemeral": post_ephemeral,
    "chat.getPermalink": get_permalink,
}
