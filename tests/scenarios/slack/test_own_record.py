"""Conversations are recorded: Slack, which lets some apps read once a minute, is not asked for what we know."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from seed_answers import ANSWERS, FOLLOW_UPS, LIGHT, OPENING, OTHER_QUESTION, QUESTION
from slack_emulator import MENTION
from slack_emulator.faults import READING
from slack_emulator.scene import Scene


@pytest.fixture(scope="module")
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """A scene of an app that is distributed outside the Marketplace."""
    scene = make_scene()
    scene.slack.faults.unlisted = True
    scene.app.start()
    return scene


def reads(scene: Scene, channel: str) -> int:
    """How often the messages of a channel were asked for."""
    calls = [call for call in scene.workspace.calls if call.method in READING]
    return sum(call.arguments["channel"] == channel for call in calls)


def test_a_conversation_is_continued_without_reading_it(scene: Scene, room: str) -> None:
    first = scene.alice.asks(OPENING, in_=room)
    scene.answer(first)
    for follow_up in FOLLOW_UPS[:2]:
        assert LIGHT in scene.text(scene.answer(scene.bob.says(follow_up, in_=room, thread=first)))
    assert reads(scene, room) == 0


def test_nor_are_threads_of_others_read_because_somebody_asks_in_them(scene: Scene, room: str) -> None:
    root = scene.alice.says("We talked about Berlin.", in_=room)
    silent = [scene.bob.says(QUESTION, in_=room, thread=root) for _ in range(3)]
    scene.bob.edits(silent[0], OTHER_QUESTION)
    scene.bob.deletes(silent[1])
    scene.stays_silent(silent[2])
    scene.answer(scene.alice.asks(OTHER_QUESTION, in_=room, thread=root))
    message = scene.bob.says(QUESTION, in_=room)
    scene.alice.uses_shortcut("answer_this", message)
    scene.answer(message)
    assert reads(scene, room) == 0


def test_an_edited_question_is_what_a_follow_up_refers_to(scene: Scene, room: str) -> None:
    first = scene.alice.asks(QUESTION, in_=room)
    answer = scene.answer(first)
    scene.alice.edits(first, f"{MENTION} {OPENING}")
    scene.wait_for("the new answer", lambda: ANSWERS[QUESTION] not in scene.bold(answer))
    second = scene.bob.says(FOLLOW_UPS[0], in_=room, thread=first)
    assert LIGHT in scene.text(scene.answer(second))


def test_a_restart_forgets_nothing(scene: Scene, room: str) -> None:
    first = scene.alice.asks(OPENING, in_=room)
    scene.answer(first)
    scene.settle()
    scene.app.kill()
    scene.app.start()
    assert LIGHT in scene.text(scene.answer(scene.bob.says(FOLLOW_UPS[0], in_=room, thread=first)))
    assert reads(scene, room) == 0


def test_a_shared_answer_begins_a_conversation(scene: Scene, room: str) -> None:
    reply = scene.alice.types("/ask", OPENING, in_=room).message()
    scene.workspace.allowed_mentions.add(scene.alice.id)
    scene.click(scene.alice, "share", on=reply)
    (shared,) = scene.wait_for("it", lambda: list(scene.workspace.channels[room].messages.values()))
    assert LIGHT in scene.text(scene.answer(scene.bob.says(FOLLOW_UPS[0], in_=room, thread=shared)))
    assert reads(scene, room) == 0


def test_a_thread_from_before_the_record_is_read_once(scene: Scene, room: str) -> None:
    first = scene.alice.asks(OPENING, in_=room)
    scene.answer(first)
    scene.app.stop()
    for file in scene.data_dir.glob("slack*"):
        file.unlink()
    scene.slack.faults.read_at.clear()  # a minute has passed
    scene.app.start()
    for follow_up in FOLLOW_UPS[:2]:
        assert LIGHT in scene.text(scene.answer(scene.bob.says(follow_up, in_=room, thread=first)))
    answered = [call for call in scene.workspace.calls if call.method in READING and not call.error]
    assert [call.arguments["ts"] for call in answered if call.arguments["channel"] == room] == [first.ts]
