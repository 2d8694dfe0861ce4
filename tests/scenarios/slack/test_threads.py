"""Follow up in the thread: the thread is the conversation, read from Slack."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from seed_answers import ANSWERS, FOLLOW_UPS, LIGHT, OPENING, OTHER_QUESTION, QUESTION
from slack_emulator.scene import Scene

MODES = {"eager": "always", "strict": "mention"}


def config(scene: Scene) -> str:
    for name in MODES:
        scene.workspace.add_channel(name, {"U0QABOT01"})
    return "\n".join(
        f'[slack.channels.{scene.channel_id(name)}]\nfollow_ups = "{mode}"' for name, mode in MODES.items()
    )


def test_a_question_in_an_answered_thread_needs_no_mention(scene: Scene, room: str) -> None:
    first = scene.alice.asks(QUESTION, in_=room)
    scene.answer(first)
    second = scene.bob.says(OTHER_QUESTION, in_=room, thread=first)
    assert ANSWERS[OTHER_QUESTION] in scene.bold(scene.answer(second))


@pytest.mark.parametrize("follow_up", FOLLOW_UPS)
def test_a_follow_up_is_understood_in_the_light_of_what_was_asked(scene: Scene, room: str, follow_up: str) -> None:
    first = scene.alice.asks(OPENING, in_=room)
    scene.answer(first)
    second = scene.bob.says(follow_up, in_=room, thread=first)
    assert LIGHT in scene.text(scene.answer(second))


def test_a_reply_that_is_also_sent_to_the_channel_is_a_reply(scene: Scene, room: str) -> None:
    first = scene.alice.asks(QUESTION, in_=room)
    scene.answer(first)
    second = scene.bob.does("thread_broadcast", OTHER_QUESTION, in_=room, thread=first)
    assert ANSWERS[OTHER_QUESTION] in scene.bold(scene.answer(second))


def test_what_is_no_question_is_left_alone(scene: Scene, room: str) -> None:
    first = scene.alice.asks(QUESTION, in_=room)
    scene.answer(first)
    scene.stays_silent(scene.bob.says("I did not know that.", in_=room, thread=first))


def test_a_thread_that_the_bot_has_no_part_in_is_left_alone(scene: Scene, room: str) -> None:
    root = scene.alice.says("Does anybody know this?", in_=room)
    scene.stays_silent(scene.bob.says(QUESTION, in_=room, thread=root))


def test_always_answers_everything_in_its_threads(scene: Scene) -> None:
    first = scene.alice.asks(QUESTION, in_="eager")
    scene.answer(first)
    assert scene.answer(scene.bob.says("the successor of Erich Honecker", in_="eager", thread=first))


def test_mention_answers_mentions_only(scene: Scene) -> None:
    first = scene.alice.asks(QUESTION, in_="strict")
    scene.answer(first)
    silent = scene.bob.says(OTHER_QUESTION, in_="strict", thread=first)
    asked = scene.bob.asks(OTHER_QUESTION, in_="strict", thread=first)
    scene.answer(asked)
    scene.settle()
    assert len(scene.answers(silent)) == 1, "only the mention was answered"


def test_any_replica_goes_on_with_a_conversation(scene: Scene, room: str, make_scene: Callable[..., Scene]) -> None:
    first = scene.alice.asks(OPENING, in_=room)
    scene.answer(first)
    seconds, code = scene.app.stop()
    assert (seconds < 10, code) == (True, 0)
    for file in scene.data_dir.glob("slack*"):
        file.unlink()
    scene.app.start()
    second = scene.alice.says(FOLLOW_UPS[0], in_=room, thread=first)
    assert LIGHT in scene.text(scene.answer(second))
