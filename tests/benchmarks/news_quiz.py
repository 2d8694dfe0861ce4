"""Prints how a store answers the development questions about news: right on top, among four, refused.

    python tests/benchmarks/news_quiz.py [--half report] [--reader READER]

The store is that of QA_BOT_DATA_DIR; it has to hold the articles that `tests/benchmarks/questions/README.md` names.  An answer is
right if its F1 with an acceptable one is at least 0.5.  "Right of those answered" counts at the reader's own threshold; "at 45 %"
at the threshold that answers so many of the questions that have an answer.  Intervals are of 95 %, by the bootstrap.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qa_bot import QABot, load_settings
from qa_bot.answering.results import iterate
from qa_bot.evaluation.metrics import RIGHT_F1, best_over_references

QUESTIONS = Path(__file__).with_name("questions")
SHOWN = 4


class Asked(NamedTuple):
    """What came of a question: which of the first four answers are right, how sure the first is, and whether it was given."""

    right: Sequence[bool]
    confidence: float
    answered: bool


def lines(name: str, half: str) -> list[dict[str, object]]:
    entries = [json.loads(line) for line in (QUESTIONS / name).read_text().splitlines()]
    return [entry for entry in entries if half in ("all", entry["half"])]


def ask(bot: QABot, question: str, answers: Sequence[str]) -> Asked:
    answer = bot.ask(question)
    shown = list(iterate(answer))[:SHOWN]
    right = [bool(answers) and best_over_references(q.answer.text, answers)[1] >= RIGHT_F1 for q in shown]
    return Asked(right, shown[0].answer.confidence if shown else 0.0, answer.answered)


def share(values: Sequence[bool]) -> str:
    """A share in percent with its interval."""
    if not values:
        return "-"
    drawn = np.random.default_rng(0).choice(np.array(values, float), (2000, len(values))).mean(1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{100 * np.mean(values):.1f} % ({100 * low:.0f} to {100 * high:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("tune", "report", "all"), default="report")
    parser.add_argument("--reader", default=None, help="as the setting; default: the packaged one")
    options = parser.parse_args()
    with QABot(load_settings(reader=options.reader)) as bot:
        bot.load()
        quiz = [ask(bot, str(line["question"]), line["answers"]) for line in lines("news_quiz.jsonl", options.half)]  # type: ignore[arg-type]
        misses = [ask(bot, str(line["question"]), ()) for line in lines("near_misses.jsonl", options.half)]
    answered = [asked for asked in quiz if asked.answered]
    surest = sorted(quiz, key=lambda asked: -asked.confidence)[: round(0.45 * len(quiz))]
    for name, values in (
        ("news quiz: right on top", [any(asked.right[:1]) for asked in quiz]),
        ("news quiz: right among four", [any(asked.right) for asked in quiz]),
        ("news quiz: answered", [asked.answered for asked in quiz]),
        ("  right of those answered", [any(asked.right[:1]) for asked in answered]),
        ("  right of the surest 45 %", [any(asked.right[:1]) for asked in surest]),
        ("near misses: refused", [not asked.answered for asked in misses]),
        ("near misses: refused at 45 %", [asked.confidence < surest[-1].confidence for asked in misses]),
    ):
        print(f"{name:32} {len(values):>5}   {share(values)}", flush=True)


if __name__ == "__main__":
    main()
