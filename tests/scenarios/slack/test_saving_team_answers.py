"""A team's own answers in Slack: saved from messages and corrections by editors, shown to all, changed in App Home."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from seed_answers import ANSWERS, QUESTION, UNANSWERED
from slack_emulator.scene import MANIFESTS, Scene
from slack_emulator.workspace import BOT_USER_ID, View

from qa_bot.answering.results import TeamAnswer
from qa_bot.answering.team_answers import TeamAnswers

SHORTCUT = "save_team_answer"


def config(scene: Scene) -> str:
    public = scene.workspace.add_channel("public", {BOT_USER_ID, scene.alice.id, scene.bob.id}).id
    editors = f"editors = ['{scene.alice.id}']\nadmins = ['{scene.carol.id}']\n"
    return f"[slack]\n{editors}[slack.channels.{public}]\nexternal_people = true\n"


@pytest.fixture(autouse=True)
def no_answers(scene: Scene) -> Iterator[None]:
    yield
    with closing(TeamAnswers(scene.data_dir)) as answers:
        for answer in answers.list():
            answers.remove(answer.id)


def saved(scene: Scene) -> list[TeamAnswer]:
    with closing(TeamAnswers(scene.data_dir)) as answers:
        return answers.list()


def form(scene: Scene, answer: str, question: str = UNANSWERED, room: str = "general") -> View:
    """The form for a reply of Bob's to a question of Alice's."""
    asked = scene.alice.asks(question, in_=room)
    scene.answer(asked)
    reply = scene.bob.says(answer, in_=room, thread=asked)
    scene.alice.uses_shortcut(SHORTCUT, reply)
    return scene.modal_of(scene.alice, "Your team's answer")


def test_each_manifest_has_the_shortcut() -> None:
    for file in MANIFESTS.glob("manifest*.json"):
        shortcuts = json.loads(file.read_text())["features"]["shortcuts"]
        assert SHORTCUT in [shortcut["callback_id"] for shortcut in shortcuts], file


def test_a_reply_becomes_the_teams_answer_and_is_shown_above_the_articles(scene: Scene, room: str) -> None:
    view = form(scene, "It cost <https://example.org/budget|25 billion> & a bit.", room=room)
    scene.alice.submits(view)
    (answer,) = scene.wait_for("the answer", lambda: saved(scene))
    assert answer.question == UNANSWERED
    assert "25 billion" in answer.text
    assert "& a bit." in answer.text
    assert answer.by_id == scene.alice.id
    assert answer.link
    assert "/archives/" in answer.link
    again = scene.answer(scene.bob.asks(UNANSWERED.lower(), in_=room))
    text = scene.text(again)
    assert text.index("Team answer by") < text.index("25 billion") < text.index("From the articles:")
    assert text.index("From the articles:") < text.index("The articles don't say.")
    assert any("/archives/" in link for link in scene.links(again))
    assert "25 billion" in again.text


def test_the_answer_of_the_articles_stays_below_it(scene: Scene, room: str) -> None:
    scene.alice.submits(form(scene, "Ask Dana.", QUESTION, room))
    scene.wait_for("the answer", lambda: saved(scene))
    shown = scene.answer(scene.bob.asks(QUESTION, in_=room))
    assert "Ask Dana." in scene.text(shown)
    assert ANSWERS[QUESTION] in scene.bold(shown)


def test_only_editors_and_admins_can_save(scene: Scene, room: str) -> None:
    message = scene.alice.says("The cat did it.", in_=room)
    reply = scene.bob.uses_shortcut(SHORTCUT, message)
    scene.wait_for("words", lambda: reply.messages or scene.workspace.seen_by(scene.bob.id, message.ts))
    assert scene.bob.modal is None
    scene.carol.uses_shortcut(SHORTCUT, message)
    view = scene.modal_of(scene.carol, "Your team's answer")
    scene.carol.submits(view, question="Who broke the vase?")
    (answer,) = scene.wait_for("the answer", lambda: saved(scene))
    assert (answer.question, answer.text) == ("Who broke the vase?", "The cat did it.")


def test_a_form_that_cannot_be_saved_says_so(scene: Scene, room: str) -> None:
    view = form(scene, "It cost a lot.", room=room)
    sent = scene.alice.submits(view, link="javascript:alert(1)")
    errors = scene.wait_for("the errors", lambda: sent.errors)
    assert "web address" in json.dumps(errors)
    assert saved(scene) == []


def test_a_correction_can_be_kept_as_one(scene: Scene, room: str) -> None:
    answer = scene.answer(scene.alice.asks(QUESTION, in_=room))
    scene.click(scene.alice, "wrong", on=answer)
    modal = scene.modal_of(scene.alice, "right answer")
    scene.alice.submits(modal, correction="Dana knows.", keep="team's answer")
    (kept,) = scene.wait_for("the answer", lambda: saved(scene))
    assert (kept.question, kept.text) == (QUESTION, "Dana knows.")
    bobs = scene.answer(scene.bob.asks(QUESTION, in_=room))
    scene.click(scene.bob, "wrong", on=bobs)
    labels = [block["label"]["text"] for block in scene.modal_of(scene.bob, "right answer").content["blocks"]]
    assert "Team answers" not in labels


def test_app_home_lists_changes_and_deletes_them(scene: Scene, room: str) -> None:
    scene.alice.submits(form(scene, "It cost a lot.", room=room))
    scene.wait_for("the answer", lambda: saved(scene))
    scene.alice.opens_bot()
    home = scene.wait_for(
        "it at home", lambda: scene.alice.home and "cost a lot" in scene.text(scene.alice.home) and scene.alice.home
    )
    scene.click(scene.alice, "change", on=home)
    view = scene.modal_of(scene.alice, "Your team's answer")
    scene.alice.submits(view, question="What was the price of Apollo?")
    scene.wait_for("the change", lambda: [one.question for one in saved(scene)] == ["What was the price of Apollo?"])
    home = scene.wait_for("it at home", lambda: "price of Apollo" in scene.text(scene.alice.home) and scene.alice.home)
    scene.click(scene.alice, "delete", on=home)
    scene.wait_for("an end to it", lambda: not saved(scene))
    scene.wait_for("none at home", lambda: "price of Apollo" not in scene.text(scene.alice.home))


def test_all_of_them_can_be_reached_in_app_home(scene: Scene) -> None:
    with closing(TeamAnswers(scene.data_dir)) as answers:
        for number in range(33):
            answers.save(f"What is in drawer {number}?", f"Thing {number:02}.", by="Ann")
    scene.alice.opens_bot()
    seen: set[str] = set()

    def page() -> View:
        home: View = scene.wait_for(
            "other answers", lambda: scene.alice.home and things(scene) - seen and scene.alice.home
        )
        seen.update(things(scene))
        return home

    scene.click(scene.alice, "older", on=page())
    scene.click(scene.alice, "older", on=page())
    last = page()
    assert len(seen) == 33
    assert "Older" not in scene.labels(last)
    scene.click(scene.alice, "newer", on=last)
    scene.wait_for("the page before", lambda: "Older" in scene.labels(scene.alice.home))


def things(scene: Scene) -> set[str]:
    """The answers in Alice's App Home."""
    return set(re.findall(r"Thing \d\d", scene.text(scene.alice.home))) if scene.alice.home else set()


def test_app_home_of_others_does_not_list_them(scene: Scene, room: str) -> None:
    scene.alice.submits(form(scene, "It cost a lot.", room=room))
    scene.wait_for("the answer", lambda: saved(scene))
    scene.bob.opens_bot()
    home = scene.wait_for("App Home", lambda: scene.bob.home)
    scene.settle()
    assert "cost a lot" not in scene.text(home)


def test_where_other_organisations_are_answered_they_are_not_shown(scene: Scene, room: str) -> None:
    scene.alice.submits(form(scene, "It cost a lot.", room=room))
    scene.wait_for("the answer", lambda: saved(scene))
    assert "cost a lot" not in scene.text(scene.answer(scene.bob.asks(UNANSWERED, in_="public")))


def test_it_is_there_after_a_kill(scene: Scene, room: str) -> None:
    sent = scene.alice.submits(form(scene, "It cost a lot.", room=room))
    scene.wait_for("the acknowledgement", lambda: sent.delivery and sent.delivery.acked_at)
    scene.app.kill()
    scene.app.start()
    assert "cost a lot" in scene.text(scene.answer(scene.bob.asks(UNANSWERED, in_=room)))


def test_what_is_written_in_it_is_no_markup(scene: Scene, room: str) -> None:
    with closing(TeamAnswers(scene.data_dir)) as answers:
        answers.save(UNANSWERED, "<!channel> *bold* \u202eevil", by="<!here>")
    shown = scene.answer(scene.bob.asks(UNANSWERED, in_=room))
    assert "<!channel> *bold*" in scene.text(shown)
    assert "<!channel>" not in shown.text
    assert "<!here>" not in shown.text
    assert "\u202e" not in scene.text(shown)
