"""Prints on one page how a store answers all development questions: right, refused, sure, and of the right kind.

    python tests/benchmarks/quality.py [--half report]

The store is that of QA_BOT_DATA_DIR; it has to hold the articles that `tests/benchmarks/questions/README.md` names.  An answer is
right if its F1 with an acceptable one reaches `RIGHT_F1`.  Run it before and after a change.  Tune on the half `tune` only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from qa_bot import Answer, QABot, load_settings
from qa_bot.answering.question_kind import QuestionKind
from qa_bot.answering.results import AnswerVerdict, Quotation, Sureness, iterate, sureness_of
from qa_bot.answering.standpoints import standpoints
from qa_bot.evaluation.breakdown import interval
from qa_bot.evaluation.metrics import RIGHT_F1, best_over_references

QUESTIONS = Path(__file__).with_name("questions")


class Asked(NamedTuple):
    """A development question and the answer to it."""

    line: dict[str, Any]
    answer: Answer

    @property
    def shown(self) -> list[Quotation]:
        """The answer and its alternatives, at most four."""
        return list(iterate(self.answer))[:4]

    @property
    def top_is_right(self) -> bool:
        return bool(self.shown) and says(self.shown[0].answer.text, self.line["answers"])


def says(text: str, accepted: Sequence[str]) -> bool:
    return bool(accepted) and best_over_references(text, accepted)[1] >= RIGHT_F1


def ask_all(bot: QABot, name: str, half: str, field: str = "question") -> list[Asked]:
    lines = [json.loads(line) for line in (QUESTIONS / f"{name}.jsonl").read_text().splitlines()]
    return [Asked(line, bot.ask(line[field])) for line in lines if half in ("all", line["half"])]


def row(name: str, values: Sequence[bool]) -> None:
    if not values:
        print(f"{name:58} {0:>5}")
        return
    mean, low, high = (100 * value for value in interval([float(value) for value in values]))
    print(f"{name:58} {len(values):>5}   {mean:5.1f} %  ({low:.0f} to {high:.0f})", flush=True)


def verdicts(name: str, asked: Sequence[Asked]) -> None:
    """How the three kinds of reply and the steps of sureness do."""
    answered = [a for a in asked if a.answer.verdict is AnswerVerdict.ANSWERED]
    row(f"{name}: answered", [a.answer.verdict is AnswerVerdict.ANSWERED for a in asked])
    row(f"{name}: answered or possible", [a.answer.verdict is not AnswerVerdict.UNANSWERED for a in asked])
    for step in (Sureness.VERY, Sureness.FAIRLY):
        sure = [a for a in answered if sureness_of(a.shown[0].answer.confidence) is step]
        row(f"  right among {step.name.lower()} sure", [a.top_is_right for a in sure])
    possible = [a for a in asked if a.answer.verdict is AnswerVerdict.POSSIBLE]
    row("  right among possible", [a.top_is_right for a in possible])


def kinds(asked: Sequence[Asked]) -> Iterator[tuple[str, list[bool]]]:
    """For each kind of question, whether it is answered in the right way."""
    of = {kind: [a for a in asked if a.line["kind"] == kind] for kind in dict.fromkeys(a.line["kind"] for a in asked)}
    for kind in ("same answer", "undated", "why/how"):
        yield f"{kind}: right on top", [a.top_is_right for a in of[kind]]
    yield "same answer: several articles named", [bool(a.answer.agreeing or a.answer.also) for a in of["same answer"]]
    yield "contradiction: one side on top", [a.top_is_right for a in of["contradiction"]]
    yield "contradiction: said to be one", [bool(standpoints(a.answer)) for a in of["contradiction"]]
    yield (
        "other questions: said to be one",
        [bool(standpoints(a.answer)) for kind in ("same answer", "why/how", "list") for a in of[kind]],
    )
    yield "yes/no: known as one", [a.answer.kind is QuestionKind.YES_NO for a in of["yes/no"]]
    yield (
        "yes/no: the sentence that decides on top",
        [bool(a.shown) and says(a.shown[0].sentence.text, [a.line["sentence"]]) for a in of["yes/no"]],
    )
    news = of["what's new"]
    yield "what's new: known as one", [a.answer.kind is QuestionKind.ARTICLES for a in news]
    yield "what's new: articles that are on it", [q.article.title in a.line["articles"] for a in news for q in a.shown]
    yield (
        "list: all of it in the sentence on top",
        [
            bool(a.shown) and all(any(v in a.shown[0].sentence.text for v in group) for group in a.line["all"])
            for a in of["list"]
        ],
    )
    yield "list: each piece of it with its place", [_is_listed(a) for a in of["list"]]
    others = [a for a in asked if a.line["kind"] in ("undated", "why/how", "yes/no", "contradiction")]
    yield "other questions: taken for a list", [bool(a.answer.parts) for a in others]


def _is_listed(asked: Asked) -> bool:
    """Whether the pieces of the answer are those of the question's line, in its order."""
    parts, groups = asked.answer.parts, asked.line["all"]
    return len(parts) == len(groups) and all(
        any(value in part.text for value in group) for part, group in zip(parts, groups, strict=True)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("tune", "report", "all"), default="report")
    half = parser.parse_args().half
    with QABot(load_settings()) as bot:
        bot.load()
        quiz = ask_all(bot, "news_quiz", half)
        misses = ask_all(bot, "near_misses", half)
        print(f"{'half ' + half:58} {'asked':>5}   share, 95 % between")
        row("news quiz: right on top", [a.top_is_right for a in quiz])
        row("news quiz: right among four", [any(says(q.answer.text, a.line["answers"]) for q in a.shown) for a in quiz])
        verdicts("news quiz", quiz)
        row("near misses: not answered", [a.answer.verdict is not AnswerVerdict.ANSWERED for a in misses])
        row("near misses: refused", [a.answer.verdict is AnswerVerdict.UNANSWERED for a in misses])
        verdicts("both", [*quiz, *misses])
        typed, clean = (ask_all(bot, "as_people_ask", half, field) for field in ("question", "clean"))
        kept = [t.top_is_right for t, c in zip(typed, clean, strict=True) if c.top_is_right]
        row("as people ask: kept of what the clean form gets", kept)
        for name, values in kinds(ask_all(bot, "kinds", half)):
            row(name, values)


if __name__ == "__main__":
    main()
