"""Where the articles don't say, people can be asked: once, in the thread, and their answer is kept."""

from __future__ import annotations

from contextlib import closing

import pytest
from seed_answers import ANSWERS, QUESTION, UNANSWERED
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID, Message

from qa_bot.feedback import FeedbackLog

GROUP = "S0DESK0001"


def config(scene: Scene) -> str:
    desk = scene.workspace.add_channel("desk", {BOT_USER_ID, scene.alice.id, scene.bob.id}).id
    scene.workspace.allowed_mentions |= {GROUP, scene.alice.id, scene.bob.id, scene.carol.id}
    return f"[slack]\n[slack.channels.{desk}]\nask = '{GROUP}'\n"


def passed_on(scene: Scene, question: Message) -> Message:
    """The question to people, waited for."""
    scene.wait_for("a question to people", lambda: len(scene.answers(question)) > 1)
    return scene.answers(question)[1]


def test_people_are_asked_in_the_thread_with_what_came_closest(scene: Scene) -> None:
    question = scene.alice.asks(UNANSWERED, in_="desk")
    answer = scene.answer(question)
    scene.click(scene.bob, "ask a person", on=answer)
    asked = passed_on(scene, question)
    assert asked.thread_ts == question.ts
    mentioned = [part.get("usergroup_id") for part in asked.blocks[0]["elements"][0]["elements"]]
    assert mentioned[0] == GROUP
    assert UNANSWERED in scene.text(asked)
    assert len(scene.quotes(asked)) == 2
    assert "Resolved" in scene.labels(asked)


def test_they_are_asked_once(scene: Scene) -> None:
    question = scene.alice.asks(UNANSWERED, in_="desk")
    answer = scene.answer(question)
    for person in (scene.alice, scene.bob, scene.alice):
        scene.click(person, "ask a person", on=answer)
    passed_on(scene, question)
    scene.settle()
    assert len(scene.answers(question)) == 2
    told = scene.wait_for("a word to who was late", lambda: scene.workspace.seen_by(scene.bob.id, question.ts))
    assert "asked already" in told[-1].text


def test_the_last_answer_is_kept_when_it_is_resolved(scene: Scene) -> None:
    question = scene.alice.asks(UNANSWERED, in_="desk")
    scene.click(scene.alice, "ask a person", on=scene.answer(question))
    asked = passed_on(scene, question)
    scene.carol.says("Let me look.", in_="desk", thread=question)
    scene.carol.says("It is <https://example.org/x|42> euros & a bit.", in_="desk", thread=question)
    scene.alice.says("Thanks!", in_="desk", thread=question)
    scene.click(scene.bob, "resolved", on=asked)
    scene.wait_for("the end of it", lambda: "Resolved, says" in scene.text(asked))
    assert scene.labels(asked) == []
    kept = scene.wait_for("the answer", lambda: [j for j in judged(scene) if j["correction"]])
    assert kept[-1]["question"] == UNANSWERED
    assert "42" in kept[-1]["correction"]
    assert "euros & a bit" in kept[-1]["correction"]


def judged(scene: Scene) -> list[dict[str, str]]:
    """What has been recorded, with the corrections."""
    with closing(FeedbackLog(scene.data_dir)) as log:
        return [judgement.model_dump() for judgement in log.judgements()]


def test_where_nobody_is_named_there_is_no_button(scene: Scene) -> None:
    answer = scene.answer(scene.alice.asks(UNANSWERED, in_="general"))
    assert "Ask a person" not in scene.labels(answer)


def test_an_answer_needs_nobody(scene: Scene) -> None:
    answer = scene.answer(scene.alice.asks(QUESTION, in_="desk"))
    assert ANSWERS[QUESTION] in scene.bold(answer)
    assert "Ask a person" not in scene.labels(answer)


@pytest.mark.slow
def test_they_are_asked_once_though_the_process_is_killed(scene: Scene) -> None:
    for _ in range(5):
        question = scene.alice.asks(UNANSWERED, in_="desk")
        scene.click(scene.alice, "ask a person", on=scene.answer(question, 60))
        scene.wait_for("the click", lambda: all(delivery.finished for delivery in scene.slack.deliveries))
        scene.app.kill()
        scene.app.start()
        passed_on(scene, question)
        scene.settle()
        assert len(scene.answers(question)) == 2
