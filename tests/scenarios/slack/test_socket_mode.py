"""Socket Mode as Slack serves it: goodbyes that are announced, too many connections, events that are sent again or lost."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION
from slack_emulator.scene import Scene


@pytest.mark.slow
def test_the_next_connection_is_there_before_the_old_one_is_closed(scene: Scene, room: str) -> None:
    socket_mode = scene.slack.socket_mode
    before = len(socket_mode.history)
    scene.slack.faults.late["apps.connections.open"] = 8
    try:
        socket_mode.say_goodbye("warning", seconds=20)
        meanwhile = scene.alice.asks(QUESTION, in_=room)
        assert ANSWERS[QUESTION] in scene.bold(scene.answer(meanwhile))
        assert len(socket_mode.history) == before, "the old connection brought it"
        scene.wait_for("the next connection", lambda: len(socket_mode.history) > before)
    finally:
        scene.slack.faults.late.clear()
    assert socket_mode.overlaps[-1] == 1, "the old connection was still open"
    scene.wait_for("the end of the old one", lambda: len(socket_mode.connections) == 1)
    scene.answer(scene.alice.asks(OTHER_QUESTION, in_=room))
    deliveries = [
        delivery for delivery in scene.slack.deliveries if delivery.payload.get("event", {}).get("channel") == room
    ]
    assert max(delivery.tries for delivery in deliveries) == 1, "none had to be sent again"


@pytest.mark.slow
def test_too_many_connections_are_not_answered_by_more(scene: Scene, room: str) -> None:
    socket_mode = scene.slack.socket_mode
    socket_mode.full = True
    began = time.monotonic()
    socket_mode.cut()
    scene.wait_for("an attempt", lambda: socket_mode.refused)
    time.sleep(5)
    socket_mode.full = False
    attempts = len(socket_mode.refused)
    assert 2 <= attempts <= 3 + time.monotonic() - began
    assert "too_many_websockets" in scene.app.log
    question = scene.alice.asks(QUESTION, in_=room)
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(question, 60))


@pytest.mark.slow
def test_an_event_that_came_while_nobody_listened_is_taken_when_slack_sends_it_again(scene: Scene, room: str) -> None:
    scene.app.stop()
    question = scene.alice.asks(QUESTION, in_=room)
    scene.app.start()
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(question, 60))
    scene.settle()
    assert len(scene.answers(question)) == 1


def test_what_slack_gives_up_is_lost_and_the_next_question_is_answered(make_scene: Callable[..., Scene]) -> None:
    scene = make_scene()
    scene.slack.socket_mode.retry_seconds = (0.1, 0.2, 0.2)
    lost = scene.alice.asks(QUESTION, in_="general")
    scene.wait_for("Slack to give up", lambda: all(delivery.lost for delivery in scene.slack.deliveries))
    scene.app.start()
    scene.answer(scene.alice.asks(OTHER_QUESTION, in_="random"))
    assert scene.answers(lost) == []
    scene.check()


@pytest.mark.parametrize(("app_id", "said"), [("A0OTHER01", True), ("A0QABOT01", False)])
def test_tokens_of_two_apps_are_said_in_the_log(make_scene: Callable[..., Scene], app_id: str, said: bool) -> None:
    scene = make_scene()
    scene.slack.socket_mode.app_id = app_id
    scene.app.start()
    scene.answer(scene.alice.asks(QUESTION, in_="general"))
    if said:
        scene.wait_for("the log", lambda: "belongs to the app A0OTHER01" in scene.app.log)
    else:
        scene.wait_for("the comparison", lambda: any(call.method == "bots.info" for call in scene.workspace.calls))
        assert "belongs to the app" not in scene.app.log
