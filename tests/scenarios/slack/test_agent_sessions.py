"""Sessions of agents: the bot says that it works, a person can stop it, and each generation of methods does without the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from seed_answers import ANSWERS, FOLLOW_UPS, LIGHT, OPENING, OTHER_QUESTION, QUESTION
from slack_emulator import Fault, Person
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID, Message

LATER = Fault(429, "ratelimited", 4)
OLD = ("assistant.threads.setStatus", "assistant.threads.setTitle")
NEW = ("agents.sessions.setStatus", "agents.sessions.rename")


@pytest.fixture
def dora(scene: Scene) -> Person:
    """Somebody who has not written to the bot yet."""
    return Person(scene.slack, "dora")


def statuses(scene: Scene, message: Message) -> list[str]:
    """The states that the session of a message's thread went through."""
    return [status for _, thread, status in scene.workspace.session_statuses if thread == message.thread]


def calls(scene: Scene, *methods: str) -> int:
    """How often any of these methods was called."""
    return sum(call.method in methods for call in scene.workspace.calls)


def test_a_session_works_and_rests_and_has_a_title(scene: Scene, dora: Person) -> None:
    question = dora.writes_to_bot(QUESTION)
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(question))
    session = scene.workspace.sessions[question.channel, question.ts]
    scene.wait_for("rest", lambda: session["status"] == "active" and session["title"])
    assert statuses(scene, question) == ["processing", "active"]
    assert session["title"] == QUESTION
    lines = [text for _, thread, text in scene.workspace.statuses if thread == question.ts]
    assert lines[0].startswith("is searching "), "the line of text stays beside it"


def posting_later(scene: Scene, person: Person, question: str) -> Message:
    """A direct message whose answer Slack does not take for some seconds."""
    given = scene.slack.faults.given
    scene.slack.faults.plan("chat.postMessage", LATER)
    asked = person.writes_to_bot(question)
    scene.wait_for("the first try", lambda: scene.slack.faults.given > given)
    return asked


def test_a_stopped_question_is_not_answered_and_its_status_goes(scene: Scene, dora: Person) -> None:
    question = posting_later(scene, dora, QUESTION)
    dora.stops(question)
    scene.wait_for("rest", lambda: statuses(scene, question)[-1] == "active")
    scene.wait_for("the log", lambda: "was stopped" in scene.app.log)
    scene.wait_for(
        "no line", lambda: [text for _, thread, text in scene.workspace.statuses if thread == question.ts][-1] == ""
    )
    scene.settle()
    assert scene.answers(question) == []
    assert scene.workspace.sessions[question.channel, question.ts]["status"] == "active"


@pytest.mark.slow
def test_one_that_waits_for_its_turn_is_not_begun(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene(lambda _: "[slack]\nworkers = 1\n", channels=tuple(f"room-{number}" for number in range(20)))
    scene.app.start()
    busy = [scene.bob.asks(OTHER_QUESTION, in_=f"room-{number}") for number in range(20)]
    question = scene.alice.writes_to_bot(QUESTION)
    scene.wait_for("the button", lambda: statuses(scene, question))
    scene.alice.stops(question)
    scene.wait_for_all(busy, 60)
    scene.settle()
    assert statuses(scene, question)[-1] == "active"
    answers = [answer.text for answer in scene.answers(question)]
    assert answers == [] or scene.answers(question)[0].at < scene.answers(busy[-1])[0].at
    scene.check()


def test_what_is_asked_after_the_stop_is_answered(scene: Scene, dora: Person) -> None:
    question = posting_later(scene, dora, OPENING)
    dora.stops(question)
    scene.wait_for("rest", lambda: statuses(scene, question)[-1] == "active")
    again = dora.writes_to_bot(QUESTION, thread=question)
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(again))
    dora.edits(question, OTHER_QUESTION)
    scene.wait_for(
        "the edited question's answer",
        lambda: any(ANSWERS[OTHER_QUESTION] in scene.bold(answer) for answer in scene.answers(question)),
    )


def test_a_stop_that_slack_repeats_stops_nothing_new(scene: Scene, dora: Person) -> None:
    question = posting_later(scene, dora, OPENING)
    dora.stops(question)
    scene.wait_for("rest", lambda: statuses(scene, question)[-1] == "active")
    (stop,) = [
        delivery.payload
        for delivery in scene.slack.deliveries
        if delivery.payload.get("event", {}).get("thread_ts") == question.ts
        and delivery.payload["event"]["type"] == "agent_session_stopped"
    ]
    again = dora.writes_to_bot(QUESTION, thread=question)
    scene.slack.publish(stop["event"], event_id=stop["event_id"], earlier=1)
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(again))


def test_a_follow_up_does_not_refer_to_what_was_stopped(scene: Scene, dora: Person) -> None:
    first = dora.writes_to_bot(QUESTION)
    scene.answer(first)
    given = scene.slack.faults.given
    scene.slack.faults.plan("chat.postMessage", LATER)
    second = dora.writes_to_bot(OPENING, thread=first)
    scene.wait_for("the first try", lambda: scene.slack.faults.given > given)
    dora.stops(second)
    scene.wait_for("rest", lambda: statuses(scene, second)[-1] == "active")
    third = dora.writes_to_bot(FOLLOW_UPS[0], thread=first)
    assert LIGHT not in scene.text(scene.answer(third))


def test_a_title_that_a_person_chose_stays(scene: Scene, dora: Person) -> None:
    question = posting_later(scene, dora, QUESTION)
    dora.renames(question, "Voyager")
    scene.answer(question)
    scene.settle()
    assert scene.workspace.sessions[question.channel, question.ts]["title"] == "Voyager"


@pytest.fixture
def refused(request: pytest.FixtureRequest, make_scene: Callable[..., Scene]) -> Iterator[Scene]:
    """A scene in which Slack does not know one generation of methods."""
    scene = make_scene()
    for method in request.param:
        scene.slack.faults.plan(method, *[Fault(200, "unknown_method")] * 50)
    scene.app.start()
    yield scene
    scene.check()


@pytest.mark.parametrize("refused", [NEW], indirect=True)
def test_without_the_new_methods_the_old_ones_do(refused: Scene) -> None:
    for question in (QUESTION, OTHER_QUESTION):
        asked = refused.alice.writes_to_bot(question)
        assert ANSWERS[question] in refused.bold(refused.answer(asked))
        key = (asked.channel, asked.ts)
        assert refused.wait_for("the title", lambda key=key: refused.workspace.titles.get(key)) == question
    assert calls(refused, "agents.sessions.setStatus") == 1, "a workspace that has no sessions is asked once"
    assert calls(refused, "agents.sessions.rename") == 1


@pytest.mark.parametrize("refused", [OLD], indirect=True)
def test_without_the_old_methods_the_new_ones_do(refused: Scene) -> None:
    for question in (QUESTION, OTHER_QUESTION):
        asked = refused.alice.writes_to_bot(question)
        refused.answer(asked)
        session = refused.workspace.sessions[asked.channel, asked.ts]
        refused.wait_for("rest", lambda session=session: session["status"] == "active" and session["title"])
    assert calls(refused, "assistant.threads.setStatus") == 1
    assert calls(refused, "assistant.threads.setTitle") == 0


def test_an_error_of_one_thread_says_nothing_about_others(scene: Scene, dora: Person) -> None:
    scene.slack.faults.plan("agents.sessions.setStatus", Fault(200, "session_not_found"))
    scene.answer(dora.writes_to_bot(QUESTION))
    second = dora.writes_to_bot(OTHER_QUESTION)
    scene.answer(second)
    assert statuses(scene, second)[0] == "processing"


def test_a_mention_shows_no_session_and_costs_no_call(scene: Scene) -> None:
    room = scene.workspace.add_channel("quiet", {BOT_USER_ID}).id
    question = scene.alice.asks(QUESTION, in_=room)
    scene.answer(question)
    assert statuses(scene, question) == []
