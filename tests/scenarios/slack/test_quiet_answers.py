"""Quiet answers: with `reply = "ephemeral"`, only the asker sees an answer, and may show it to everyone."""

from __future__ import annotations

from seed_answers import ANSWERS, QUESTION, UNANSWERED
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID, Message


def config(scene: Scene) -> str:
    quiet = scene.workspace.add_channel("quiet", {BOT_USER_ID, scene.alice.id, scene.bob.id}).id
    return f"[slack]\n[slack.channels.{quiet}]\nreply = 'ephemeral'\nfollow_ups = 'mention'\n"


def seen(scene: Scene, message: Message, *, thread: str | None = None) -> Message:
    """What its author alone sees in answer to a message."""
    before = message.ts

    def newest() -> Message | None:
        shown = [one for one in scene.workspace.seen_by(message.user, thread) if one.ts > before]
        return shown[-1] if shown else None

    return scene.wait_for("an answer for one", newest)  # type: ignore[no-any-return]


def test_only_the_asker_sees_the_answer(scene: Scene) -> None:
    question = scene.alice.asks(QUESTION, in_="quiet")
    shown = seen(scene, question)
    assert ANSWERS[QUESTION] in scene.bold(shown)
    assert scene.answers(question) == [], "nobody else does"
    assert "Show everyone" in scene.labels(shown)


def test_they_can_show_it_to_everyone_in_the_thread_of_the_question(scene: Scene) -> None:
    scene.workspace.allowed_mentions.add(scene.bob.id)
    question = scene.bob.asks(QUESTION, in_="quiet")
    shown = seen(scene, question)
    scene.click(scene.bob, "everyone", on=shown)
    answer = scene.answer(question)
    assert ANSWERS[QUESTION] in scene.bold(answer)
    assert answer.thread_ts == question.ts
    scene.wait_for("the private one to go", lambda: shown not in scene.workspace.ephemerals)


def test_in_a_thread_they_see_it_there(scene: Scene) -> None:
    first = scene.alice.says("What do we know of this?", in_="quiet")
    scene.bob.says("Ask the bot.", in_="quiet", thread=first)
    question = scene.alice.asks(QUESTION, in_="quiet", thread=first)
    assert ANSWERS[QUESTION] in scene.bold(seen(scene, question, thread=first.ts))


def test_a_refusal_is_quiet_too(scene: Scene) -> None:
    question = scene.alice.asks(UNANSWERED, in_="quiet")
    assert "The articles don't say." in scene.text(seen(scene, question))
    assert scene.answers(question) == []


def test_elsewhere_everybody_sees_answers(scene: Scene) -> None:
    question = scene.alice.asks(QUESTION, in_="general")
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(question))
    assert "Show everyone" not in scene.labels(scene.answer(question))
