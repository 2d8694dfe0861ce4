"""Where a channel has no language of its own, the fixed texts are in that of the person, as they have set it in Slack."""

from __future__ import annotations

import pytest
from seed_answers import ANSWERS, QUESTION, UNANSWERED
from slack_emulator import Fault
from slack_emulator.scene import Scene
from slack_emulator.story import Person
from slack_emulator.workspace import BOT_USER_ID


def config(scene: Scene) -> str:
    english = scene.workspace.add_channel("english", {BOT_USER_ID}).id
    return f"[slack]\n[slack.channels.{english}]\nlanguage = 'en'\n"


@pytest.fixture(scope="module")
def greta(scene: Scene) -> Person:
    """Somebody who has set German."""
    person = Person(scene.slack, "greta")
    person.user.locale = "de-DE"
    return person


def asked(scene: Scene, person: Person) -> int:
    """How often Slack was asked about a person."""
    return sum(call.method == "users.info" and call.arguments["user"] == person.id for call in scene.workspace.calls)


def test_each_person_is_answered_in_their_language(scene: Scene, greta: Person, room: str) -> None:
    for person, words, label in ((greta, "sicher (", "Weitere Antworten"), (scene.alice, "sure (", "More answers")):
        answer = scene.answer(person.asks(QUESTION, in_=room))
        assert ANSWERS[QUESTION] in scene.bold(answer)
        assert words in scene.text(answer)
        assert label in scene.labels(answer)
    assert scene.answer(greta.asks(UNANSWERED, in_=room)).text == "Die Artikel sagen es nicht."


def test_a_channel_with_a_language_keeps_it(scene: Scene, greta: Person) -> None:
    assert "More answers" in scene.labels(scene.answer(greta.asks(QUESTION, in_="english")))


def test_messages_commands_clicks_and_app_home_are_in_it_too(scene: Scene, greta: Person) -> None:
    assert "Hallo" in scene.answer(greta.writes_to_bot("Hallo!")).text
    assert "Im Kanal teilen" in scene.labels(greta.types("/ask", QUESTION, in_="general").message())
    answer = scene.answer(scene.alice.asks(QUESTION, in_="general"))
    scene.click(greta, "why", on=answer)
    assert "Was zur Wahl stand" in scene.text(scene.modal_of(greta, "zur Wahl"))
    greta.opens_bot("home")
    home = scene.wait_for("App Home", lambda: scene.workspace.homes.get(greta.id))
    assert "Frag die Artikel" in scene.text(home)


def test_slack_is_asked_once(scene: Scene, greta: Person) -> None:
    before = asked(scene, greta)
    scene.answer(greta.asks(QUESTION, in_="general"))
    assert (before, asked(scene, greta)) == (1, 1)


def test_when_slack_does_not_say_the_texts_are_english(scene: Scene, room: str) -> None:
    scene.slack.faults.plan("users.info", Fault(200, "missing_scope"))
    new = Person(scene.slack, "newcomer")
    assert "More answers" in scene.labels(scene.answer(new.asks(QUESTION, in_=room)))


def test_a_language_that_the_texts_are_not_in_gives_english(scene: Scene, room: str) -> None:
    other = Person(scene.slack, "pierre")
    other.user.locale = "fr-FR"
    assert "More answers" in scene.labels(scene.answer(other.asks(QUESTION, in_=room)))
