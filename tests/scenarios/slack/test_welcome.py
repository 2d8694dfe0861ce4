"""A welcome: once for each channel that the bot joins, and for each person who writes to it."""

from __future__ import annotations

import pytest
from seed_answers import ANSWERS, QUESTION
from slack_emulator.scene import Scene
from slack_emulator.story import Person
from slack_emulator.workspace import BOT_USER_ID, Message


def config(scene: Scene) -> str:
    quiet = scene.workspace.add_channel("quiet", set()).id
    german = scene.workspace.add_channel("deutsch", set()).id
    part = scene.workspace.add_channel("part", set()).id
    return (
        f"[slack]\n[slack.channels.{quiet}]\nwelcome = false\n[slack.channels.{german}]\nlanguage = 'de'\n"
        f"[slack.channels.{part}]\npublishers = ['nobody']\n"
    )


def posts(scene: Scene, channel: str) -> list[Message]:
    """What the bot has written in a channel, outside threads."""
    with scene.workspace.changed:
        messages = scene.workspace.named(channel).messages.values()
        return [message for message in messages if message.user == BOT_USER_ID and message.thread_ts is None]


def test_a_channel_is_told_once_what_the_bot_reads_and_how_to_ask(scene: Scene) -> None:
    scene.workspace.add_channel("desk", set())
    scene.alice.invites_bot("desk")
    (welcome,) = scene.wait_for("a welcome", lambda: posts(scene, "desk"))
    text = scene.text(welcome)
    assert "I read 15 articles from seeds; the newest is of 13 July 2025." in text
    assert "Mention me" in text
    examples = [line.removeprefix("• ") for line in text.splitlines() if line.startswith("• ")]
    assert len(examples) == 2
    for question in examples:
        assert scene.bold(scene.answer(scene.bob.asks(question, in_="desk"))), "it can answer what it proposes"
    scene.alice.invites_bot("desk")
    scene.settle()
    assert len(posts(scene, "desk")) == 1


def test_a_person_is_welcomed_with_their_first_message_and_answered(scene: Scene) -> None:
    new = Person(scene.slack, "newcomer")
    question = new.writes_to_bot(QUESTION)
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(question))
    channel = question.channel
    scene.wait_for("a welcome", lambda: posts(scene, channel))
    new.writes_to_bot(QUESTION)
    scene.settle()
    (welcome,) = posts(scene, channel)
    assert "Write your question here" in scene.text(welcome)


def test_it_can_be_switched_off_for_a_channel(scene: Scene) -> None:
    scene.alice.invites_bot("quiet")
    scene.settle()
    assert posts(scene, "quiet") == []


def test_it_speaks_the_language_of_the_channel(scene: Scene) -> None:
    scene.alice.invites_bot("deutsch")
    (welcome,) = scene.wait_for("a welcome", lambda: posts(scene, "deutsch"))
    assert "Ich lese 15 Artikel aus seeds; der neueste ist vom 13. Juli 2025." in scene.text(welcome)


def test_a_channel_that_sees_a_part_is_told_no_number(scene: Scene) -> None:
    scene.alice.invites_bot("part")
    (welcome,) = scene.wait_for("a welcome", lambda: posts(scene, "part"))
    assert "I read a part of the articles" in scene.text(welcome)
    assert "15" not in scene.text(welcome)
    assert "• " not in scene.text(welcome), "nothing there can be answered"


def test_when_others_join_nothing_is_said(scene: Scene, room: str) -> None:
    event = {
        "type": "member_joined_channel",
        "user": scene.bob.id,
        "channel": room,
        "event_ts": scene.workspace.new_ts(),
    }
    scene.slack.publish(event)
    scene.settle()
    assert posts(scene, room) == []


@pytest.mark.slow
def test_it_is_said_once_though_the_process_is_killed(scene: Scene) -> None:
    for number in range(6):
        name = f"killed-{number}"
        scene.workspace.add_channel(name, set())
        scene.alice.invites_bot(name)
        scene.wait_for("the event", lambda: all(delivery.finished for delivery in scene.slack.deliveries))
        scene.app.kill()
        scene.app.start()
        scene.wait_for("a welcome", lambda name=name: posts(scene, name), 60)
    scene.settle()
    assert [len(posts(scene, f"killed-{number}")) for number in range(6)] == [1] * 6
