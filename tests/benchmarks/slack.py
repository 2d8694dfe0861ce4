"""Prints what `qa-bot slack` costs, measured through an emulated Slack on loopback.

    python tests/benchmarks/slack.py [--seconds N]

Start to connected; question posted to answer posted, one at a time; ten questions a second for a minute; memory.
Questions are those of tests/scenarios/seed_questions.json, the articles those of seeds/.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from slack_emulator.scene import Scene  # noqa: E402
from slack_emulator.workspace import Message  # noqa: E402

CHANNELS = 20
A_SECOND = 10


def row(name: str, value: str, target: str) -> None:
    print(f"{name:58} {value:>16}   {target}", flush=True)


def seconds_of(scene: Scene, question: Message) -> float:
    """From a question's posting to its answer's, in seconds."""
    return scene.answers(question)[0].at - question.at


def percentiles(took: list[float]) -> tuple[float, float]:
    """p50 and p95."""
    cut = statistics.quantiles(took, n=20)
    return cut[9], cut[18]


def one_at_a_time(scene: Scene, questions: list[str]) -> list[float]:
    """Milliseconds of each of a hundred questions, one after another, in turn in all channels."""
    took = []
    for number, question in enumerate((questions * 100)[:100]):
        asked = scene.alice.asks(question, in_=f"room-{number % CHANNELS}")
        scene.answer(asked)
        took.append(seconds_of(scene, asked) * 1000)
    return took


def under_load(scene: Scene, questions: list[str], seconds: int) -> tuple[int, int, int, list[float], float]:
    """Questions asked, answered, answered twice; the seconds that each took; the slowest acknowledgement in seconds."""
    asked: list[Message] = []
    turn = itertools.cycle(questions)
    sent_before = len(scene.slack.deliveries)
    began = time.monotonic()
    for number in range(seconds * A_SECOND):
        time.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
        asked.append(scene.bob.asks(next(turn), in_=f"room-{number % CHANNELS}"))
    scene.wait_for_all(asked, 120)
    scene.settle()
    counts = [len(scene.answers(question)) for question in asked]
    acks = [delivery.ack_seconds or 0 for delivery in scene.slack.deliveries[sent_before:]]
    took = [seconds_of(scene, question) for question in asked]
    return len(asked), sum(count > 0 for count in counts), sum(count > 1 for count in counts), took, max(acks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="length of the load of ten questions a second")
    options = parser.parse_args()
    entries = json.loads((ROOT / "tests/scenarios/seed_questions.json").read_text())
    questions = [entry["question"] for entry in entries["answerable"] + entries["unanswerable"]]
    row("on loopback, without the way to Slack and back", "measured", "target")
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(os.environ.get("QA_BOT_CACHE_DIR") or Path(folder, "cache"))
        environment = {**os.environ, "QA_BOT_DATA_DIR": str(Path(folder, "data")), "QA_BOT_CACHE_DIR": str(cache)}
        index = [sys.executable, "-m", "qa_bot", "index", "--quiet", str(ROOT / "seeds")]
        subprocess.run(index, env=environment, cwd=ROOT, check=True)
        Path(folder, "app").mkdir()
        rooms = tuple(f"room-{number}" for number in range(CHANNELS))
        scene = Scene(Path(folder, "app"), Path(folder, "data"), cache, channels=rooms).open()
        try:
            measure(scene, questions, options.seconds)
        finally:
            scene.close()


def measure(scene: Scene, questions: list[str], seconds: int) -> None:
    """Prints the table."""
    starts = []
    for _ in range(5):
        starts.append(scene.app.start())
        scene.app.stop()
    scene.app.start()
    row("start to connected, s (median of 5)", f"{statistics.median(starts):.2f}", "2")
    scene.answer(scene.alice.asks(questions[0], in_="room-0"))
    p50, p95 = percentiles(one_at_a_time(scene, questions))
    row("question to answer, one at a time, p50 / p95 of 100, ms", f"{p50:.0f} / {p95:.0f}", "300 / 500")
    used = scene.app.processor_seconds
    asked, answered, twice, took, ack = under_load(scene, questions, seconds)
    row(
        f"{A_SECOND} a second for {seconds} s: asked / lost / answered twice",
        f"{asked} / {asked - answered} / {twice}",
        "lost 0",
    )
    p50, p95 = percentiles(took)
    row("  question to answer, p50 / p95, s", f"{p50:.2f} / {p95:.2f}", "p95 3")
    row("  processor time a question, ms", f"{(scene.app.processor_seconds - used) / asked * 1000:.0f}", "")
    row("  slowest acknowledgement, s", f"{ack:.2f}", "1")
    row("memory after that (RSS), MB", f"{scene.app.memory_mb:.0f}", "450")
    scene.check()


if __name__ == "__main__":
    main()
