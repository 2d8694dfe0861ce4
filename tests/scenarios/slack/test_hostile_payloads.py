"""Ten thousand random and hostile payloads leave nothing but a line in the log.

QA_BOT_SLACK_LOAD=0.1 sends a tenth as many.
"""

from __future__ import annotations

import json
import os
import random
import string
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION, UNANSWERED
from slack_emulator import MENTION
from slack_emulator.delivery import Delivery
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID

PAYLOADS = max(200, int(10_000 * float(os.environ.get("QA_BOT_SLACK_LOAD", "1"))))
SEED = 20260630


def config(scene: Scene) -> str:
    for number in range(3):
        scene.workspace.add_channel(f"room-{number}", {BOT_USER_ID})
    return f"[slack]\neditors = ['{scene.alice.id}', '{scene.bob.id}']\n"


def hostile_value(chance: random.Random, depth: int = 0) -> Any:
    """Any value that JSON can hold, most of them unwelcome."""
    kinds: list[Callable[[], Any]] = [
        lambda: None,
        lambda: chance.choice([True, False]),
        lambda: chance.choice([0, -1, 10**30, 1.5e308, chance.random()]),
        lambda: "".join(
            chance.choices(string.printable + "\u0000\u202e\ud83d\u200d<>&*_`|@#!", k=chance.randint(0, 60))
        ),
        lambda: chance.choice(
            ["", "<!channel>", MENTION, f"{MENTION} {QUESTION}", "U0QABOT01", "C1", "1.1", "im", "\x00"]
        ),
        lambda: "A" * chance.choice([10, 5000, 50_000]),
        lambda: [hostile_value(chance, depth + 1) for _ in range(chance.randint(0, 4))],
        lambda: {chance.choice(NAMES): hostile_value(chance, depth + 1) for _ in range(chance.randint(0, 6))},
    ]
    return chance.choice(kinds[: 6 if depth > 4 else None])()


NAMES = (
    "type",
    "subtype",
    "event",
    "event_id",
    "text",
    "user",
    "channel",
    "ts",
    "thread_ts",
    "blocks",
    "files",
    "message",
)
NAMES += (
    "actions",
    "value",
    "action_id",
    "view",
    "state",
    "team_id",
    "bot_id",
    "command",
    "response_url",
    "inputs",
    "tab",
)


def hostile(scene: Scene, chance: random.Random, samples: Sequence[Delivery]) -> Delivery:
    """A payload that Slack would hardly send: one made of nothing, or a real one with parts changed or gone."""
    sample = chance.choice(samples)
    payload = json.loads(json.dumps(sample.payload))
    if "trigger_id" in payload:
        payload["trigger_id"] = scene.workspace.new_trigger(scene.bob.id)
    if chance.random() < 0.6:
        names = chance.sample(sorted(payload), k=chance.randint(0, len(payload)))
        payload = {name: payload[name] for name in names} | {
            chance.choice(NAMES): hostile_value(chance) for _ in range(5)
        }
    for _ in range(chance.randint(1, 8)):
        _damage(payload, chance)
    kind = sample.kind if chance.random() < 0.9 else chance.choice(["events_api", "slash_commands", "interactive"])
    return Delivery(kind, payload, again=False)


def _damage(payload: dict[str, Any], chance: random.Random) -> None:
    holder: Any = payload
    while True:
        places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not places:
            return
        place = chance.choice(places)
        if isinstance(holder[place], dict | list) and holder[place] and chance.random() < 0.75:
            holder = holder[place]
            continue
        if chance.random() < 0.25:
            del holder[place]
        else:
            holder[place] = hostile_value(chance)
        return


def samples_of(scene: Scene) -> list[Delivery]:
    """One of each thing that people do."""
    question = scene.alice.asks(QUESTION, in_="room-0")
    answer = scene.answer(question)
    scene.alice.writes_to_bot(QUESTION)
    scene.alice.edits(question, f"{MENTION} {OTHER_QUESTION}")
    for label in scene.labels(answer):
        scene.click(scene.bob, label, on=answer)
    scene.alice.types("/ask", QUESTION, in_="room-0")
    scene.alice.types("/ask", f"notify {QUESTION}", in_="room-0").message()
    scene.click(scene.alice, "stop", on=scene.alice.types("/ask", "notify", in_="room-0").message())
    scene.click(scene.bob, "tell me when", on=scene.answer(scene.alice.asks(UNANSWERED, in_="room-0")))
    scene.alice.types("/ask-admin", "status", in_="room-0")
    scene.alice.opens_bot("home")
    scene.alice.opens_bot("messages")
    scene.alice.uses_shortcut("answer_this", question)
    scene.alice.uses_shortcut("save_team_answer", question)
    scene.alice.submits(
        scene.modal_of(scene.alice, "Your team's answer"), question="Who waters the plants?", text="Dana."
    )
    scene.alice.opens_bot("home")
    home = scene.wait_for(
        "it at home", lambda: scene.alice.home and "Dana." in scene.text(scene.alice.home) and scene.alice.home
    )
    scene.click(scene.alice, "change", on=home)
    scene.alice.runs_step("answer_question", question=QUESTION)
    scene.alice.shares("a.txt", b"An article.", "text/plain", in_="room-1")
    scene.wait_for("the form", lambda: scene.bob.modal)
    scene.settle()
    return list(scene.slack.deliveries)


@pytest.mark.slow
def test_ten_thousand_hostile_payloads_leave_nothing_but_a_line_in_the_log(scene: Scene) -> None:
    chance = random.Random(SEED)
    samples = samples_of(scene)
    scene.slack.faults.burst = 1_000_000
    scene.slack.socket_mode.ack_seconds = 1.0
    scene.slack.check()
    for number in range(PAYLOADS):
        scene.slack.send(hostile(scene, chance, samples))
        if number % 200 == 199:
            recent = scene.slack.deliveries[-400:]
            scene.wait_for("room", lambda recent=recent: sum(not delivery.finished for delivery in recent) < 50, 60)
    for text in ("", "{", "[]", "null", '{"type": 7}', "\x00", '{"type": "events_api"}', "A" * 100_000):
        scene.slack.socket_mode.send_raw(text)
    scene.wait_for("the end of it", lambda: all(delivery.finished for delivery in scene.slack.deliveries), 120)
    # Nobody waits for an answer to nonsense; and a click that does not say its thread, or lies, is answered in the channel.
    expected = ("was not acknowledged", "trigger_id", "takes no response", "what answers a click in a thread")
    with scene.workspace.changed:
        unexpected = [
            violation for violation in scene.workspace.violations if not any(words in violation for words in expected)
        ]
        scene.workspace.violations[:] = unexpected
    assert scene.app.runs
    question = scene.carol.asks(QUESTION, in_="room-2")
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(question, 120))
