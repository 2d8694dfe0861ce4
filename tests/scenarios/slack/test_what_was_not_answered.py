"""What was not answered: recorded where the settings say so, grouped, and shown to whoever can write what is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Command
from seed_answers import OTHER_QUESTION, UNANSWERED
from slack_emulator.scene import Scene
from slack_emulator.story import Person
from slack_emulator.workspace import BOT_USER_ID


def config(scene: Scene) -> str:
    return f'[slack]\nlog_questions = true\nadmins = ["{scene.alice.id}"]\n'


@pytest.fixture
def qa_bot(scene: Scene, cache_dir: Path) -> Command:
    """The command line, on the app's store and settings."""
    command = Command(scene.app.folder, cache_dir, scene.data_dir)
    command.environment["QA_BOT_CONFIG"] = str(scene.app.folder / "qa_bot.toml")
    return command


def home_of(scene: Scene, person: Person) -> str:
    """What a person reads in App Home after opening it."""
    before = person.home.id if person.home else None
    person.opens_bot("home")
    scene.wait_for("App Home", lambda: person.home and person.home.id != before)
    assert person.home
    return scene.text(person.home)


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


def test_admins_see_them_in_app_home_and_nobody_else_does(scene: Scene, room: str) -> None:
    secret = scene.workspace.add_channel(scene.workspace.new_id("secret"), {BOT_USER_ID, scene.bob.id}, kind="group").id
    hostile = "Who repaired the <!channel> <@U0000> *clock* of Osk?"
    for channel in (room, secret):
        scene.answer(scene.bob.asks(hostile, in_=channel))
    scene.answer(scene.bob.asks("Who was it that repaired the clock of Osk?", in_=room))
    text = home_of(scene, scene.alice)
    assert "What was not answered" in text
    assert "repaired the" in text
    assert f"3 without an answer · #{scene.workspace.channels[room].name} (2) · a private channel (1)" in text
    assert "not recorded" not in text
    assert "What was not answered" not in home_of(scene, scene.bob)


def test_where_questions_are_not_recorded_it_says_how_to_and_nothing_is_kept(
    make_scene: Callable[..., Scene], cache_dir: Path
) -> None:
    scene = make_scene(lambda scene: f'[slack]\nadmins = ["{scene.alice.id}"]\nlanguage = "de"\n')
    scene.app.start()
    scene.answer(scene.alice.asks(UNANSWERED, in_="general"))
    scene.alice.types("/ask", UNANSWERED, in_="random").message()
    given = scene.answer(scene.bob.asks(OTHER_QUESTION, in_="random"))
    scene.click(scene.bob, "falsch", on=given)
    scene.settle()
    text = home_of(scene, scene.alice)
    assert "log_questions = true" in text
    below = text.partition("Was ohne Antwort blieb")[2]
    assert OTHER_QUESTION in below, "somebody has sent that themselves"
    assert UNANSWERED not in below
    command = Command(scene.app.folder, cache_dir, scene.data_dir)
    command.environment["QA_BOT_CONFIG"] = str(scene.app.folder / "qa_bot.toml")
    (group,) = command("feedback", "report", "--json").json["groups"]
    assert (group["question"], group["channels"]) == (OTHER_QUESTION, [{"channel": "", "count": 1}])
    assert "log_questions = true" in command("feedback", "report").output
    scene.check()
