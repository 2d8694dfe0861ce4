"""Enterprise Grid: people of sibling workspaces of the bot's organisation are no strangers; those of others are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION
from slack_emulator import Person
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID, TEAM_ID

SIBLING, OTHER = "T0SIBLING", "T0OTHERS1"


@pytest.fixture(scope="module")
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """A scene whose workspace has a sibling; each of two channels is shared, one with the sibling, one with others, too."""
    scene = make_scene()
    scene.workspace.organisation = {TEAM_ID, SIBLING}
    scene.workspace.add_channel("within", {BOT_USER_ID}).teams = {TEAM_ID, SIBLING}
    scene.workspace.add_channel("connected", {BOT_USER_ID}).teams = {TEAM_ID, SIBLING, OTHER}
    scene.app.start()
    return scene


@pytest.fixture(scope="module")
def dora(scene: Scene) -> Person:
    """Somebody of the sibling workspace."""
    return Person(scene.slack, "dora", SIBLING)


@pytest.fixture(scope="module")
def stranger(scene: Scene) -> Person:
    """Somebody of another organisation."""
    return Person(scene.slack, "stranger", OTHER)


@pytest.mark.parametrize("channel", ["within", "connected"])
def test_a_colleague_of_a_sibling_workspace_is_answered(scene: Scene, dora: Person, channel: str) -> None:
    question = dora.asks(QUESTION, in_=channel)
    answer = scene.answer(question)
    assert ANSWERS[QUESTION] in scene.bold(answer)
    follow_up = dora.says(OTHER_QUESTION, in_=channel, thread=question)
    assert ANSWERS[OTHER_QUESTION] in scene.bold(scene.answer(follow_up))
    scene.click(dora, "context", on=answer)
    assert scene.modal_of(dora, ANSWERS[QUESTION])
    assert dora.modal
    dora.modal.open = False


def test_so_is_one_who_is_named_by_the_workspace_alone(scene: Scene, dora: Person) -> None:
    question = dora.asks(QUESTION, in_="within")
    scene.answer(question)
    (event, *_) = [
        delivery.payload
        for delivery in scene.slack.deliveries
        if delivery.payload.get("event", {}).get("ts") == question.ts
    ]
    assert event["event"]["team"] == SIBLING
    assert "user_team" not in event["event"]
    assert event["is_ext_shared_channel"] is False


def test_and_may_use_commands_and_the_shortcut(scene: Scene, dora: Person) -> None:
    reply = dora.types("/ask", QUESTION, in_="within").message()
    assert ANSWERS[QUESTION] in scene.bold(reply)
    message = scene.alice.says(OTHER_QUESTION, in_="connected")
    dora.uses_shortcut("answer_this", message)
    assert ANSWERS[OTHER_QUESTION] in scene.bold(scene.answer(message))


def test_people_of_other_organisations_get_nothing(scene: Scene, stranger: Person) -> None:
    scene.stays_silent(stranger.asks(QUESTION, in_="connected"), stranger.says(OTHER_QUESTION, in_="connected"))
    answer = scene.answer(scene.alice.asks(QUESTION, in_="connected"))
    scene.click(stranger, "context", on=answer)
    scene.settle()
    assert stranger.modal is None


def looked_up(scene: Scene) -> list[str]:
    """The people whose organisation Slack was asked for, and not their language."""
    calls = (call.arguments for call in scene.workspace.calls if call.method == "users.info")
    return [arguments["user"] for arguments in calls if "include_locale" not in arguments]


def test_slack_is_asked_for_an_organisation_once_for_each_workspace(scene: Scene, dora: Person) -> None:
    answer = scene.answer(dora.asks(QUESTION, in_="connected"))
    before = looked_up(scene)
    for words in ("right", "right"):
        scene.click(dora, words, on=answer)
    scene.settle()
    assert looked_up(scene) == before
    assert set(before).isdisjoint({scene.alice.id})
