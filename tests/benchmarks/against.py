"""Prints what an answer costs here and in another checkout of qa-bot, measured in turns in one run.

    python tests/benchmarks/against.py TREE [--rounds N]

TREE is a checkout with a virtual environment of its own in `.venv`, as `make test` leaves it.  Warm: one process of each is
asked question by question, in turns.  Cold: `qa-bot ask`, in turns.  Slack: `tests/benchmarks/slack.py` of each, in turns.
Questions and articles are the seeds' of each checkout.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

HERE = Path(__file__).parents[2]
WARM = """
import sys
from qa_bot import QABot, load_settings
with QABot(load_settings()) as bot:
    bot.load()
    for question in sys.stdin:
        print(bot.ask(question.strip()).timings_ms.total, flush=True)
"""
ONE_AT_A_TIME = re.compile(r"one at a time.* (\d+) / (\d+) ")


class Tree:
    """A checkout, its Python, and a store of its own with the seeds.

    Args:
        root: the checkout.
        python: the interpreter with what it needs installed.
        folder: for its store and its compiled models.
    """

    def __init__(self, root: Path, python: Path, folder: Path) -> None:
        self._root, self._python = root, str(python)
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(root),
            "QA_BOT_DATA_DIR": str(folder / "data"),
            "QA_BOT_CACHE_DIR": str(folder / "cache"),
        }
        self._run("-m", "qa_bot", "index", "--quiet", "seeds")
        self._warm = subprocess.Popen(
            [self._python, "-c", WARM],
            cwd=root,
            env=self._environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def _run(self, *arguments: str) -> str:
        command = [self._python, *arguments]
        done = subprocess.run(command, cwd=self._root, env=self._environment, text=True, stdout=subprocess.PIPE)
        if done.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)} in {self._root}: exit code {done.returncode}")
        return done.stdout

    def warm(self, question: str) -> float:
        """Milliseconds of a question in a process that has answered before."""
        _opened(self._warm.stdin).write(question + "\n")
        _opened(self._warm.stdin).flush()
        return float(_opened(self._warm.stdout).readline())

    def cold(self, question: str) -> float:
        """Milliseconds of `qa-bot ask`, its start included."""
        began = time.perf_counter()
        self._run("-m", "qa_bot", "ask", question)
        return (time.perf_counter() - began) * 1000

    def slack(self) -> float:
        """Milliseconds from a question in Slack to its answer, median of a hundred, one at a time."""
        table = self._run("tests/benchmarks/slack.py", "--seconds", "1")
        match = ONE_AT_A_TIME.search(table)
        return float(match[1]) if match else sys.exit(f"{self._root}: no latency in its table:\n{table}")

    def close(self) -> None:
        """Ends the warm process."""
        _opened(self._warm.stdin).close()
        self._warm.wait()


def _opened(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def row(name: str, there: list[float], here: list[float]) -> None:
    print(f"{name:44} {statistics.median(there):>9.1f} {statistics.median(here):>9.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=3, help="times that each question is asked")
    options = parser.parse_args()
    entries = json.loads((HERE / "tests/scenarios/seed_questions.json").read_text())
    questions = [entry["question"] for entry in entries["answerable"] + entries["unanswerable"]]
    with tempfile.TemporaryDirectory() as folder:
        there = Tree(options.tree.resolve(), options.tree.resolve() / ".venv/bin/python", Path(folder, "there"))
        here = Tree(HERE, Path(sys.executable), Path(folder, "here"))
        took: dict[Tree, list[float]] = {there: [], here: []}
        print(f"{'median, ms':44} {'there':>9} {'here':>9}")
        for number, question in enumerate(questions[:1] * 3 + questions * options.rounds):
            for tree in (there, here) if number % 2 else (here, there):
                took[tree].append(tree.warm(question))
        row(f"warm answer, {len(questions) * options.rounds} questions", took[there][3:], took[here][3:])
        there.close()
        here.close()
        cold = [(there.cold(question), here.cold(question)) for question in questions[:15]]
        row(f"cold qa-bot ask, {len(cold)} questions", [first for first, _ in cold], [second for _, second in cold])
        slack = [(there.slack(), here.slack()) for _ in range(options.rounds)]
        row(
            f"Slack, {options.rounds} times 100 questions",
            [first for first, _ in slack],
            [second for _, second in slack],
        )


if __name__ == "__main__":
    main()
