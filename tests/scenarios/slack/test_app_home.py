"""App Home: how to ask, a question field, one's last questions, what the archive holds, the newest articles."""

from __future__ import annotations

from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION
from slack_emulator.scene import Scene
from slack_emulator.workspace import View


def opened(scene: Scene, person: object) -> View:
    """App Home as somebody sees it after opening it."""
    who = getattr(scene, str(person))
    before = who.home.id if who.home else None
    who.opens_bot("home")
    scene.wait_for("App Home", lambda: who.home and who.home.id != before)
    return who.home  # type: ignore[no-any-return]


def test_it_says_how_to_ask_and_what_there_is(scene: Scene) -> None:
    text = scene.text(opened(scene, "alice"))
    assert "/ask" in text
    assert "15 articles" in text
    assert "passages" in text
    assert "qa_bot seeds" in text, "the newest articles"


def test_a_question_typed_there_is_answered(scene: Scene) -> None:
    home = opened(scene, "alice")
    field = next(block for block in home.content["blocks"] if block["type"] == "input")
    scene.alice.enters(home, **{field["element"]["action_id"]: QUESTION})
    seen = scene.wait_for(
        "the answer",
        lambda: next(
            (view for view in (scene.alice.modal, scene.alice.home) if view and ANSWERS[QUESTION] in scene.bold(view)),
            None,
        ),
    )
    assert scene.quotes(seen)


def test_ones_last_questions_are_there_and_nobody_elses(scene: Scene, room: str) -> None:
    scene.answer(scene.bob.asks(OTHER_QUESTION, in_=room))
    scene.answer(scene.bob.writes_to_bot(QUESTION))
    text = scene.text(opened(scene, "bob"))
    assert OTHER_QUESTION in text
    assert QUESTION in text
    assert OTHER_QUESTION not in scene.text(opened(scene, "carol"))


def test_ones_last_questions_survive_a_restart(scene: Scene) -> None:
    scene.answer(scene.carol.writes_to_bot(OTHER_QUESTION))
    scene.app.stop()
    scene.app.start()
    assert OTHER_QUESTION in scene.text(opened(scene, "carol"))
