"""Many people at once, a network that breaks, a Slack that fails, a process that dies: no question is lost or doubled.

QA_BOT_SLACK_LOAD=0.1 asks a tenth as much; 1 is what the tests ask by default.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION
from slack_emulator import MENTION, Fault, Person
from slack_emulator.delivery import ACK_SECONDS, Delivery
from slack_emulator.running import RunningApp
from slack_emulator.scene import Scene
from slack_emulator.workspace import Message

FULL = float(os.environ.get("QA_BOT_SLACK_LOAD", "1"))
QUESTIONS = max(20, int(300 * FULL))
SOME = 40
PEOPLE = 60
CHANNELS = 20


@pytest.fixture(scope="module")
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """A scene with many channels; each test leaves the app running and Slack in order."""
    scene = make_scene(channels=tuple(f"room-{number}" for number in range(CHANNELS)))
    scene.app.start()
    return scene


def ask_many(scene: Scene, count: int, people: Sequence[Person], pause: float = 0.0) -> list[Message]:
    """Asks questions, one after another or at intervals, in all channels by all people."""
    asked = []
    for number in range(count):
        question = list(ANSWERS)[number % len(ANSWERS)]
        asked.append(people[number % len(people)].asks(question, in_=f"room-{number % CHANNELS}"))
        time.sleep(pause)
    return asked


def all_answered(scene: Scene, asked: Sequence[Message], seconds: float) -> None:
    """Waits until every question is answered; then fails unless each is answered rightly, and once.

    Raises:
        AssertionError: a question has no answer, two, or a wrong one.
    """
    scene.wait_for_all(asked, seconds)
    scene.settle()
    counts = {question.ts: len(scene.answers(question)) for question in asked}
    assert set(counts.values()) == {1}, f"{sum(count != 1 for count in counts.values())} were not answered once"
    for question in asked:
        right = ANSWERS[question.text.removeprefix(MENTION).strip()]
        answer = scene.answers(question)[0]
        assert right in scene.bold(answer), f"{answer.text}\n{scene.app.log[-2000:]}"


def slowest_ack(deliveries: Sequence[Delivery]) -> float:
    """The longest that an acknowledgement took, in seconds."""
    return max(99 if delivery.ack_seconds is None else delivery.ack_seconds for delivery in deliveries)


@pytest.mark.slow
def test_buttons_and_commands_are_not_kept_waiting_by_questions(scene: Scene) -> None:
    answer = scene.answer(scene.carol.asks(QUESTION, in_="room-0"))
    asked = ask_many(scene, SOME, [scene.alice, scene.bob])
    for words in ("more", "context", "article", "wrong"):
        scene.click(scene.carol, words, on=answer)
        scene.wait_for(f"a modal for {words!r}", lambda: scene.carol.modal, 3)
        assert scene.carol.modal
        scene.carol.modal.open = False
    scene.carol.opens_bot("home")
    scene.wait_for("App Home", lambda: scene.carol.home, 5)
    all_answered(scene, asked, 60)


@pytest.mark.slow
def test_a_connection_that_is_cut_every_second_loses_and_doubles_nothing(scene: Scene) -> None:
    stop, before = threading.Event(), len(scene.slack.socket_mode.history)

    def cut() -> None:
        while not stop.wait(1.0):
            scene.slack.socket_mode.cut()

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        asked = ask_many(scene, SOME, [scene.alice, scene.bob, scene.carol], pause=0.1)
    finally:
        stop.set()
        cutter.join()
    all_answered(scene, asked, 90)
    assert len(scene.slack.socket_mode.history) > before + 1  # the app backs off between attempts


def test_a_slack_that_says_goodbye_is_followed(scene: Scene) -> None:
    asked = ask_many(scene, 5, [scene.alice])
    scene.slack.socket_mode.say_goodbye("warning", seconds=1)
    asked += ask_many(scene, 5, [scene.bob], pause=0.1)
    scene.slack.socket_mode.say_goodbye("refresh_requested", seconds=0.2)
    asked += ask_many(scene, 5, [scene.carol], pause=0.1)
    all_answered(scene, asked, 60)


def test_socket_mode_that_is_turned_off_is_said_in_the_log(scene: Scene) -> None:
    scene.slack.socket_mode.say_goodbye("link_disabled", seconds=0.1)
    scene.wait_for("the log to say so", lambda: "link_disabled" in scene.app.log or "turned off" in scene.app.log)
    assert scene.app.runs


@pytest.mark.slow
def test_a_fifth_of_all_calls_fails(scene: Scene) -> None:
    scene.slack.faults.share = 0.2
    asked = ask_many(scene, SOME, [scene.alice, scene.bob, scene.carol])
    scene.wait_for_all(asked, 120)
    scene.slack.faults.share = 0
    all_answered(scene, asked, 30)
    assert scene.slack.faults.given > SOME // 10


def test_an_answer_whose_confirmation_is_lost_is_not_posted_twice(scene: Scene) -> None:
    lost = [Fault(500, "internal_error", after=True)] * 4
    scene.slack.faults.plan("chat.postMessage", *lost)
    all_answered(scene, ask_many(scene, 4, [scene.alice]), 60)


@pytest.mark.slow
def test_slack_is_gone_for_a_while(scene: Scene) -> None:
    before = len(scene.app.lines)
    scene.slack.faults.down = True
    scene.slack.socket_mode.cut()
    asked = ask_many(scene, 5, [scene.alice])
    scene.wait_for("an attempt to connect", lambda: "no connection to Slack" in "\n".join(scene.app.lines[before:]))
    scene.slack.faults.down = False
    all_answered(scene, asked, 90)


def test_a_rate_limit_for_a_while_delays_and_loses_nothing(scene: Scene) -> None:
    scene.slack.faults.plan("chat.postMessage", *[Fault(429, "ratelimited", 1)] * 5)
    all_answered(scene, ask_many(scene, 5, [scene.alice]), 60)


@pytest.mark.slow
def test_a_process_that_is_killed_in_the_middle_answers_the_rest_when_it_is_back(scene: Scene) -> None:
    asked = ask_many(scene, SOME, [scene.alice, scene.bob, scene.carol])
    scene.wait_for("the first answers", lambda: sum(bool(scene.answers(question)) for question in asked) >= 5, 60)
    scene.app.kill()
    unanswered = [question for question in asked if not scene.answers(question)]
    assert unanswered, "it was killed in the middle"
    scene.app.start()
    all_answered(scene, asked, 120)


@pytest.mark.slow
def test_two_processes_share_the_questions(scene: Scene, tmp_path: Path, cache_dir: Path) -> None:
    second = RunningApp(scene.slack, tmp_path, scene.data_dir, cache_dir)
    second.start()
    try:
        asked = ask_many(scene, SOME, [scene.alice, scene.bob, scene.carol])
        scene.wait_for("the first answers", lambda: sum(bool(scene.answers(question)) for question in asked) >= 5, 60)
        second.kill()
        all_answered(scene, asked, 120)
    finally:
        second.close()


@pytest.mark.slow
def test_it_stops_within_ten_seconds_with_what_it_was_answering_posted(scene: Scene) -> None:
    asked = ask_many(scene, 6, [scene.alice, scene.bob])  # that two slow cores can answer in time
    scene.wait_for("acknowledgements", lambda: all(delivery.finished for delivery in scene.slack.deliveries))
    seconds, code = scene.app.stop()
    posted = [len(scene.answers(question)) for question in asked]
    scene.app.start()  # whatever comes of it: the next test needs it
    assert seconds < 10
    assert code == 0
    assert posted == [1] * len(asked), scene.app.log
    all_answered(scene, asked, 30)


def test_a_revoked_token_is_said_in_the_log_and_recovered_from(scene: Scene) -> None:
    scene.workspace.revoked = True
    question = scene.alice.asks(QUESTION, in_="room-0")
    scene.wait_for("the log to say so", lambda: "revoked" in scene.app.log)
    scene.workspace.revoked = False
    assert scene.app.runs
    all_answered(scene, [scene.bob.asks(OTHER_QUESTION, in_="room-1")], 60)
    assert len(scene.answers(question)) <= 1


@pytest.mark.slow
def test_sixty_people_ask_three_hundred_questions_in_twenty_channels_at_once(scene: Scene) -> None:
    people = [Person(scene.slack, f"person-{number}") for number in range(PEOPLE)]
    before = len(scene.slack.deliveries)
    asked = ask_many(scene, QUESTIONS, people)
    all_answered(scene, asked, QUESTIONS)  # a second each: how fast they are read is the machine's affair
    assert slowest_ack(scene.slack.deliveries[before:]) < ACK_SECONDS
    waited = [text for _, _, text in scene.workspace.statuses if "before yours" in text]
    assert waited or QUESTIONS < 100, "who waits is told so"
    assert len(set(waited)) > 1 or QUESTIONS < 100
