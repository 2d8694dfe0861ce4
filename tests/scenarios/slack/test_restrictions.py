"""Who is answered where, and what a channel may see."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION
from slack_emulator import Person
from slack_emulator.scene import Scene
from slack_emulator.shown import Button
from slack_emulator.workspace import BOT_USER_ID, Message

from qa_bot import QABot, load_settings

MINUTES = """---
title: Minutes of the board
publisher: The Board
url: https://example.org/qa-bot-seeds/minutes
---
The board decided in its last meeting that the factory in Ulm will be sold to Carla Voss for nine million euros. The sale of
the factory in Ulm was proposed by the treasurer. Voyager 2 was launched on the day of that meeting."""
COPY = """---
title: What the board copied
publisher: The Board
url: https://example.org/qa-bot-seeds/copied
---
{text}"""
COPIED = "November 1980"
COPIED_QUESTION = "When did Voyager 1 reach Saturn?"
SECRET = "Carla Voss"
SECRET_QUESTION = "Who is the factory in Ulm sold to?"


def config(scene: Scene) -> str:
    rooms = {
        name: scene.workspace.add_channel(name, {BOT_USER_ID}).id
        for name in ("public", "board", "shared", "papers", "closed")
    }
    allowed = [rooms[name] for name in ("public", "board", "shared", "papers")]
    return f"""
[slack]
allowed_channels = {allowed}
publishers = ["qa_bot seeds"]
[slack.channels.{rooms["board"]}]
publishers = ["The Board"]
[slack.channels.{rooms["papers"]}]
publishers = []
sources = ["*/minutes*"]
[slack.channels.{rooms["shared"]}]
mode = "auto"
threshold = 0.2
"""


@pytest.fixture(scope="module")
def scene(
    make_scene: Callable[..., Scene],
    indexed_seeds: Path,
    tmp_path_factory: pytest.TempPathFactory,
    cache_dir: Path,
    seeds_folder: Path,
) -> Scene:
    """A scene whose archive also holds the minutes of the board, and the board's copy of a seed."""
    folder = tmp_path_factory.mktemp("with_minutes")
    shutil.copytree(indexed_seeds, folder / "data")
    (folder / "minutes").mkdir()
    (folder / "minutes" / "minutes.txt").write_text(MINUTES)
    seed = (seeds_folder / "voyager-probes.txt").read_text().split("---", 2)[2].strip()
    (folder / "minutes" / "copy.txt").write_text(COPY.format(text=seed))
    with QABot(load_settings(data_dir=folder / "data", cache_dir=cache_dir)) as bot:
        bot.reindex([str(folder / "minutes")])
    scene = make_scene(config, folder / "data")
    scene.app.start()
    return scene


@pytest.fixture(scope="module")
def secret_answer(scene: Scene) -> Message:
    """An answer from the minutes, where they may be seen."""
    answer = scene.answer(scene.alice.asks(SECRET_QUESTION, in_="board"))
    assert SECRET in scene.bold(answer)
    return answer


def everything_said_outside_the_board(scene: Scene) -> str:
    """All that anybody could read of the bot's, but for the board's channel."""
    boards = {scene.channel_id("board"), scene.channel_id("papers")}
    elsewhere = [call.arguments for call in scene.workspace.calls if call.arguments.get("channel") not in boards]
    return f"{elsewhere}{[message.blocks for message in scene.workspace.ephemerals]}"


def test_a_channel_sees_only_its_publishers(scene: Scene, secret_answer: Message) -> None:
    assert SECRET not in scene.text(scene.answer(scene.alice.asks(SECRET_QUESTION, in_="public")))
    assert ANSWERS[OTHER_QUESTION] not in scene.text(scene.answer(scene.alice.asks(OTHER_QUESTION, in_="board")))


def test_not_in_more_answers_either(scene: Scene) -> None:
    answer = scene.answer(scene.alice.asks("What was decided about the factory in Ulm?", in_="public"))
    for label in scene.labels(answer):
        if "right" not in label.lower() and "wrong" not in label.lower():
            scene.click(scene.alice, label, on=answer)
    scene.settle()
    assert "factory in Ulm will" not in everything_said_outside_the_board(scene)


def test_a_button_from_elsewhere_opens_nothing_that_the_channel_may_not_see(
    scene: Scene, secret_answer: Message
) -> None:
    harmless = scene.answer(scene.bob.asks(QUESTION, in_="public"))
    for block in secret_answer.blocks:
        for element in block.get("elements", []):
            if element.get("type") == "button":
                scene.bob.clicks(Button(element, block["block_id"]), on=harmless)
    scene.settle()
    assert scene.bob.modal is None or SECRET not in scene.text(scene.bob.modal)
    assert SECRET not in everything_said_outside_the_board(scene)


def test_nor_a_command_a_direct_message_or_app_home(scene: Scene) -> None:
    reply = scene.carol.types("/ask", SECRET_QUESTION, in_="public").message()
    assert SECRET not in scene.text(reply)
    assert SECRET not in scene.text(scene.answer(scene.carol.writes_to_bot(SECRET_QUESTION)))
    scene.carol.opens_bot("home")
    scene.wait_for("App Home", lambda: scene.carol.home)
    assert "Minutes of the board" not in scene.text(scene.carol.home)
    scene.carol.opens_bot("messages")
    scene.settle()
    assert SECRET not in everything_said_outside_the_board(scene)
    assert "Ulm" not in str(scene.workspace.prompts)


def test_a_channel_sees_only_its_sources(scene: Scene) -> None:
    assert SECRET in scene.bold(scene.answer(scene.alice.asks(SECRET_QUESTION, in_="papers")))
    nothing = scene.answer(scene.alice.asks(OTHER_QUESTION, in_="papers"))
    assert ANSWERS[OTHER_QUESTION] not in scene.text(nothing)
    for label in scene.labels(nothing):
        scene.click(scene.bob, label, on=nothing)
    scene.settle()
    assert scene.bob.modal is None or "Krenz" not in scene.text(scene.bob.modal)


def test_a_copy_that_the_channel_may_not_see_is_not_named_beside_what_it_may_see(scene: Scene) -> None:
    shown = scene.answer(scene.alice.asks(COPIED_QUESTION, in_="public"))
    assert COPIED in scene.bold(shown)
    assert "What the board copied" not in scene.text(shown)
    copied = scene.answer(scene.alice.asks(COPIED_QUESTION, in_="papers"))
    assert COPIED in scene.bold(copied)
    assert "What the board copied" in scene.text(copied)
    assert "Voyager Probes" not in scene.text(copied)


def test_a_channel_that_is_not_on_the_list_gets_nothing(scene: Scene, room: str) -> None:
    scene.stays_silent(scene.alice.asks(QUESTION, in_="closed"), scene.alice.asks(QUESTION, in_=room))


def test_people_of_other_organisations_get_nothing(scene: Scene) -> None:
    scene.workspace.named("shared").teams.add("T0OTHERS1")
    stranger = Person(scene.slack, "stranger", "T0OTHERS1")
    asked = stranger.asks(QUESTION, in_="shared")
    remark = stranger.says(OTHER_QUESTION, in_="shared")
    scene.stays_silent(asked, remark)
    answer = scene.answer(scene.alice.says(QUESTION, in_="shared"))
    stranger.types("/ask", QUESTION, in_="shared")
    for label in scene.labels(answer):
        scene.click(stranger, label, on=answer)
    scene.settle()
    assert stranger.modal is None or not scene.quotes(stranger.modal)
    seen = [message for message in scene.workspace.ephemerals if message.ephemeral_to == stranger.id]
    assert [scene.quotes(message) for message in seen if scene.quotes(message)] == []


def test_the_workspace_must_be_on_the_list(make_scene: Callable[..., Scene]) -> None:
    closed = make_scene(lambda _: '[slack]\nworkspaces = ["T0ELSE0001"]\n')
    closed.app.start()
    question = closed.alice.asks(QUESTION, in_="general")
    closed.wait_for("the acknowledgements", lambda: all(delivery.finished for delivery in closed.slack.deliveries))
    direct = closed.alice.writes_to_bot(QUESTION)
    closed.wait_for("the acknowledgements", lambda: all(delivery.finished for delivery in closed.slack.deliveries))
    closed.app.stop()
    assert closed.answers(question) + closed.answers(direct) == []
    closed.check()


def test_a_workflow_step_is_filtered_as_its_channel_is(scene: Scene) -> None:
    found = {}
    for room in ("board", "public"):
        execution = scene.alice.runs_step("answer_question", question=SECRET_QUESTION, channel=scene.channel_id(room))
        outputs = scene.wait_for("the step's end", lambda execution=execution: scene.workspace.steps[execution])
        found[room] = SECRET in str(outputs)
    assert found == {"board": True, "public": False}
