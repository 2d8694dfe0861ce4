"""The message shortcut "Answer this": answers somebody's message in its thread."""

from __future__ import annotations

import json

import pytest
from seed_answers import ANSWERS, QUESTION
from slack_emulator.scene import MANIFESTS, Scene
from slack_emulator.workspace import Message


@pytest.fixture(scope="module")
def callback_id() -> str:
    shortcuts = json.loads((MANIFESTS / "manifest.json").read_text())["features"]["shortcuts"]
    return str(next(shortcut["callback_id"] for shortcut in shortcuts if shortcut["type"] == "message"))


def test_somebody_elses_message_is_answered_in_its_thread(scene: Scene, room: str, callback_id: str) -> None:
    message = scene.bob.says(QUESTION, in_=room)
    scene.alice.uses_shortcut(callback_id, message)
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(message))


def test_two_people_who_use_it_on_one_message_get_one_answer(scene: Scene, room: str, callback_id: str) -> None:
    message = scene.bob.says(QUESTION, in_=room)
    scene.alice.uses_shortcut(callback_id, message)
    scene.carol.uses_shortcut(callback_id, message)
    scene.answer(message)
    scene.settle()
    assert len(scene.answers(message)) == 1


def test_where_the_bot_is_not_the_person_is_told_or_answered(scene: Scene, callback_id: str) -> None:
    channel = scene.workspace.add_channel("elsewhere", {scene.alice.id, scene.bob.id})
    message = Message(channel.id, scene.workspace.new_ts(), scene.bob.id, QUESTION)
    scene.workspace.post(message)
    reply = scene.alice.uses_shortcut(callback_id, message)
    scene.wait_for("words or an answer", lambda: reply.messages or scene.answers(message) or scene.alice.modal)


def test_a_message_without_words_ends_in_words(scene: Scene, room: str, callback_id: str) -> None:
    message = scene.bob.says(":+1:", in_=room)
    reply = scene.alice.uses_shortcut(callback_id, message)
    scene.wait_for("a reply", lambda: reply.messages or scene.answers(message) or scene.workspace.ephemerals)
