"""Blocks, metadata and views that Slack refuses do not end in silence: people get the text, operators the reason."""

from __future__ import annotations

import pytest
from app_check import check
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION
from slack_emulator import MENTION, Fault
from slack_emulator.scene import Scene

BLOCKS = [Fault(200, "invalid_blocks"), Fault(200, "msg_blocks_too_long")]
METADATA = [Fault(200, "metadata_too_large"), Fault(200, "invalid_metadata_format")]


@pytest.mark.parametrize("fault", BLOCKS)
def test_an_answer_whose_blocks_are_refused_comes_as_text(scene: Scene, room: str, fault: Fault) -> None:
    scene.slack.faults.plan("chat.postMessage", fault)
    answer = scene.answer(scene.alice.asks(QUESTION, in_=room))
    assert answer.blocks == []
    assert ANSWERS[QUESTION] in answer.text
    assert "Voyager" in answer.text
    assert fault.error in scene.app.log


@pytest.mark.parametrize("fault", METADATA)
def test_an_answer_whose_metadata_is_refused_comes_without(scene: Scene, room: str, fault: Fault) -> None:
    scene.slack.faults.plan("chat.postMessage", fault)
    question = scene.alice.asks(QUESTION, in_=room)
    answer = scene.answer(question)
    assert ANSWERS[QUESTION] in scene.bold(answer)
    assert answer.metadata is None


def test_an_answer_of_which_both_are_refused_is_still_text(scene: Scene, room: str) -> None:
    scene.slack.faults.plan("chat.postMessage", METADATA[0], BLOCKS[0])
    assert ANSWERS[QUESTION] in scene.answer(scene.alice.asks(QUESTION, in_=room)).text


def test_an_edit_whose_blocks_are_refused_leaves_no_old_blocks(scene: Scene, room: str) -> None:
    question = scene.alice.asks(QUESTION, in_=room)
    answer = scene.answer(question)
    scene.slack.faults.plan("chat.update", BLOCKS[0])
    scene.alice.edits(question, f"{MENTION} {OTHER_QUESTION}")
    scene.wait_for("the new answer", lambda: ANSWERS[OTHER_QUESTION] in answer.text)
    assert answer.blocks == []


def test_a_private_answer_comes_as_text(scene: Scene, room: str) -> None:
    scene.slack.faults.plan("response_url", Fault(400, "invalid_blocks"))
    reply = scene.alice.types("/ask", QUESTION, in_=room).message()
    assert reply.blocks == []
    assert ANSWERS[QUESTION] in reply.text


def test_a_modal_that_is_refused_says_so(scene: Scene, room: str) -> None:
    answer = scene.answer(scene.alice.asks(QUESTION, in_=room))
    scene.slack.faults.plan("views.update", Fault(200, "invalid_arguments"))
    scene.click(scene.alice, "more", on=answer)
    assert scene.modal_of(scene.alice, "went wrong")


def test_app_home_that_is_refused_is_shown_bare(scene: Scene) -> None:
    scene.slack.faults.plan("views.publish", Fault(200, "invalid_arguments"))
    scene.bob.opens_bot("home")
    scene.wait_for("App Home", lambda: scene.bob.home)


def test_what_is_refused_for_another_reason_is_not_sent_again(scene: Scene, room: str) -> None:
    before = len(scene.workspace.calls)
    scene.slack.faults.plan("chat.postMessage", Fault(200, "restricted_action"))
    question = scene.alice.asks(QUESTION, in_=room)
    scene.wait_for("the log", lambda: "restricted_action" in scene.app.log)
    posts = [call for call in scene.workspace.calls[before:] if call.method == "chat.postMessage"]
    assert len(posts) == 1
    assert scene.answers(question) == []


def test_the_check_tells_what_was_refused(scene: Scene) -> None:
    done = check(scene)
    assert done.code == 2
    (line,) = [line for line in done.output.splitlines() if line.startswith("WRONG posted messages")]
    assert "invalid_blocks" in line
    assert "metadata_too_large" in line
    assert "report" in line
