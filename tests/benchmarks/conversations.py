"""Prints how a store answers the development conversations and lines, with the bot's own answers as the turns before.

    python tests/benchmarks/conversations.py [--half report] [--list]

The store is that of QA_BOT_DATA_DIR; it has to hold the articles that `tests/benchmarks/questions/README.md` names.  "Right as
rewritten" is what following a conversation can reach at most.  An answer is right if its F1 with an acceptable one is at least
two thirds.  Intervals are of 95 %, by the bootstrap.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from typing import Any

from news_quiz import QUESTIONS, share  # type: ignore[import-not-found]  # it lies beside this file

from qa_bot import QABot, load_settings
from qa_bot.answering.results import Answer
from qa_bot.conversation.history import Turn
from qa_bot.conversation.remarks import Remark
from qa_bot.conversation.small_talk import small_talk
from qa_bot.evaluation.metrics import RIGHT_F1, best_over_references

KINDS = {
    Remark.MORE: "further answers",
    Remark.CONTEXT: "more context",
    Remark.SURE: "are you sure",
    Remark.THANKS: "small talk",
}


def records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (QUESTIONS / name).read_text().splitlines()]


def is_right(answer: Answer, accepted: list[str]) -> bool:
    if not accepted:
        return answer.answer is None
    return answer.answer is not None and best_over_references(answer.answer.text, accepted)[1] >= RIGHT_F1


def converse(bot: QABot, conversation: dict[str, Any], listed: bool) -> list[tuple[bool, bool, bool, bool, bool]]:
    """For each follow-up: whether it stands by itself, was left alone, and is right as typed, understood, rewritten."""
    turns: list[Turn] = []
    outcomes = []
    for number, turn in enumerate(conversation["turns"]):
        question, whole = turn["question"], turn["rewrite"] or turn["question"]
        answer = bot.ask(question, turns=turns)
        if number:
            wordings = (bot.ask(question), answer, bot.ask(whole))
            typed, understood, rewritten = (is_right(each, turn["answers"]) for each in wordings)
            outcomes.append((turn["rewrite"] is None, answer.understood_as is None, typed, understood, rewritten))
            if listed:
                mark = "ok" if understood else "NO" if rewritten else "--"
                given = answer.answer.text if answer.answer else None
                print(f"{mark} {question} -> {answer.understood_as} -> {given} ({turn['answers'][:1]})")
        title = answer.article.title if answer.article else None
        turns.append(Turn(question, answer.answer.text if answer.answer else None, title))
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("tune", "report", "all"), default="report")
    parser.add_argument("--list", action="store_true", help="print each follow-up and what it was understood as")
    options = parser.parse_args()
    with QABot(load_settings()) as bot:
        bot.load(conversation=True)
        chosen = [c for c in records("conversations.jsonl") if options.half in ("all", c["half"])]
        outcomes = [outcome for c in chosen for outcome in converse(bot, c, options.list)]
        following = [outcome for outcome in outcomes if not outcome[0]]
        for name, values in (
            ("follow-ups: right as typed", [typed for _, _, typed, _, _ in following]),
            ("follow-ups: right as understood", [understood for _, _, _, understood, _ in following]),
            ("follow-ups: right as rewritten", [rewritten for *_, rewritten in following]),
            ("  understood, of these", [understood for _, _, _, understood, rewritten in following if rewritten]),
            ("self-contained: left alone", [alone for itself, alone, *_ in outcomes if itself]),
            ("self-contained: right", [understood for itself, _, _, understood, _ in outcomes if itself]),
        ):
            print(f"{name:34} {len(values):>4}   {share(values)}")
        seen: Counter[str] = Counter()
        right: Counter[str] = Counter()
        began = time.perf_counter()
        for line in records("conversation_lines.jsonl"):
            kind = bot.remark(line["line"]) if line["history"] else None
            told = "small talk" if small_talk(line["line"]) else KINDS[kind] if kind else "question"
            expected = line["expected"] if line["expected"] in ("small talk", *KINDS.values()) else "question"
            seen[expected] += 1
            right[expected] += told == expected
            if options.list and told != expected:
                print(f"NO {line['line']} -> {told}, not {expected}")
        milliseconds = (time.perf_counter() - began) * 1000 / sum(seen.values())
        for expected, count in seen.items():
            print(f"lines: {expected:27} {count:>4}   {right[expected]} told")
        print(f"to tell what a line is, mean: {milliseconds:.1f} ms")


if __name__ == "__main__":
    main()
