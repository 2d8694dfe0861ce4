"""What people do in Slack, in a test's words."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from typing import Any

from slack_emulator import payloads
from slack_emulator.emulator import SlackEmulator
from slack_emulator.methods.views import shown_to
from slack_emulator.reply import Reply
from slack_emulator.shown import Button
from slack_emulator.workspace import APP_ID, BOT_USER_ID, TEAM_ID, Channel, File, Message, User, View

MENTION = f"<@{BOT_USER_ID}>"
_turn = itertools.count()


class Person:
    """Somebody in the workspace.

    Args:
        slack: where.
        name: theirs.
        team_id: their organisation.
    """

    def __init__(self, slack: SlackEmulator, name: str, team_id: str = TEAM_ID) -> None:
        self.slack = slack
        self.user: User = slack.workspace.add_user(name, team_id)

    @property
    def id(self) -> str:
        """Their id."""
        return self.user.id

    def says(self, text: str, in_: str, thread: Message | None = None, files: Sequence[File] = ()) -> Message:
        """Posts a message in a channel, or in the thread of a message; a mention of the bot is sent as both events."""
        workspace = self.slack.workspace
        channel = workspace.named(in_)
        channel.members.add(self.id)
        message = Message(
            channel.id,
            workspace.new_ts(),
            self.id,
            text,
            thread.thread if thread else None,
            files=list(files),
            client_msg_id=str(uuid.uuid4()),
        )
        for file in files:
            file.channels.append(channel.id)
        workspace.post(message)
        event = payloads.message_event(workspace, message, self.slack.base_url)
        events = [event]
        if MENTION in text and channel.kind != "im":
            mention = {name: value for name, value in event.items() if name not in ("channel_type", "subtype")}
            events.append(mention | {"type": "app_mention"})
        if next(_turn) % 2:
            events.reverse()
        for sent in events:
            self.slack.publish(sent)
        return message

    def does(self, subtype: str, text: str, in_: str, thread: Message | None = None) -> Message:
        """What Slack writes into a channel when somebody joins it, sets its topic, or sends a reply to all."""
        workspace = self.slack.workspace
        channel = workspace.named(in_)
        message = Message(
            channel.id, workspace.new_ts(), self.id, text, thread.thread if thread else None, subtype=subtype
        )
        self.slack.publish_message(workspace.post(message))
        return message

    def invites_bot(self, to: str) -> None:
        """Adds the bot to a channel."""
        workspace = self.slack.workspace
        channel = workspace.named(to)
        with workspace.change():
            channel.members |= {self.id, BOT_USER_ID}
        event = {"type": "member_joined_channel", "user": BOT_USER_ID, "channel": channel.id, "inviter": self.id}
        kind = {"channel_type": "G" if channel.kind == "group" else "C", "team": self.user.team_id}
        self.slack.publish(event | kind | {"event_ts": workspace.new_ts()})

    def asks(self, question: str, in_: str, thread: Message | None = None) -> Message:
        """Mentions the bot with a question."""
        return self.says(f"{MENTION} {question}", in_, thread)

    def writes_to_bot(self, text: str, thread: Message | None = None, files: Sequence[File] = ()) -> Message:
        """Sends the bot a direct message."""
        return self.says(text, self.slack.workspace.direct(self.id).id, thread, files)

    def edits(self, message: Message, text: str) -> None:
        """Changes a message."""
        workspace = self.slack.workspace
        with workspace.change():
            before = payloads.as_json(workspace, message, self.slack.base_url)
            message.text, message.edited = text, True
        self.slack.publish(payloads.changed_event(workspace, message, before, self.slack.base_url))

    def sees_unfurled(self, message: Message) -> None:
        """Slack adds a preview to a message, which is sent as a change of it."""
        before = payloads.as_json(self.slack.workspace, message, self.slack.base_url)
        event = payloads.changed_event(self.slack.workspace, message, before, self.slack.base_url)
        event["message"]["attachments"] = [{"from_url": "https://example.org/", "title": "Example"}]
        self.slack.publish(event)

    def deletes(self, message: Message) -> None:
        """Removes a message; one with replies leaves a tombstone, and Slack sends that as a change of it."""
        workspace, base_url = self.slack.workspace, self.slack.base_url
        messages = workspace.channels[message.channel].messages
        with workspace.change():
            if any(other.thread_ts == message.ts for other in messages.values()):
                before = payloads.as_json(workspace, message, base_url)
                message.text, message.subtype, message.user = "This message was deleted.", "tombstone", "USLACKBOT"
                workspace.users.setdefault("USLACKBOT", User("USLACKBOT", "slackbot", is_bot=True))
                event = payloads.changed_event(workspace, message, before, base_url)
            else:
                event = payloads.deleted_event(workspace, message, base_url)
                del messages[message.ts]
        self.slack.publish(event)

    def shares(
        self, name: str, content: bytes, mimetype: str, in_: str, at: str | None = None, *, foreign: bool = False
    ) -> Message:
        """Uploads a file to a channel, or shares one that lies `at` another service, or belongs to other people."""
        workspace = self.slack.workspace
        file = File(workspace.new_id("F"), name, mimetype, content, self.id, external_url=at, foreign=foreign)
        with workspace.change():
            workspace.files[file.id] = file
        message = self.says("", in_, files=[file])
        shared = {"type": "file_shared", "file_id": file.id, "user_id": self.id, "file": {"id": file.id}}
        self.slack.publish({**shared, "channel_id": message.channel, "event_ts": message.ts})
        return message

    def types(self, command: str, text: str, in_: str) -> Reply:
        """Uses a slash command."""
        channel = self.slack.workspace.named(in_)
        channel.members.add(self.id)
        reply = Reply(self, channel)
        body = payloads.slash(self.slack.workspace, self.user, channel.id, command, text, reply.url())
        return reply.send("slash_commands", body)

    def clicks(self, button: Button, on: Message | View) -> Reply:
        """Clicks a button of a message or a view."""
        workspace = self.slack.workspace
        if isinstance(on, View):
            reply = Reply(self, workspace.direct(self.id))
            more: dict[str, Any] = {"container": {"type": "view", "view_id": on.id}, "view": payloads.view_json(on)}
        else:
            channel = workspace.channels[on.channel]
            channel.members.add(self.id)
            reply = Reply(self, channel, on)
            more = self._where(on, channel) | {"response_url": reply.url()}
        ts = workspace.new_ts()
        action = {"block_id": button.block_id, "action_ts": ts, **button.element}
        body = payloads.interaction(workspace, "block_actions", self.user, actions=[action], **more)
        return reply.send("interactive", {"state": {"values": {}}} | body)

    def _where(self, message: Message, channel: Channel) -> dict[str, Any]:
        container: dict[str, Any] = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
        container["is_ephemeral"] = bool(message.ephemeral_to)
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        where: dict[str, Any] = {"container": container, "channel": {"id": channel.id, "name": channel.name}}
        if not message.ephemeral_to:
            where["message"] = payloads.as_json(self.slack.workspace, message, self.slack.base_url)
        return where

    def uses_shortcut(self, callback_id: str, message: Message) -> Reply:
        """Uses a message shortcut."""
        channel = self.slack.workspace.channels[message.channel]
        reply = Reply(self, channel, message)
        body = payloads.interaction(
            self.slack.workspace,
            "message_action",
            self.user,
            callback_id=callback_id,
            response_url=reply.url(),
            message_ts=message.ts,
            action_ts=self.slack.workspace.new_ts(),
            channel={"id": channel.id, "name": channel.name},
            message=payloads.as_json(self.slack.workspace, message, self.slack.base_url),
        )
        return reply.send("interactive", body)

    def opens_bot(self, tab: str = "home") -> None:
        """Opens the bot's App Home, or its messages."""
        channel = self.slack.workspace.direct(self.id)
        event: dict[str, Any] = {"type": "app_home_opened", "user": self.id, "channel": channel.id, "tab": tab}
        event["event_ts"] = self.slack.workspace.new_ts()
        home = self.slack.workspace.homes.get(self.id)
        if tab == "home" and home is not None:
            event["view"] = payloads.view_json(home)
        self.slack.publish(event)

    def stops(self, message: Message) -> None:
        """Clicks the button that stops the bot, which Slack shows while it works in a thread."""
        place = (message.channel, message.thread)
        assert self.slack.workspace.sessions.get(place, {}).get("status") == "processing", "there is no such button"
        event = {"type": "agent_session_stopped", "channel": message.channel, "thread_ts": message.thread}
        self.slack.publish(
            event | {"user": self.id, "streaming_message_ts": [], "event_ts": self.slack.workspace.new_ts()}
        )

    def renames(self, message: Message, title: str) -> None:
        """Gives the bot's session in a thread another title."""
        session = self.slack.workspace.sessions[message.channel, message.thread]
        event = {"type": "agent_session_title_changed", "channel": message.channel, "thread_ts": message.thread}
        event |= {"user": self.id, "team_id": self.user.team_id, "title": title}
        with self.slack.workspace.change():
            if session["title"]:
                event["previous_title"] = session["title"]
            session["title"] = title
        self.slack.publish(event | {"event_ts": self.slack.workspace.new_ts()})

    @property
    def modal(self) -> View | None:
        """The modal that they see."""
        seen = shown_to(self.slack.web_api, self.id)
        return seen[-1] if seen else None

    @property
    def home(self) -> View | None:
        """The App Home that they see."""
        return self.slack.workspace.homes.get(self.id)

    def submits(self, view: View, **answers: str) -> Reply:
        """Fills in a modal, by the beginnings of its labels or by action ids, and submits it."""
        values = filled_in(view, answers)
        content = payloads.view_json(view) | {"state": {"values": values}}
        body = payloads.interaction(self.slack.workspace, "view_submission", self.user, view=content, response_urls=[])
        return Reply(self, self.slack.workspace.direct(self.id), view=view).send("interactive", body)

    def enters(self, view: View, **answers: str) -> Reply:
        """Fills in fields of a view that are sent at once, as one of App Home's is when Enter is pressed."""
        values = filled_in(view, answers)
        actions = [
            {"block_id": block, "action_id": action, "action_ts": "1", **given}
            for block, fields in values.items()
            for action, given in fields.items()
            if given.get("value") is not None or given.get("selected_option")
        ]
        more = {"container": {"type": "view", "view_id": view.id}, "actions": actions}
        more["view"] = payloads.view_json(view) | {"state": {"values": values}}
        body = payloads.interaction(self.slack.workspace, "block_actions", self.user, **more)
        return Reply(self, self.slack.workspace.direct(self.id)).send("interactive", body)

    def runs_step(self, callback_id: str, **inputs: Any) -> str:
        """Runs the app's step in a workflow; returns the id of the execution."""
        workspace = self.slack.workspace
        execution = workspace.new_id("Fx")
        with workspace.change():
            workspace.steps[execution] = None
            workspace.step_tokens[execution] = f"xwfp-emulated-token-of-{execution}"
        function = {"id": "Fn0ASK0001", "callback_id": callback_id, "type": "app", "app_id": APP_ID}
        event: dict[str, Any] = {"type": "function_executed", "function": function, "inputs": inputs}
        event |= {"function_execution_id": execution, "workflow_execution_id": "Wx0000001"}
        event |= {"bot_access_token": workspace.step_tokens[execution]}
        self.slack.publish(event | {"event_ts": workspace.new_ts()})
        return execution


def filled_in(view: View, answers: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The state of a view whose inputs were filled in so."""
    left = dict(answers)
    values: dict[str, dict[str, Any]] = {}
    for block in view.content["blocks"]:
        if block["type"] != "input":
            continue
        element, label = block["element"], block["label"]["text"].lower()
        name = next((name for name in left if name.lower() in (element.get("action_id"), label[: len(name)])), None)
        answer = left.pop(name) if name else element.get("initial_value")  # what was filled in for them stays
        assert answer is not None or block.get("optional"), f"{label!r} must be filled in"
        given: dict[str, Any] = {"type": element["type"]}
        if "options" in element:
            chosen = [
                option for option in element["options"] if answer and answer.lower() in option["text"]["text"].lower()
            ]
            is_many = element["type"] == "checkboxes"
            given |= {"selected_options": chosen} if is_many else {"selected_option": chosen[0] if chosen else None}
        else:
            given["value"] = answer
        values[block["block_id"]] = {element.get("action_id", "a"): given}
    assert not left, f"no field for {left}; there are {values}"
    return values
