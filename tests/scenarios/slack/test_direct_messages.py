"""Message the bot: a direct message, and the agent experience."""

from __future__ import annotations

import pytest
from seed_answers import ANSWERS, FOLLOW_UPS, LIGHT, OPENING, OTHER_QUESTION, QUESTION
from slack_emulator.scene import Scene


def test_a_direct_message_is_answered_in_its_thread_with_a_status_and_a_title(scene: Scene) -> None:
    question = scene.alice.writes_to_bot(QUESTION)
    answer = scene.answer(question)
    assert ANSWERS[QUESTION] in scene.bold(answer)
    statuses = [text for channel, thread, text in scene.workspace.statuses if thread == question.ts]
    assert statuses[0].startswith("is searching ")
    assert any(character.isdigit() for character in statuses[0])
    assert statuses[-1] == "", "it is taken away when the answer is there"
    key = (question.channel, question.ts)
    assert scene.wait_for("the title", lambda: scene.workspace.sessions[key]["title"]) == QUESTION


def test_one_goes_on_in_the_thread(scene: Scene) -> None:
    first = scene.bob.writes_to_bot(OPENING)
    scene.answer(first)
    second = scene.bob.writes_to_bot(FOLLOW_UPS[0], thread=first)
    assert LIGHT in scene.text(scene.answer(second))


def test_one_goes_on_outside_the_thread_too(scene: Scene) -> None:
    scene.answer(scene.carol.writes_to_bot(OPENING))
    answer = scene.text(scene.answer(scene.carol.writes_to_bot(FOLLOW_UPS[0])))
    assert LIGHT in answer
    assert f"understood as: {FOLLOW_UPS[0]}" in answer
    assert scene.quotes(scene.answer(scene.carol.writes_to_bot("Great, that helps"))) == []


def test_who_opens_the_conversation_is_shown_questions_that_the_archive_answers(scene: Scene) -> None:
    scene.carol.opens_bot("messages")
    channel = scene.workspace.direct(scene.carol.id).id
    prompts = scene.wait_for("suggested prompts", lambda: scene.workspace.prompts.get(channel))
    for prompt in prompts:
        answer = scene.answer(scene.carol.writes_to_bot(prompt["message"]))
        assert scene.quotes(answer), f"{prompt['message']!r} is not answered"


@pytest.mark.parametrize("words", ["hi there", "thanks!"])
def test_small_talk_is_answered_like_small_talk(scene: Scene, words: str) -> None:
    answer = scene.answer(scene.alice.writes_to_bot(words))
    assert scene.quotes(answer) == []
    assert "don't say" not in answer.text


def test_opening_home_sets_no_prompts(scene: Scene) -> None:
    scene.bob.opens_bot("home")
    scene.wait_for("App Home", lambda: scene.bob.home)
    assert scene.workspace.direct(scene.bob.id).id not in scene.workspace.prompts


def test_two_people_are_answered_each_in_their_own_conversation(scene: Scene) -> None:
    mine, yours = scene.alice.writes_to_bot(OTHER_QUESTION), scene.bob.writes_to_bot(QUESTION)
    assert ANSWERS[OTHER_QUESTION] in scene.bold(scene.answer(mine))
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(yours))
