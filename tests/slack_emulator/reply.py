"""What comes back to somebody who used a command, a button, a shortcut or a form."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from slack_emulator.delivery import Delivery
from slack_emulator.methods.chat import check_content, numbered
from slack_emulator.methods.method import SlackError
from slack_emulator.methods.views import checked, put, shown_to
from slack_emulator.workspace import BOT_ID, BOT_USER_ID, Channel, Message, View

if TYPE_CHECKING:
    from slack_emulator.story import Person

RESPONSES_A_URL = 5


class Reply:
    """What came back to somebody who used something.

    Args:
        person: who.
        channel: where.
        original: the message that they used something of.
        view: the view that they submitted.

    Attributes:
        messages: what only they see, or everybody if the app asked for that.
        errors: of the fields of a view that they submitted.
    """

    def __init__(
        self, person: Person, channel: Channel, original: Message | None = None, view: View | None = None
    ) -> None:
        self.person = person
        self.channel = channel
        self.original = original
        self.view = view
        self.messages: list[Message] = []
        self.errors: dict[str, str] = {}
        self.delivery: Delivery | None = None
        self._uses = 0

    def send(self, kind: str, body: dict[str, Any]) -> Reply:
        """Sends the payload."""
        self.delivery = Delivery(kind, body, on_ack=self._acknowledged)
        self.person.slack.send(self.delivery)
        return self

    def url(self) -> str:
        """A response_url for it."""
        api = self.person.slack.web_api
        key = uuid.uuid4().hex
        api.response_urls[key] = self._respond
        return f"{api.base_url}/response/{key}"

    def message(self, seconds: float = 30) -> Message:
        """The newest message, waited for."""
        self.person.slack.workspace.wait_for("a reply", lambda: self.messages, seconds)
        return self.messages[-1]

    def _respond(self, body: dict[str, Any]) -> None:
        self._uses += 1
        if self._uses > RESPONSES_A_URL:
            raise SlackError("used_url")
        workspace = self.person.slack.workspace
        if body.get("delete_original") and self.original:
            workspace.channels[self.original.channel].messages.pop(self.original.ts, None)
            workspace.ephemerals[:] = [message for message in workspace.ephemerals if message is not self.original]
            return
        check_content(self.person.slack.web_api, "response_url", body)
        ts = workspace.new_ts()
        if body.get("replace_original") and self.original:
            self.original.text = str(body.get("text", ""))
            self.original.blocks = numbered(ts, body.get("blocks") or [])
            self.messages.append(self.original)
            return
        public = body.get("response_type") == "in_channel"
        if not public and self.original and self.original.thread_ts and not self.original.ephemeral_to:
            workspace.violation("response_url: what answers a click in a thread so appears in the channel")
        message = Message(
            self.channel.id,
            ts,
            BOT_USER_ID,
            str(body.get("text", "")),
            body.get("thread_ts") if public else None,
            numbered(ts, body.get("blocks") or []),
            bot_id=BOT_ID,
            ephemeral_to=None if public else self.person.id,
        )
        self.messages.append(workspace.post(message))

    def _acknowledged(self, response: dict[str, Any] | None) -> None:
        if not response:
            return
        api = self.person.slack.web_api
        if "response_action" not in response:
            self._respond(response)
        elif self.view is not None:
            self._respond_to_view(self.view, response)
        else:
            api.workspace.violation(f"a response_action where no view was submitted: {response}")

    def _respond_to_view(self, view: View, response: dict[str, Any]) -> None:
        api, action = self.person.slack.web_api, response["response_action"]
        if action == "errors":
            self.errors = dict(response["errors"])
        elif action == "clear":
            for seen in shown_to(api, self.person.id):
                seen.open = False
        else:
            content = checked(api, f"response_action {action}", response["view"], "modal")
            if action == "update":
                view.content = content
            else:
                put(api, self.person.id, content, view)
