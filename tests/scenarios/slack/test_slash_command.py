"""`/ask`: an answer that only the asker sees, and may share."""

from __future__ import annotations

import pytest
from seed_answers import ANSWERS, QUESTION, UNANSWERED
from slack_emulator.delivery import ACK_SECONDS
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID, Message


def public(scene: Scene, channel: str) -> list[Message]:
    """What the bot has posted for everybody."""
    return [message for message in scene.workspace.named(channel).messages.values() if message.user == BOT_USER_ID]


def test_only_the_asker_sees_the_answer(scene: Scene, room: str) -> None:
    answer = scene.alice.types("/ask", QUESTION, in_=room).message()
    assert answer.ephemeral_to == scene.alice.id
    assert ANSWERS[QUESTION] in scene.bold(answer)
    assert public(scene, room) == []


def test_the_asker_shares_it_in_the_channel_once(scene: Scene, room: str) -> None:
    scene.workspace.allowed_mentions.add(scene.alice.id)  # it says who asked
    answer = scene.alice.types("/ask", QUESTION, in_=room).message()
    scene.click(scene.alice, "share", on=answer)
    shared = scene.wait_for("the shared answer", lambda: public(scene, room))[0]
    assert ANSWERS[QUESTION] in scene.bold(shared)
    assert not any("share" in label.lower() for label in scene.labels(shared))
    scene.settle()
    assert len(public(scene, room)) == 1


@pytest.mark.parametrize("text", ["", "help", "  "])
def test_alone_it_says_how_it_is_used(scene: Scene, room: str, text: str) -> None:
    answer = scene.alice.types("/ask", text, in_=room).message()
    assert "/ask" in answer.text
    assert scene.quotes(answer) == []


def test_it_works_where_the_bot_is_not(scene: Scene) -> None:
    scene.workspace.add_channel("elsewhere", {scene.alice.id})
    answer = scene.alice.types("/ask", QUESTION, in_="elsewhere").message()
    assert ANSWERS[QUESTION] in scene.bold(answer)


def test_sharing_where_the_bot_is_not_ends_in_words_or_in_the_channel(scene: Scene) -> None:
    scene.workspace.add_channel("faraway", {scene.bob.id})
    scene.workspace.allowed_mentions.add(scene.bob.id)
    answer = scene.bob.types("/ask", QUESTION, in_="faraway").message()
    reply = scene.click(scene.bob, "share", on=answer)
    scene.wait_for("words or the shared answer", lambda: reply.messages or public(scene, "faraway"))


def test_what_the_articles_do_not_say_is_said(scene: Scene, room: str) -> None:
    assert scene.alice.types("/ask", UNANSWERED, in_=room).message().text == "The articles don't say."


def test_commands_are_acknowledged_at_once(scene: Scene, room: str) -> None:
    replies = [scene.alice.types("/ask", question, in_=room) for question in ANSWERS]
    for reply in replies:
        reply.message()
        assert reply.delivery is not None
        assert (reply.delivery.ack_seconds or 9) < ACK_SECONDS
