"""HTTP mode: signed requests, several workers, health, and everything that Socket Mode does."""

from __future__ import annotations

import json
import resource
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION
from slack_emulator.http_events import signed_headers
from slack_emulator.payloads import wrapped
from slack_emulator.running import free_port
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID

CHUNKS = b"20000\r\n" + b"x" * 0x20000 + b"\r\n"
CHUNKS *= 8
"""A million bytes and more, whose end is never announced."""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def scene(make_scene: Callable[..., Scene], port: int) -> Scene:
    """A scene whose app is an HTTP server of two workers."""
    scene = make_scene(manifest="manifest-http.json")
    scene.app.arguments = ("--processes", "2")
    scene.app.start_http(port)
    return scene


def post(port: int, body: str, headers: dict[str, str]) -> tuple[int, str]:
    """The status and the body that a request gets."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/slack/events", body.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_is_alive_and_ready(scene: Scene, port: int) -> None:
    assert scene.app.gets(f"http://127.0.0.1:{port}/healthz") == 200
    assert scene.app.gets(f"http://127.0.0.1:{port}/nothing") == 404
    ready = [f"http://127.0.0.1:{port}/readyz"] * 8
    scene.wait_for("both workers", lambda: all(scene.app.gets(address) == 200 for address in ready))


def test_slack_can_verify_the_address(scene: Scene, port: int) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB", "token": "x"})
    status, answer = post(port, body, {"Content-Type": "application/json"} | signed_headers(body))
    assert status == 200
    assert "3eZbrw1aB" in answer


def test_a_mention_is_answered_once(scene: Scene) -> None:
    question = scene.alice.asks(QUESTION, in_="general")
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(question))
    scene.settle()
    assert len(scene.answers(question)) == 1


def test_a_command_a_button_and_a_direct_message_work(scene: Scene) -> None:
    shown = scene.alice.types("/ask", QUESTION, in_="general").message()
    scene.click(scene.alice, "context", on=shown)
    scene.modal_of(scene.alice, ANSWERS[QUESTION])
    assert ANSWERS[OTHER_QUESTION] in scene.bold(scene.answer(scene.bob.writes_to_bot(OTHER_QUESTION)))


def test_what_slack_sends_again_is_not_answered_again_by_whichever_worker(scene: Scene, port: int) -> None:
    question = scene.alice.asks(OTHER_QUESTION, in_="random")
    scene.answer(question)
    (first,) = [
        delivery
        for delivery in scene.slack.deliveries
        if delivery.payload.get("event", {}).get("ts") == question.ts
        and delivery.payload["event"]["type"] == "app_mention"
    ]
    body = json.dumps(first.payload)
    for attempt in range(1, 8):
        retry = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"}
        headers = {"Content-Type": "application/json"} | retry | signed_headers(body)
        assert post(port, body, headers)[0] == 200
    scene.settle()
    assert len(scene.answers(question)) == 1


@pytest.mark.slow
def test_many_questions_at_once_are_each_answered_once_whichever_worker_gets_them(scene: Scene) -> None:
    rooms = [scene.workspace.add_channel(f"many-{number}", {BOT_USER_ID}).id for number in range(8)]
    asked = [scene.bob.asks(list(ANSWERS)[number % 12], in_=rooms[number % 8]) for number in range(32)]
    scene.wait_for_all(asked, 90)
    scene.settle()
    assert [len(scene.answers(question)) for question in asked] == [1] * len(asked)


@pytest.mark.parametrize(
    "forgery", ["no signature", "wrong secret", "another body", "ten minutes old", "from the future"]
)
def test_what_slack_has_not_signed_is_refused(scene: Scene, port: int, forgery: str) -> None:
    channel = scene.channel_id("general")
    ts = scene.workspace.new_ts()
    event = {"type": "app_mention", "user": scene.alice.id, "text": f"<@U0QABOT01> {QUESTION}", "ts": ts}
    body = json.dumps(wrapped(scene.workspace, event | {"channel": channel, "event_ts": ts}))
    signed = {
        "no signature": {},
        "wrong secret": signed_headers(body, secret="somebody else's"),
        "another body": signed_headers(body + " "),
        "ten minutes old": signed_headers(body, at=int(time.time()) - 600),
        "from the future": signed_headers(body, at=int(time.time()) + 600),
    }[forgery]
    assert post(port, body, {"Content-Type": "application/json"} | signed)[0] == 401
    time.sleep(0.3)
    assert not any(ts in str(call.arguments) for call in list(scene.workspace.calls)), "it was answered"


@pytest.mark.parametrize("body", ["", "{", "[]", "payload=%7B", "\x00" * 100, json.dumps({"type": "event_callback"})])
def test_nonsense_that_is_signed_does_no_harm(scene: Scene, port: int, body: str) -> None:
    status, _ = post(port, body, {"Content-Type": "application/json"} | signed_headers(body))
    assert 200 <= status < 600
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(scene.alice.asks(QUESTION, in_="general")))


def send_raw(port: int, head: str, body: bytes) -> str:
    """The first line of the answer to a request whose body need not be what it announces."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"POST /slack/events HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode() + body)
        return connection.recv(1000).decode(errors="replace").splitlines()[0]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(scene: Scene, port: int) -> None:
    assert " 413 " in send_raw(port, "Content-Length: 50000000", b"")
    assert " 413 " in send_raw(port, "Transfer-Encoding: chunked", b"20000\r\n" + b"x" * 0x20000 + b"\r\n" + CHUNKS)


def test_a_body_that_does_not_come_is_not_waited_for_for_ever(scene: Scene, port: int) -> None:
    assert " 408 " in send_raw(port, "Content-Length: 1000", b"half of")


@pytest.mark.parametrize("signature", ["v0=\u00e4\u00f6", "v0=", "v1=00", "\u00ff"])
def test_a_signature_that_is_none_is_refused(scene: Scene, port: int, signature: str) -> None:
    body = "{}"
    signed = signed_headers(body) | {"X-Slack-Signature": signature.encode().decode("latin-1")}
    assert post(port, body, {"Content-Type": "application/json"} | signed)[0] in (400, 401)


def test_it_is_alive_but_not_ready_while_slack_cannot_be_reached(make_scene: Callable[..., Scene]) -> None:
    scene, own = make_scene(manifest="manifest-http.json"), free_port()
    scene.slack.faults.down = True
    starting = threading.Thread(target=scene.app.start_http, args=(own,))
    starting.start()
    health, ready = f"http://127.0.0.1:{own}/healthz", f"http://127.0.0.1:{own}/readyz"
    scene.wait_for("the process", lambda: scene.app.gets(health) == 200)
    assert scene.app.gets(ready) == 503
    scene.slack.faults.down = False
    starting.join(60)
    assert scene.app.gets(ready) == 200
    scene.check()


@contextmanager
def open_files(soft: int) -> Iterator[None]:
    """A limit of open files for this process, and for those that it starts."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


def test_half_open_connections_however_many_leave_room_for_a_signed_question(make_scene: Callable[..., Scene]) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 3000:
        pytest.skip("this machine does not allow 3,000 open files")
    scene, own = make_scene(manifest="manifest-http.json"), free_port()
    with open_files(1024):
        scene.app.start_http(own)
    before, held = len(scene.app.log), []
    with open_files(3000):
        try:
            for number in range(1300):
                held.append(socket.socket())
                held[-1].setblocking(False)
                held[-1].connect_ex(("127.0.0.1", own))
                if number % 50 == 0:
                    time.sleep(0.02)
            for connection in held:
                with suppress(OSError):
                    connection.send(b"POST /slack/events HTTP/1.1\r\nHost: a\r\nX-")
            question = scene.alice.asks(QUESTION, in_="general")
            assert ANSWERS[QUESTION] in scene.bold(scene.answer(question))
        finally:
            for connection in held:
                connection.close()
    assert len(scene.app.log) - before < 5000
    scene.check()


@pytest.mark.slow
def test_it_stops_within_ten_seconds_with_what_it_was_answering_posted(scene: Scene, port: int) -> None:
    questions = [scene.alice.asks(question, in_="random") for question in list(ANSWERS)[:3]]
    scene.wait_for("the acknowledgements", lambda: all(delivery.acked_at for delivery in scene.slack.deliveries[-6:]))
    seconds, code = scene.app.stop()
    assert seconds < 10
    assert code == 0
    for question in questions:
        assert len(scene.answers(question)) == 1, scene.app.log
    scene.app.start_http(port)
