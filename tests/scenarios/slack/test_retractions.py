"""An article is retracted: answers that quote it are marked as such, those that don't stay, and no new one quotes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import Command
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION
from slack_emulator import MENTION
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID, Message

REASON = "the date is wrong"


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Iterator[Scene]:
    """A scene of its own for each test: they retract."""
    scene = make_scene(lambda scene: f'[slack.channels.{scene.channel_id("random")}]\nlanguage = "de"\n')
    scene.app.start()
    yield scene
    scene.close()


@pytest.fixture
def qa_bot(scene: Scene, cache_dir: Path) -> Command:
    """The command line, on the app's store."""
    return Command(scene.app.folder, cache_dir, scene.data_dir)


def retract(qa_bot: Command, title: str, *reason: str) -> str:
    """Retracts the article whose title holds these words; returns its id."""
    (identity,) = [one["id"] for one in qa_bot("articles", "list", "--json").json if title in one["title"]]
    assert qa_bot("articles", "retract", identity, *reason).code == 0
    return str(identity)


def test_answers_from_a_retracted_article_are_marked_and_the_others_stay(
    scene: Scene, room: str, qa_bot: Command
) -> None:
    asked = scene.alice.asks(QUESTION, in_=room)
    quoting, other = scene.answer(asked), scene.answer(scene.bob.asks(OTHER_QUESTION, in_=room))
    german = scene.answer(scene.alice.asks(QUESTION, in_="random"))
    direct = scene.answer(scene.carol.writes_to_bot(QUESTION))
    assert ANSWERS[QUESTION] in scene.bold(quoting)
    retract(qa_bot, "Voyager", "--reason", REASON)
    for answer in (quoting, german, direct):
        scene.wait_for("the mark", lambda answer=answer: ANSWERS[QUESTION] not in scene.text(answer))
        assert "Voyager" in scene.text(answer)
        assert REASON in scene.text(answer)
        assert answer.edited
    assert "has been retracted" in quoting.text
    assert "wurde zurückgezogen" in german.text
    assert ANSWERS[OTHER_QUESTION] in scene.bold(other)
    again = scene.answer(scene.alice.asks(QUESTION, in_=room))
    assert ANSWERS[QUESTION] not in scene.text(again)
    follow_up = scene.answer(scene.alice.says("When was Voyager 1 launched?", in_=room, thread=asked))
    assert ANSWERS[QUESTION] not in scene.text(follow_up)


def test_an_app_that_was_down_marks_them_when_it_starts(scene: Scene, room: str, qa_bot: Command) -> None:
    answer = scene.answer(scene.alice.asks(QUESTION, in_=room))
    scene.app.kill()
    retract(qa_bot, "Voyager")
    assert ANSWERS[QUESTION] in scene.bold(answer)
    scene.app.start()
    scene.wait_for("the mark", lambda: "has been retracted" in answer.text)
    assert "The reason" not in answer.text


def test_an_answer_that_was_shared_is_marked_and_one_that_was_edited_since_is_not(
    scene: Scene, room: str, qa_bot: Command
) -> None:
    scene.workspace.allowed_mentions.add(scene.alice.id)  # it says who asked
    scene.click(scene.alice, "share", on=scene.alice.types("/ask", QUESTION, in_=room).message())
    shared = scene.wait_for("the shared answer", lambda: _posted_by_bot(scene, room))[-1]
    question = scene.bob.asks(QUESTION, in_=room)
    edited = scene.answer(question)
    scene.bob.edits(question, f"{MENTION} {OTHER_QUESTION}")
    scene.wait_for("the new answer", lambda: ANSWERS[OTHER_QUESTION] in scene.bold(edited))
    retract(qa_bot, "Voyager")
    scene.wait_for("the mark", lambda: "has been retracted" in shared.text)
    scene.settle()
    assert ANSWERS[OTHER_QUESTION] in scene.bold(edited)


def _posted_by_bot(scene: Scene, room: str) -> list[Message]:
    with scene.workspace.changed:
        messages = scene.workspace.channels[room].messages.values()
        return [message for message in messages if message.user == BOT_USER_ID and not message.thread_ts]
