"""The step for Workflow Builder: a question in; answer, sentence, title, link, confidence, found out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from seed_answers import ANSWERS, QUESTION, UNANSWERED
from slack_emulator import Fault
from slack_emulator.scene import MANIFESTS, Scene


@pytest.fixture(scope="module")
def step() -> tuple[str, dict[str, Any]]:
    """The step that the manifest declares."""
    ((callback_id, declared),) = json.loads((MANIFESTS / "manifest.json").read_text())["functions"].items()
    return callback_id, declared


def run(scene: Scene, step: tuple[str, dict[str, Any]], question: object) -> Any:
    (name,) = step[1]["input_parameters"]["required"]
    execution = scene.alice.runs_step(step[0], **{name: question})
    return scene.wait_for("the step's end", lambda: scene.workspace.steps[execution])


def test_an_answer_comes_out_as_the_manifest_says(scene: Scene, step: tuple[str, dict[str, Any]]) -> None:
    outputs = run(scene, step, QUESTION)
    kinds = {"string": str, "number": (int, float), "boolean": bool}
    declared = step[1]["output_parameters"]["properties"]
    assert outputs.keys() == declared.keys()
    for name, value in outputs.items():
        assert isinstance(value, kinds[declared[name]["type"]]), name
    assert outputs["found"] is True
    assert outputs["answer"] == ANSWERS[QUESTION]
    assert outputs["answer"] in outputs["sentence"]
    assert outputs["link"] == "https://example.org/qa-bot-seeds/voyager-probes"
    assert 0 < outputs["confidence"] <= 1


def test_what_is_not_found_is_no_failure(scene: Scene, step: tuple[str, dict[str, Any]]) -> None:
    outputs = run(scene, step, UNANSWERED)
    assert outputs["found"] is False
    assert outputs["answer"] == ""


@pytest.mark.parametrize("question", ["", "   ", "?" * 10, "Why " * 3000])
def test_what_is_no_question_ends_the_step_all_the_same(
    scene: Scene, step: tuple[str, dict[str, Any]], question: str
) -> None:
    ended = run(scene, step, question)
    assert isinstance(ended, str) or ended["found"] is False


def test_a_step_of_a_workspace_that_is_not_answered_ends_and_says_so(
    make_scene: Callable[..., Scene], step: tuple[str, dict[str, Any]]
) -> None:
    closed = make_scene(lambda _: '[slack]\nworkspaces = ["T0ELSE0001"]\n')
    closed.app.start()
    ended = run(closed, step, QUESTION)
    assert isinstance(ended, str)
    assert ended
    closed.check()


def test_a_step_whose_success_slack_refuses_ends_with_an_error(scene: Scene, step: tuple[str, dict[str, Any]]) -> None:
    scene.slack.faults.plan("functions.completeSuccess", Fault(200, "parameter_validation_failed"))
    assert isinstance(run(scene, step, QUESTION), str)


def test_a_step_that_waited_for_a_killed_process_ends_however_late(
    scene: Scene, step: tuple[str, dict[str, Any]]
) -> None:
    scene.slack.faults.plan("functions.completeSuccess", *[Fault(500, "internal_error")] * 50)
    (name,) = step[1]["input_parameters"]["required"]
    execution = scene.alice.runs_step(step[0], **{name: QUESTION})
    scene.wait_for("the first try", lambda: scene.workspace.calls[-1].method == "functions.completeSuccess")
    scene.app.kill()
    with closing(sqlite3.connect(scene.data_dir / "slack.sqlite3")) as state, state:
        state.execute("UPDATE jobs SET created = created - 7200")
    scene.slack.faults.forgive("functions.completeSuccess")
    scene.app.start()
    assert scene.wait_for("the step's end", lambda: scene.workspace.steps[execution])["found"] is True


def test_its_token_stands_in_no_log(scene: Scene) -> None:
    assert scene.workspace.step_tokens
    assert not [token for token in scene.workspace.step_tokens.values() if token in scene.app.log]
