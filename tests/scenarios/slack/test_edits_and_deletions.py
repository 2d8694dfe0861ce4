"""An edited question gets its answer edited; a deleted one gets its answer removed."""

from __future__ import annotations

from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION, UNANSWERED
from slack_emulator import MENTION
from slack_emulator.scene import Scene


def test_an_edited_question_gets_its_answer_edited(scene: Scene, room: str) -> None:
    question = scene.alice.asks(QUESTION, in_=room)
    first = scene.answer(question)
    scene.alice.edits(question, f"{MENTION} {OTHER_QUESTION}")
    scene.wait_for("the new answer", lambda: ANSWERS[OTHER_QUESTION] in scene.bold(first))
    assert ANSWERS[QUESTION] not in scene.text(first)
    scene.settle()
    assert [answer.ts for answer in scene.answers(question)] == [first.ts]


def test_a_question_that_is_edited_at_once_gets_one_answer_to_what_it_says_now(scene: Scene, room: str) -> None:
    question = scene.alice.asks(UNANSWERED, in_=room)
    scene.alice.edits(question, f"{MENTION} {QUESTION}")
    scene.alice.edits(question, f"{MENTION} {OTHER_QUESTION}")
    answer = scene.answer(question)
    scene.wait_for("the answer to it", lambda: ANSWERS[OTHER_QUESTION] in scene.bold(answer))
    scene.settle()
    assert [message.ts for message in scene.answers(question)] == [answer.ts]
    assert ANSWERS[OTHER_QUESTION] in scene.bold(answer)


def test_an_answer_becomes_none_and_comes_back(scene: Scene, room: str) -> None:
    question = scene.alice.asks(QUESTION, in_=room)
    answer = scene.answer(question)
    scene.alice.edits(question, f"{MENTION} {UNANSWERED}")
    scene.wait_for("that the articles don't say", lambda: answer.text == "The articles don't say.")
    scene.alice.edits(question, f"{MENTION} {QUESTION}")
    scene.wait_for("the answer", lambda: ANSWERS[QUESTION] in scene.bold(answer))


def test_a_deleted_question_gets_its_answer_removed(scene: Scene, room: str) -> None:
    question = scene.alice.asks(QUESTION, in_=room)
    scene.answer(question)
    scene.alice.deletes(question)
    scene.wait_for("the answer to go", lambda: not scene.answers(question))


def test_a_deleted_question_in_a_direct_message_gets_its_answer_removed(scene: Scene) -> None:
    question = scene.bob.writes_to_bot(QUESTION)
    scene.answer(question)
    scene.bob.deletes(question)
    scene.wait_for("the answer to go", lambda: not scene.answers(question))


def test_a_deleted_follow_up_leaves_the_other_answers(scene: Scene, room: str) -> None:
    question = scene.alice.asks(QUESTION, in_=room)
    first = scene.answer(question)
    follow_up = scene.alice.says(OTHER_QUESTION, in_=room, thread=question)
    scene.answer(follow_up)
    scene.alice.deletes(follow_up)
    scene.wait_for("the second answer to go", lambda: [message.ts for message in scene.answers(question)] == [first.ts])


def test_a_preview_of_a_link_is_no_edit(scene: Scene, room: str) -> None:
    question = scene.alice.asks(QUESTION, in_=room)
    answer = scene.answer(question)
    scene.alice.sees_unfurled(question)
    scene.settle()
    assert len(scene.answers(question)) == 1
    assert answer.updates == [], "nothing had changed"


def test_a_mention_that_is_added_later_is_a_question(scene: Scene, room: str) -> None:
    message = scene.alice.says(QUESTION, in_=room)
    scene.alice.edits(message, f"{MENTION} {QUESTION}")
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(message))


def test_a_question_deleted_before_it_is_answered_leaves_nothing_behind(scene: Scene, room: str) -> None:
    questions = [scene.carol.asks(question, in_=room) for question in list(ANSWERS)[:6]]
    for question in questions:
        scene.carol.deletes(question)
    scene.settle()
    scene.wait_for("nothing to be left", lambda: not any(scene.answers(question) for question in questions))


def test_an_edit_of_somebody_elses_talk_is_left_alone(scene: Scene, room: str) -> None:
    message = scene.bob.says("Nothing to see.", in_=room)
    scene.bob.edits(message, "Nothing to see here?")
    scene.stays_silent(message)
