"""The archive is empty, filled, rebuilt or gone while people ask: they are told something true, and it recovers by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Command
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION
from slack_emulator.scene import Scene


@pytest.fixture(scope="module")
def scene(make_scene: Callable[..., Scene], tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A scene whose archive is empty at first."""
    scene = make_scene(indexed=tmp_path_factory.mktemp("empty"))
    scene.app.start()
    return scene


@pytest.fixture(scope="module")
def qa_bot(scene: Scene, cache_dir: Path) -> Command:
    """The command line, on the app's store."""
    return Command(scene.app.folder, cache_dir, scene.data_dir)


def test_an_empty_archive_is_said_to_be_empty(scene: Scene, room: str) -> None:
    answer = scene.answer(scene.alice.asks(QUESTION, in_=room))
    assert "no articles yet" in answer.text
    scene.bob.opens_bot("home")
    scene.bob.opens_bot("messages")
    scene.wait_for("App Home", lambda: scene.bob.home)


def test_what_another_process_indexes_is_answered_from_at_once(
    scene: Scene, room: str, qa_bot: Command, seeds_folder: Path
) -> None:
    assert qa_bot("index", "--quiet", seeds_folder).code == 0
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(scene.alice.asks(QUESTION, in_=room)))


def test_questions_are_answered_while_the_archive_is_rebuilt(scene: Scene, room: str, qa_bot: Command) -> None:
    rebuild = subprocess.Popen(
        [sys.executable, "-m", "qa_bot", "index", "--quiet", "--rebuild"], cwd=qa_bot.folder, env=qa_bot.environment
    )
    answers = []
    while rebuild.poll() is None or not answers:
        answers.append(scene.answer(scene.bob.asks(OTHER_QUESTION, in_=room)))
    assert rebuild.wait() == 0
    for answer in [*answers, scene.answer(scene.bob.asks(OTHER_QUESTION, in_=room))]:
        assert ANSWERS[OTHER_QUESTION] in scene.bold(answer)


def test_an_article_that_is_removed_is_no_longer_quoted_not_even_by_old_buttons(
    scene: Scene, room: str, qa_bot: Command
) -> None:
    answer = scene.answer(scene.alice.asks(QUESTION, in_=room))
    articles = qa_bot("articles", "list", "--json").json
    (article,) = [entry["id"] for entry in articles if "Voyager" in entry["title"]]
    assert qa_bot("articles", "remove", article).code == 0
    again = scene.answer(scene.alice.asks(QUESTION, in_=room))
    assert ANSWERS[QUESTION] not in scene.text(again)
    scene.click(scene.carol, "article", on=answer)
    scene.modal_of(scene.carol, "changed or removed")
