"""What only one person sees appears where they asked or clicked: in the thread, or in the channel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from seed_answers import OTHER_QUESTION, QUESTION
from slack_emulator import Fault
from slack_emulator.scene import Scene
from slack_emulator.workspace import Message

BUSY = Fault(429, "ratelimited", 3)


@pytest.fixture(scope="module")
def crowded(make_scene: Callable[..., Scene]) -> Scene:
    """A scene in which one question may wait."""
    scene = make_scene(lambda _: "[slack]\nqueue = 1\n")
    scene.app.start()
    return scene


def seen(scene: Scene, name: str, thread: Message | None) -> list[str]:
    """What somebody alone sees in a thread, or in channels."""
    person = getattr(scene, name)
    return [message.text for message in scene.workspace.seen_by(person.id, thread.thread if thread else None)]


def test_thanks_for_a_judgement_appear_in_the_thread_of_the_answer(scene: Scene, room: str) -> None:
    question = scene.alice.asks(QUESTION, in_=room)
    reply = scene.click(scene.bob, "right", on=scene.answer(question))
    scene.wait_for("thanks", lambda: seen(scene, "bob", question))
    assert reply.messages == []
    assert seen(scene, "alice", question) == []


def test_so_does_what_a_shortcut_on_a_reply_says(scene: Scene, room: str) -> None:
    root = scene.alice.says("We talked about Berlin.", in_=room)
    reply = scene.bob.says(OTHER_QUESTION, in_=room, thread=root)
    scene.alice.uses_shortcut("answer_this", reply)
    scene.answer(reply)
    for person in (scene.alice, scene.carol):
        scene.workspace.named(room).members.add(person.id)
        person.uses_shortcut("answer_this", reply)
    scene.wait_for("words", lambda: seen(scene, "alice", root) and seen(scene, "carol", root))
    assert seen(scene, "bob", root) == []


def test_what_a_shortcut_on_a_message_outside_threads_says_appears_in_the_channel(scene: Scene, room: str) -> None:
    message = scene.bob.says(":+1:", in_=room)
    first = scene.alice.uses_shortcut("answer_this", message)
    scene.answer(message)
    again = scene.alice.uses_shortcut("answer_this", message)
    assert again.message()
    assert first.messages == []
    assert seen(scene, "alice", message) == []


def test_who_cannot_be_told_in_the_thread_is_told_in_the_channel(scene: Scene, room: str) -> None:
    question = scene.alice.asks(QUESTION, in_=room)
    answer = scene.answer(question)
    scene.slack.faults.plan("chat.postEphemeral", Fault(200, "user_not_in_channel"))
    reply = scene.click(scene.bob, "right", on=answer)
    assert reply.message()
    scene.workspace.violations.clear()  # it does appear in the channel: better than nothing


def test_too_busy_for_a_mention_is_said_in_the_channel_and_for_a_reply_in_its_thread(crowded: Scene) -> None:
    root = crowded.alice.says("We talked about Berlin.", in_="general")
    crowded.alice.says("And about the Wall.", in_="general", thread=root)
    crowded.slack.faults.plan("chat.postMessage", BUSY, BUSY)
    first = crowded.alice.asks(QUESTION, in_="random")
    crowded.wait_for("the first try", lambda: crowded.slack.faults.given)
    mention = crowded.bob.asks(OTHER_QUESTION, in_="general")
    crowded.wait_for("words for it", lambda: seen(crowded, "bob", None))
    assert seen(crowded, "bob", mention) == []
    crowded.bob.asks(OTHER_QUESTION, in_="general", thread=root)
    crowded.wait_for("words for the reply", lambda: seen(crowded, "bob", root))
    crowded.answer(first)
    crowded.check()
