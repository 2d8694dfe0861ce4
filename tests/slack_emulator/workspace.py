"""What a Slack workspace holds: people, channels, messages, views and files, and what an app did wrong in it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

TEAM_ID = "T0SEEDS01"
ENTERPRISE_ID = "E0SEEDS01"
APP_ID = "A0QABOT01"
BOT_ID = "B0QABOT01"
BOT_USER_ID = "U0QABOT01"
BOT_TOKEN = "xoxb-1111-2222-emulatedBotToken"
CONFIG_TOKEN = "xoxe.xoxp-1-emulatedConfigurationToken"
APP_TOKEN = "xapp-1-A0QABOT01-3333-emulatedAppToken"
SIGNING_SECRET = "emulated0signing0secret0123456789"
CLIENT_SECRET = "emulated0client0secret01234567890"
ALL_SCOPES = frozenset(
    [
        "app_mentions:read",
        "assistant:write",
        "channels:history",
        "channels:join",
        "channels:read",
        "chat:write",
        "chat:write.public",
        "commands",
        "files:read",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:history",
        "mpim:read",
        "reactions:read",
        "reactions:write",
        "users:read",
        "team:read",
    ]
)


@dataclass
class User:
    """A person, or the app's bot user."""

    id: str
    name: str
    team_id: str = TEAM_ID
    is_bot: bool = False
    locale: str = "en-US"


@dataclass
class File:
    """A file that somebody shared.

    One of another service lies at its `external_url`, not at Slack; of one from another organisation (`foreign`), messages
    say only that files.info knows more.
    """

    id: str
    name: str
    mimetype: str
    content: bytes
    user: str
    channels: list[str] = field(default_factory=list)
    downloads: int = 0
    external_url: str | None = None
    foreign: bool = False


@dataclass
class Message:
    """A message; `ephemeral_to` is the one who sees it if not everybody does."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    blocks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    files: list[File] = field(default_factory=list)
    bot_id: str | None = None
    subtype: str | None = None
    client_msg_id: str | None = None
    edited: bool = False
    ephemeral_to: str | None = None
    reactions: dict[str, set[str]] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)
    updates: list[dict[str, Any]] = field(default_factory=list)

    @property
    def thread(self) -> str:
        """The timestamp of the thread that the message is in, or starts."""
        return self.thread_ts or self.ts


@dataclass
class Channel:
    """A channel, a private one, or a conversation of two (`im`)."""

    id: str
    name: str
    kind: str = "channel"
    members: set[str] = field(default_factory=set)
    messages: dict[str, Message] = field(default_factory=dict)
    teams: set[str] = field(default_factory=lambda: {TEAM_ID})


@dataclass
class Call:
    """A call of the Web API: its method, what was given, when (monotonic seconds), the error that it got, and the workspace."""

    method: str
    arguments: dict[str, Any]
    at: float
    error: str | None = None
    team: str | None = None


@dataclass
class View:
    """A modal or an App Home, as somebody sees it."""

    id: str
    user: str
    content: dict[str, Any]
    root_id: str
    previous_id: str | None = None
    hash: str = "1.0"
    open: bool = True


class Workspace:
    """The state that people, the app and the tests share; every change is made holding `changed`.

    Attributes:
        changed: notified after each change.
        violations: what the app did that Slack, or this product's own rules, forbid.
        statuses: (channel, thread, status) of `assistant.threads.setStatus`, in order.
        sessions: `status` and `title` of the agent's session in each channel and thread.
        session_statuses: (channel, thread, status) of `agents.sessions.setStatus`, in order.
        tokens: of the bot, and the workspaces that they are for.
        app_tokens: of this app, and perhaps of others.
        manifest: of this app.
        steps: how each execution of a workflow step ended: its outputs or its error; None while it runs.
        step_tokens: the token of each execution, which alone may complete it.
        organisation: the workspaces of the organisation (Enterprise Grid) that this one belongs to; empty if it is in none.
        allowed_links: beginnings of the URLs that may be live links.
        allowed_mentions: ids of people and channels that may be mentioned.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Message] = []
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self.files: dict[str, File] = {}
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.statuses: list[tuple[str, str, str]] = []
        self.sessions: dict[tuple[str, str], dict[str, str]] = {}
        self.session_statuses: list[tuple[str, str, str]] = []
        self.prompts: dict[str, list[dict[str, str]]] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.steps: dict[str, dict[str, Any] | str | None] = {}
        self.step_tokens: dict[str, str] = {}
        self.triggers: dict[str, float | None] = {}
        self.trigger_users: dict[str, str] = {}
        self.scopes = set(ALL_SCOPES)
        self.revoked = False
        self.tokens = {BOT_TOKEN: TEAM_ID}
        self.app_tokens = {APP_TOKEN}
        self.manifest: dict[str, Any] = {}
        self.organisation: set[str] = set()
        self.allowed_links: list[str] = ["https://example.org/qa-bot-seeds/", "https://seeds.slack.com/archives/"]
        self.allowed_mentions: set[str] = set()
        self._numbers = itertools.count(1)
        self._last_ts = 0
        self.users[BOT_USER_ID] = User(BOT_USER_ID, "qa_bot", is_bot=True)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Holds the workspace, and tells who waits that something changed."""
        with self.changed:
            yield
            self.changed.notify_all()

    def wait_for(self, what: str, predicate: Callable[[], Any], seconds: float = 30) -> Any:
        """The first true value of a predicate.

        Raises:
            AssertionError: it stayed false for that long; says what was waited for.
        """
        until = time.monotonic() + seconds
        with self.changed:
            while not (result := predicate()):
                assert time.monotonic() < until, f"waited {seconds:g} s for {what}"
                self.changed.wait(0.05)  # what is waited for need not be in the workspace
        return result

    def violation(self, text: str) -> None:
        """Records what the app did wrong; the test fails of it at its end."""
        with self.change():
            self.violations.append(text)

    def new_id(self, letter: str) -> str:
        """An id as Slack gives them."""
        with self.changed:
            return f"{letter}0{next(self._numbers):08d}"

    def new_ts(self) -> str:
        """A timestamp that no message has yet."""
        with self.changed:
            self._last_ts = max(self._last_ts + 1, int(time.time() * 1_000_000))
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add_user(self, name: str, team_id: str = TEAM_ID) -> User:
        """A new person."""
        with self.change():
            user = User(self.new_id("U"), name, team_id)
            self.users[user.id] = user
            return user

    def add_channel(self, name: str, members: set[str], kind: str = "channel") -> Channel:
        """A new channel."""
        letter = {"channel": "C", "group": "G", "im": "D", "mpim": "G"}[kind]
        with self.change():
            channel = Channel(self.new_id(letter), name, kind, set(members))
            self.channels[channel.id] = channel
            return channel

    def named(self, channel: str) -> Channel:
        """The channel of a name or id."""
        matches = [known for known in self.channels.values() if channel in (known.id, known.name)]
        return matches[0]

    def direct(self, user: str) -> Channel:
        """The conversation of a person with the bot."""
        with self.change():
            for channel in self.channels.values():
                if channel.kind == "im" and user in channel.members:
                    return channel
            return self.add_channel(f"im-{user}", {user, BOT_USER_ID}, "im")

    def enterprise_of(self, team_id: str) -> str | None:
        """The organisation of a workspace, as far as this one is in the same."""
        return ENTERPRISE_ID if team_id in self.organisation else None

    def is_external(self, channel: Channel | None) -> bool:
        """Whether a channel is shared with other organisations (`is_ext_shared_channel`), not only with sibling workspaces."""
        return (
            channel is not None and len(channel.teams - self.organisation) + bool(channel.teams & self.organisation) > 1
        )

    def post(self, message: Message) -> Message:
        """Puts a message where it belongs."""
        with self.change():
            if message.ephemeral_to:
                self.ephemerals.append(message)
            else:
                self.channels[message.channel].messages[message.ts] = message
            return message

    def seen_by(self, user: str, thread: str | None) -> list[Message]:
        """What only one person sees, in a thread or (None) outside threads, the oldest first."""
        return [message for message in self.ephemerals if message.ephemeral_to == user and message.thread_ts == thread]

    def thread_of(self, channel: str, thread_ts: str) -> list[Message]:
        """The messages of a thread, its root first."""
        messages = [message for message in self.channels[channel].messages.values() if message.thread == thread_ts]
        return sorted(messages, key=lambda message: message.ts)

    def new_trigger(self, user: str) -> str:
        """A trigger id of what a person did, good for three seconds and one view."""
        with self.changed:
            trigger = f"{self.new_id('1')}.{self.new_id('2')}"
            self.triggers[trigger] = time.monotonic()
            self.trigger_users[trigger] = user
            return trigger
