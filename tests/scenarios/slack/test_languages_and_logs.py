"""The fixed texts speak the channel's language; the log tells of no question unless it is asked to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from seed_answers import ANSWERS, QUESTION, UNANSWERED
from slack_emulator import MENTION
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID

WORD = "Toyota"


def config(scene: Scene) -> str:
    german = scene.workspace.add_channel("german", {BOT_USER_ID}).id
    return f'[slack.channels.{german}]\nlanguage = "de"\nindex_posts = true\n'


def test_what_stands_around_an_answer_is_german_where_german_is_set(scene: Scene) -> None:
    answer = scene.answer(scene.alice.asks(QUESTION, in_="german"))
    assert ANSWERS[QUESTION] in scene.bold(answer)
    assert "sicher" in scene.text(answer)
    assert "Weitere Antworten" in scene.labels(answer)
    assert scene.answer(scene.alice.asks(UNANSWERED, in_="german")).text == "Die Artikel sagen es nicht."


@pytest.mark.parametrize("words", ["Hallo!", "Danke", "Hilfe"])
def test_small_talk_is_german_there_and_english_elsewhere(scene: Scene, room: str, words: str) -> None:
    german = scene.answer(scene.bob.says(f"{MENTION} {words}", in_="german"))
    english = scene.answer(scene.bob.says(f"{MENTION} {words}", in_=room))
    assert german.text != english.text


def test_what_cannot_be_indexed_is_explained_in_german_there(scene: Scene) -> None:
    answer = scene.answer(scene.alice.shares("photo.png", b"\x89PNG", "image/png", in_="german"))
    assert "nicht indexieren" in answer.text
    assert "PDF-Dateien" in answer.text


def test_even_a_log_that_tells_all_tells_no_question_no_answer_and_no_token(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(environment={"QA_BOT_DEBUG": "1"})
    scene.app.start()
    scene.answer(scene.alice.asks(UNANSWERED, in_="general"))
    scene.answer(scene.alice.asks(QUESTION, in_="general"))
    scene.alice.types("/ask", UNANSWERED, in_="general").message()
    scene.settle()
    assert " DEBUG " in scene.app.log
    assert WORD not in scene.app.log
    assert ANSWERS[QUESTION] not in scene.app.log
    scene.check()


def test_questions_are_in_the_log_where_that_is_asked_for(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(lambda _: "[slack]\nlog_questions = true\n")
    scene.app.start()
    scene.answer(scene.alice.asks(f"{UNANSWERED}\u2028ERROR forged", in_="general"))
    scene.wait_for("the question", lambda: any(WORD in line for line in scene.app.lines))
    assert not any(line.startswith("ERROR") for line in scene.app.log.splitlines())


def test_no_question_and_nothing_that_people_write_stands_in_the_log(scene: Scene, room: str) -> None:
    scene.answer(scene.alice.asks(UNANSWERED, in_=room))
    scene.alice.types("/ask", UNANSWERED, in_=room).message()
    scene.settle()
    assert WORD not in scene.app.log
    assert scene.app.log, "but it does say what it does"
