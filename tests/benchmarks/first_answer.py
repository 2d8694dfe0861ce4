"""Prints what the first answer costs: cold and warm time, memory, and with --clone the time from a fresh clone.

    python tests/benchmarks/first_answer.py [--clone]

Questions are those of tests/scenarios/seed_questions.json, the articles those of seeds/.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
WARM = """
import json, resource, sys
from qa_bot import QABot, load_settings
questions = json.loads(sys.stdin.read())
with QABot(load_settings()) as bot:
    bot.load()
    bot.ask(questions[0])
    took = [bot.ask(question).timings_ms.total for question in (questions * 100)[:100]]
print(json.dumps({"took": took, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""


def row(name: str, value: str, target: str) -> None:
    print(f"{name:52} {value:>20}   {target}", flush=True)


def time_cold(environment: dict[str, str], question: str) -> float:
    """Median wall time of `qa-bot ask`, in seconds, of seven."""
    took = []
    for _ in range(7):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "qa_bot", "ask", question],
            env=environment,
            cwd=ROOT,
            check=False,
            capture_output=True,
        )
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def time_clone() -> tuple[float, float]:
    """Seconds of `make repl` in a fresh clone with a new HOME, from the call to the end of a question; twice."""
    with tempfile.TemporaryDirectory() as folder:
        clone, home = Path(folder, "clone"), Path(folder, "home")
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("QA_BOT", "VIRTUAL", "XDG"))
        }
        took = []
        for _ in range(2):
            began = time.perf_counter()
            subprocess.run(
                ["make", "repl"],
                cwd=clone,
                env={**environment, "HOME": str(home)},
                input="Where was the press conference of James Mattis?\n",
                text=True,
                check=True,
                capture_output=True,
            )
            took.append(time.perf_counter() - began)
        return took[0], took[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clone", action="store_true", help="also time `make repl` in a fresh clone (minutes)")
    options = parser.parse_args()
    entries = json.loads((ROOT / "tests/scenarios/seed_questions.json").read_text())
    questions = [entry["question"] for entry in entries["answerable"] + entries["unanswerable"]]
    row("figure", "measured", "target")
    if options.clone:
        first, second = time_clone()
        row("make repl in a fresh clone, one question, s", f"{first:.1f}", "180")
        row("the second time, s", f"{second:.2f}", "2")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "QA_BOT_DATA_DIR": folder}
        subprocess.run(
            [sys.executable, "-m", "qa_bot", "index", "--quiet", "seeds"], env=environment, cwd=ROOT, check=True
        )
        row("cold qa-bot ask, wall, s (median of 7)", f"{time_cold(environment, questions[0]):.2f}", "1.2")
        done = subprocess.run(
            [sys.executable, "-c", WARM],
            env=environment,
            cwd=ROOT,
            check=True,
            input=json.dumps(questions),
            text=True,
            stdout=subprocess.PIPE,
        )
    measured = json.loads(done.stdout)
    cut = statistics.quantiles(measured["took"], n=20)
    row("warm answer, p50 / p95 of 100 questions, ms", f"{cut[9]:.0f} / {cut[18]:.0f}", "120 / 200")
    row("peak memory of that process, MB", f"{measured['peak_kb'] / 1024:.0f}", "400")


if __name__ == "__main__":
    main()
