"""The reader fails on one question: the person is told something true, the log says what, and everybody else is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION
from slack_emulator import MENTION
from slack_emulator.scene import Scene

from qa_bot.training.bodies import unpack_packaged

WORD = "blorbington"
FATAL = f"Who is the mayor of {WORD}?"
LONG = 180.0
"""Seconds for the first answer: the reader is compiled before it."""


@pytest.fixture(scope="module")
def damaged_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped reader in a folder, whose tokenizer knows one word more than its model has a vector for."""
    folder = unpack_packaged(tmp_path_factory.mktemp("reader") / "damaged")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    word = {"id": len(tokenizer["model"]["vocab"]), "content": WORD, "special": False, "normalized": True}
    tokenizer["added_tokens"].append(word | {"single_word": True, "lstrip": False, "rstrip": False})
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


@pytest.fixture(scope="module")
def scene(make_scene: Callable[..., Scene], damaged_reader: Path) -> Scene:
    """A scene whose app reads with it."""
    scene = make_scene(lambda _: f'reader = "{damaged_reader}"\n')
    scene.app.start()
    scene.answer(scene.alice.asks(QUESTION, in_="random"), LONG)
    return scene


def test_the_person_is_told_the_log_says_what_and_the_next_question_is_answered(scene: Scene, room: str) -> None:
    failed = scene.answer(scene.alice.asks(FATAL, in_=room))
    assert "went wrong" in failed.text
    assert scene.quotes(failed) == []
    assert any("ERROR" in line and "could not be answered" in line for line in scene.app.lines), scene.app.log
    assert WORD not in scene.app.log, "the log says what failed, not what was asked"
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(scene.bob.asks(QUESTION, in_=room)))


def test_questions_beside_it_are_answered_in_the_same_message_too(scene: Scene, room: str) -> None:
    others = [scene.bob.asks(question, in_=room) for question in (QUESTION, OTHER_QUESTION)]
    both = scene.answer(scene.carol.asks(f"{FATAL} {OTHER_QUESTION}", in_=room))
    assert "went wrong" in scene.text(both)
    assert ANSWERS[OTHER_QUESTION] in scene.bold(both)
    for question, words in zip(others, (QUESTION, OTHER_QUESTION), strict=True):
        assert ANSWERS[words] in scene.bold(scene.answer(question))


def test_the_failure_is_mended_by_an_edit(scene: Scene, room: str) -> None:
    question = scene.alice.asks(FATAL, in_=room)
    answer = scene.answer(question)
    scene.alice.edits(question, f"{MENTION} {QUESTION}")
    scene.wait_for("the answer", lambda: ANSWERS[QUESTION] in scene.bold(answer))


def test_commands_steps_and_app_home_say_so_too(scene: Scene, room: str) -> None:
    assert "went wrong" in scene.alice.types("/ask", FATAL, in_=room).message().text
    step = scene.bob.runs_step("answer_question", question=FATAL)
    assert "went wrong" in str(scene.wait_for("the step's end", lambda: scene.workspace.steps[step]))
    scene.carol.opens_bot("home")
    home = scene.wait_for("App Home", lambda: scene.carol.home)
    field = next(block for block in home.content["blocks"] if block["type"] == "input")
    scene.carol.enters(home, **{field["element"]["action_id"]: FATAL})
    scene.modal_of(scene.carol, "went wrong")
