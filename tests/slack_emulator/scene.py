"""A scene: a workspace with a few people, and the real app running beside it on a store of its own."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from slack_emulator.emulator import SlackEmulator
from slack_emulator.reply import Reply
from slack_emulator.running import SECRETS, RunningApp
from slack_emulator.shown import bold_in, button, buttons_in, links_in, quoted_in, text_of
from slack_emulator.story import Person
from slack_emulator.workspace import BOT_USER_ID, Message, View

MANIFESTS = Path(__file__).parents[2] / "deploy" / "slack"
SURE = "When was penicillin discovered?"


class Scene:
    """People, channels and the app.

    Args:
        folder: for the app's settings, and a copy of the store.
        indexed: a store, which is copied.
        cache_dir: compiled models.
        config: makes the content of `qa_bot.toml` from the scene, so that it can name its channels and people.
        channels: names of channels that the bot is in.
        manifest: of the app; it gets the events and the scopes that this asks for.
    """

    def __init__(
        self,
        folder: Path,
        indexed: Path,
        cache_dir: Path,
        config: Callable[[Scene], str] = lambda _: "",
        channels: tuple[str, ...] = ("general", "random"),
        manifest: str = "manifest.json",
        environment: dict[str, str] | None = None,
    ) -> None:
        requested = _manifest(MANIFESTS / manifest)
        own = json.loads((MANIFESTS / manifest).read_text())
        self.slack = SlackEmulator(requested[0])
        self.workspace = self.slack.workspace
        self.workspace.scopes = set(requested[1])
        self.workspace.manifest = own
        self.alice, self.bob, self.carol = (Person(self.slack, name) for name in ("alice", "bob", "carol"))
        for name in channels:
            self.workspace.add_channel(name, {BOT_USER_ID, self.alice.id, self.bob.id})
        self.data_dir = folder / "data"
        shutil.copytree(indexed, self.data_dir)
        self._make_app: Callable[[], RunningApp] = lambda: RunningApp(
            self.slack, folder, self.data_dir, cache_dir, config(self), environment=environment
        )
        self.app: RunningApp = None  # type: ignore[assignment]
        self._closed = False

    def open(self) -> Scene:
        """Opens Slack; the app is there, but not started."""
        self.slack.__enter__()
        self.app = self._make_app()
        return self

    def close(self) -> None:
        """Ends the app and Slack, if they have not been ended."""
        if not self._closed:
            self._closed = True
            self.app.close()
            self.slack.__exit__()

    def channel_id(self, name: str) -> str:
        """The id of a channel."""
        return self.workspace.named(name).id

    def answers(self, question: Message) -> list[Message]:
        """What the bot has posted in the thread of a message since it was written."""
        with self.workspace.changed:
            thread = self.workspace.thread_of(question.channel, question.thread)
            return [message for message in thread if message.user == BOT_USER_ID and message.ts > question.ts]

    def answer(self, question: Message, seconds: float = 30) -> Message:
        """The bot's answer to a message, waited for."""
        what = f"the answer to {question.text!r}"
        return self.wait_for(what, lambda: self.answers(question), seconds)[0]  # type: ignore[no-any-return]

    def wait_for(self, what: str, predicate: Callable[[], Any], seconds: float = 30) -> Any:
        """See `Workspace.wait_for`; fails with the app's log."""
        try:
            return self.workspace.wait_for(what, predicate, seconds)
        except AssertionError as error:
            with self.workspace.changed:
                problems = [*self.workspace.violations, *(f"{call.method}: {call.error}" for call in self.failed_calls)]
            raise AssertionError(f"{error}\n" + "\n".join(problems + self.app.lines[-30:])) from None

    def wait_for_all(self, questions: Sequence[Message], seconds: float) -> None:
        """Waits until each of many messages has an answer."""
        left = list(questions)

        def none_left() -> bool:
            left[:] = [question for question in left if not self.answers(question)]
            return not left

        self.wait_for("every answer", none_left, seconds)

    @property
    def failed_calls(self) -> list[Any]:
        """The calls of the Web API that got an error."""
        return [call for call in self.workspace.calls if call.error]

    def settle(self) -> None:
        """Waits until the app has taken and worked off what was sent to it so far."""
        deliveries = list(self.slack.deliveries)
        self.wait_for("all acknowledgements", lambda: all(delivery.finished for delivery in deliveries))
        self.answer(Person(self.slack, "watch").writes_to_bot(SURE))
        time.sleep(0.2)

    def stays_silent(self, *messages: Message) -> None:
        """Fails if the bot posts anything in the threads of these messages.

        Raises:
            AssertionError: it does.
        """
        self.settle()
        for message in messages:
            answers = [answer.text for answer in self.answers(message)]
            assert answers == [], f"nobody asked, with {message.text!r}, for {answers}"

    def modal_of(self, person: Person, words: str = "") -> View:
        """The modal that a person sees, once it says these words."""

        def seen() -> View | None:
            modal = person.modal
            return modal if modal and words.lower() in self.text(modal).lower() else None

        return self.wait_for(f"a modal with {words!r}", seen)  # type: ignore[no-any-return]

    def click(self, person: Person, words: str, on: Message | View) -> Reply:
        """Clicks the button that has these words on it."""
        return person.clicks(button(blocks_of(on), words), on)

    @staticmethod
    def text(of: Message | View) -> str:
        """All that a person reads in a message or view."""
        title = str((of.content.get("title") or {}).get("text", "")) if isinstance(of, View) else ""
        return f"{title}\n{text_of(blocks_of(of))}"

    @staticmethod
    def bold(of: Message | View) -> list[str]:
        """What is in bold in it."""
        return bold_in(blocks_of(of))

    @staticmethod
    def quotes(of: Message | View) -> list[str]:
        """What is quoted in it."""
        return quoted_in(blocks_of(of))

    @staticmethod
    def links(of: Message | View) -> list[str]:
        """Where its links lead."""
        return links_in(blocks_of(of))

    @staticmethod
    def labels(of: Message | View) -> list[str]:
        """What is written on its buttons."""
        return [element.label for element in buttons_in(blocks_of(of))]

    def check(self) -> None:
        """Fails if the app did what it must not, wrote a secret, or wrote a traceback.

        Raises:
            AssertionError: it did.
        """
        self.slack.check()
        for secret in SECRETS:
            assert secret not in self.app.log, "a secret stands in the log"
        assert "Traceback" not in self.app.log, self.app.log[-3000:]


def blocks_of(of: Message | View) -> list[dict[str, Any]]:
    """The blocks of a message or a view."""
    return of.content["blocks"] if isinstance(of, View) else of.blocks


def _manifest(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The events and the bot scopes of a manifest."""
    manifest = json.loads(path.read_text())
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    return frozenset(events) | {"function_executed"}, frozenset(manifest["oauth_config"]["scopes"]["bot"])
