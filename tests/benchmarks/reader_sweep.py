"""Trains many small readers, each with one thing changed or one data set left out, and prints how they do on every set.

    python tests/benchmarks/reader_sweep.py DATA WORK [--steps 400] [--questions 4000] [--only NAME ...]
    python tests/benchmarks/reader_sweep.py DATA WORK --bodies FOLDER ... --left-out SET

DATA is a folder of SQuAD-format files; WORK keeps the samples, the readers and `results.jsonl`: a reader whose result of the
same numbers stands there is not trained again.  So the sweep can be stopped and gone on with; a killed training goes on from its
checkpoint.

Each starts from the encoder's weights, or with `--bodies` from theirs: folders that `python -m qa_bot.training body` makes.
Of each set, whole articles are taken for judging (`--judged` questions; five times as many where some have no answer), and
others for training.  Each reader is judged by `qa-bot eval --mode reader`, as shipped: int8.  "F1" is that of the best
threshold where a set has unanswerable questions; elsewhere every question has an answer and the best threshold answers each.
The budget is small: what helps here is a hint for long training, not a proof.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qa_bot.evaluation.datasets import Question, load_questions
from qa_bot.training.data import DataSet, write_held_out

COMMON = (
    "--learning-rate 3e-4 --warmup-steps 60 --decay-steps 300 --average-decay 0.99 --title-share 0.7 "
    "--passage-share 0.3 --held-out-percent 0 --evaluate-steps 1000000 "
    "--checkpoint-seconds 60 --tokens-at-once 2048"
)
CHANGES = {
    "as it is": "",
    "another seed": "--seed 2",
    "learning rate 1.5e-4": "--learning-rate 1.5e-4",
    "learning rate 6e-4": "--learning-rate 6e-4",
    "dropout 0.1": "--dropout 0.1",
    "taught by the first and another seed": "--teachers {readers}/as_it_is/model,{readers}/another_seed/model",
    "no titles": "--title-share 0",
    "no careless typing": "--question-noise 0",
    "paragraphs not cut": "--passage-share 0",
    "windows of 256": "--max-tokens 256 --stride 64",
    "weights not averaged": "--average-decay 0",
}
"""What each reader has instead of `COMMON`."""


def split(questions: Sequence[Question], judged: int, trained: int, seed: str) -> tuple[list[Question], list[Question]]:
    """Questions for judging and for training; no article (no paragraph, in sets of few articles) gives both."""
    by_title = len({question.title for question in questions}) >= 10
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.title if by_title else question.paragraph, []).append(question)
    first: list[Question] = []
    second: list[Question] = []
    for key in sorted(groups, key=lambda key: hashlib.sha256(f"{seed}/{key}".encode()).digest()):
        if len(first) < judged:
            first += groups[key]
        elif len(second) < trained:
            second += groups[key]
    return first, second


def sample(data: Path, work: Path, judged: int, trained: int) -> list[str]:
    """Writes what is judged on and trained on, one file a set each; returns the names of the sets."""
    names = []
    for path in sorted([*data.rglob("*.json"), *data.rglob("*.json.gz")]):
        questions = load_questions(path)
        count = judged * 5 if any(not question.references for question in questions) else judged
        name = path.name.removesuffix(".gz").removesuffix(".json")
        first, second = split(questions, count, trained, name)
        for folder, chosen in (("judged", first), ("trained", second)):
            write_held_out([DataSet(name, [], chosen)], work / folder)
        names.append(name)
    return names


def run(*command: object) -> str:
    """The standard output of a command of ours.

    Raises:
        SystemExit: it fails.
    """
    done = subprocess.run([sys.executable, "-m", *map(str, command)], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command[:2]))} ended with {done.returncode}")
    return done.stdout


def result(
    work: Path, name: str, sets: Sequence[str], left_out: str, steps: int, threads: int, change: str
) -> dict[str, Any]:
    """Trains one reader and judges it."""
    folder = work / "readers" / name.replace(" ", "_")
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    for data_set in sets:
        if data_set != left_out:
            (data / f"{data_set}.json").symlink_to((work / "trained" / f"{data_set}.json").resolve())
    options = [
        *COMMON.split(),
        "--steps",
        steps,
        "--threads",
        threads,
        *change.format(readers=work / "readers").split(),
    ]
    run("qa_bot.training", "train", "--data", data, "--work", folder, *options)
    figures = {}
    for data_set in sets:
        judged = work / "judged" / f"{data_set}.json"
        printed = run("qa_bot", "eval", "--mode", "reader", "--json", "--reader", folder / "model", judged)
        figures[data_set] = json.loads(printed)["reader"]
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    return {"name": name, "figures": figures}


def table(results: Sequence[dict[str, Any]], sets: Sequence[str]) -> str:
    """F1 of each reader on each set, and their mean."""
    lines = ["| | " + " | ".join(sets) + " | mean |", "|---" * (len(sets) + 2) + "|"]
    for result_of in results:
        figures = [result_of["figures"][name] for name in sets]
        scores = [figure.get("best_f1") or figure["f1"] for figure in figures]
        cells = [f"{score:.1f}" for score in [*scores, sum(scores) / len(scores)]]
        lines.append(f"| {result_of['name']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--questions", type=int, default=4000, help="of each set, to train on (default: 4000)")
    parser.add_argument("--judged", type=int, default=300, help="of each set, to judge on (default: 300)")
    parser.add_argument(
        "--threads",
        type=int,
        default=0,
        help="of a training; with 1, two sweeps of other readers share two cores well (default: all)",
    )
    parser.add_argument("--only", nargs="*", help="names of the readers to train, such as 'no titles' or 'without SET'")
    parser.add_argument(
        "--bodies", nargs="*", type=Path, default=[], help="compare these and the encoder's, no changes"
    )
    parser.add_argument("--left-out", default="", help="with --bodies: the set that none of them sees in training")
    options = parser.parse_args()
    sets = sample(options.data, options.work, options.judged, options.questions)
    log = options.work / "results.jsonl"
    done = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    budget = [options.steps, options.questions, options.judged]
    done = [entry for entry in done if entry["budget"] == budget]
    arms = [(name, "", change) for name, change in CHANGES.items()]
    arms[1:1] = [(f"without {name}", name, "") for name in sets]
    if options.bodies:
        slower = "--learning-rate 1.5e-4"
        arms = [("body of the encoder", options.left_out, slower)]
        arms += [(f"body {folder.name}", options.left_out, f"{slower} --base {folder}") for folder in options.bodies]
    for name, left_out, change in arms:
        is_chosen = options.only is None or name in options.only
        if is_chosen and not any(entry["name"] == name for entry in done):
            done.append(
                {"budget": budget, **result(options.work, name, sets, left_out, options.steps, options.threads, change)}
            )
            with log.open("a") as file:
                file.write(json.dumps(done[-1]) + "\n")
    print(table(done, sets))


if __name__ == "__main__":
    main()
