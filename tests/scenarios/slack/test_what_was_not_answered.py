"""What was not answered: recorded where the settings say so, grouped, and shown to whoever can write what is missing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from commands import Command
from seed_answers import OTHER_QUESTION, UNANSWERED
from slack_emulator.scene import Scene


def config(scene: Scene) -> str:
    return f'[slack]\nlog_questions = true\nadmins = ["{scene.alice.id}"]\n'


@pytest.fixture
def qa_bot(scene: Scene, cache_dir: Path) -> Command:
    """The command line, on the app's store and settings."""
    command = Command(scene.app.folder, cache_dir, scene.data_dir)
    command.environment["QA_BOT_CONFIG"] = str(scene.app.folder / "qa_bot.toml")
    return command


def groups(qa_bot: Command) -> dict[str, dict[str, Any]]:
    """The groups of the report, by each of their wordings."""
    found = qa_bot("feedback", "report", "--json").json["groups"]
    return {wording: group for group in found for wording in group["wordings"]}


def test_refusals_are_counted_with_their_channels_and_answers_are_not(scene: Scene, room: str, qa_bot: Command) -> None:
    assert qa_bot("feedback", "report").code == 0
    scene.answer(scene.alice.asks(UNANSWERED, in_=room))
    scene.answer(scene.bob.writes_to_bot(UNANSWERED))
    scene.bob.types("/ask", UNANSWERED, in_="general").message()
    scene.answer(scene.alice.asks(OTHER_QUESTION, in_=room))
    group = groups(qa_bot)[UNANSWERED]
    assert (group["refused"], group["judged_wrong"]) == (3, 0)
    general = scene.channel_id("general")
    assert {one["channel"]: one["count"] for one in group["channels"]} == {room: 1, general: 1, "": 1}
    assert OTHER_QUESTION not in groups(qa_bot)
    assert group["last_asked"] == time.strftime("%Y-%m-%d")


def test_an_answer_that_is_judged_wrong_is_among_them(scene: Scene, room: str, qa_bot: Command) -> None:
    given = scene.answer(scene.alice.asks(OTHER_QUESTION, in_=room))
    scene.click(scene.alice, "wrong", on=given)
    group = scene.wait_for("the judgement", lambda: groups(qa_bot).get(OTHER_QUESTION))
    assert (group["refused"], group["judged_wrong"]) == (0, 1)
    assert group["channels"] == [{"channel": room, "count": 1}]


def test_an_edited_question_counts_as_it_is_now_and_a_deleted_one_does_not(
    scene: Scene, room: str, qa_bot: Command
) -> None:
    question = scene.bob.asks("Who is the head coach of the Zorbel Comets?", in_=room)
    answer = scene.answer(question)
    assert "Who is the head coach of the Zorbel Comets?" in groups(qa_bot)
    scene.bob.edits(question, question.text.replace("head coach", "goalkeeper"))
    scene.wait_for("the edit", lambda: answer.edited)
    assert "Who is the goalkeeper of the Zorbel Comets?" in groups(qa_bot)
    assert "Who is the head coach of the Zorbel Comets?" not in groups(qa_bot)
    scene.bob.deletes(question)
    scene.wait_for("its removal", lambda: not scene.answers(question))
    scene.wait_for("no trace", lambda: "Who is the goalkeeper of the Zorbel Comets?" not in groups(qa_bot))
