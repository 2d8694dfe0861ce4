"""Fits the kinds of questions, and prints how well they are told apart: a few words, yes/no, and articles on something.

    python tests/benchmarks/question_kinds.py --qa FOLDER --yesno FILE [--write]

FOLDER holds question files in SQuAD format, FILE is BoolQ's training set.  Requests for articles are made here: ways to ask, with
titles of the question files' articles as topics.  Every fifth way, every fifth title and every fifth BoolQ question are held out;
the development questions of `questions/` are never fitted on.  `--write` puts the weights into the package.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa_bot.answering.question_kind import WEIGHTS, QuestionKind, QuestionKinds, features
from qa_bot.evaluation.datasets import load_questions

QUESTIONS = Path(__file__).with_name("questions")
WAYS = (
    "what news is there about {}", "is there anything new on {}", "any updates on {}", "any update about {}",
    "what's new in {}", "got anything on {}", "do you know anything about {}", "what is there on {}",
    "what is there about {}", "what about {}", "what happened with {}", "what happened in {} lately",
    "what has happened in {} recently", "whats going on with {}", "what's the story with {}", "what's the situation in {}",
    "what's the news on {}", "what's been going on in {}", "please tell me about {}", "please summarise the articles on {}",
    "could you summarize {}", "give me news about {}", "give me something on {}", "give me all articles on {}",
    "show me news about {}", "show me what you have on {}", "which texts mention {}", "which documents are about {}",
    "which pieces cover {}", "who writes about {}", "are there articles about {}", "are there any stories on {}",
    "is {} mentioned anywhere", "is there an article on {}", "in which articles does {} appear",
    "in which articles is {} mentioned", "where can i read about {}", "everything about {}", "all about {}",
    "more about {}", "more on {}", "hi, what's new about {}", "hey tell me about {}", "hello, any news on {}",
    "how did things go with {}", "what's up in {}", "what's new about {}", "what is new with {}", "whats new on {}",
    "any news about {}", "any news on {}", "is there news about {}", "what's the latest on {}", "the latest on {}",
    "latest news about {}", "give me the latest on {}", "news on {}", "{} news", "what's happening with {}",
    "what is happening in {}", "what is going on with {}", "what's going on in {}", "whats up with {}",
    "what do we know about {}", "what do the articles say about {}", "what do you have on {}", "what have you got on {}",
    "what has been written about {}", "what has been reported about {}", "what can you tell me about {}",
    "do you have anything on {}", "tell me about {}", "tell me something about {}", "tell me more about {}",
    "can you tell me about {}", "talk to me about {}", "give me an overview of {}", "give me a summary of {}",
    "summarise {}", "summarize the news on {}", "sum up {}", "recap {}", "can you summarise what happened with {}",
    "brief me on {}", "catch me up on {}", "fill me in on {}", "update me on {}", "show me articles about {}",
    "show me everything on {}", "find articles on {}", "find me something about {}", "search for {}",
    "list the articles about {}", "list everything that mentions {}", "which articles mention {}",
    "which articles are about {}", "which articles talk about {}", "what articles mention {}",
    "what articles do you have on {}", "which stories mention {}", "which stories are about {}",
    "which reports deal with {}", "where is {} mentioned", "articles about {}", "stories about {}",
    "i want to know about {}", "i'd like to read about {}", "i need information on {}", "information about {}",
    "anything about {}", "anything new on {}", "something about {}", "developments in {}", "recent developments on {}",
    "how are things going with {}", "how is it going with {}", "explain the situation with {}", "describe {}",
    "background on {}", "quick overview on {} please",
)  # fmt: skip
"""Ways to ask for articles on something."""

KINDS = tuple(QuestionKind)


def held(text: str, every: int = 5) -> bool:
    return sum(map(ord, text)) % every == 0


def labelled(qa: Path, yesno: Path, rng: np.random.Generator) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Questions with the places of their kinds in `KINDS`, to fit on, and held out."""
    train: list[tuple[str, int]] = []
    test: list[tuple[str, int]] = []
    titles: set[str] = set()
    for path in sorted(qa.rglob("*.json.gz")):
        questions = load_questions(path)
        titles |= {" ".join(q.title.replace("_", " ").split()[:5]) for q in questions if q.title}
        for at in rng.permutation(len(questions))[:3000]:
            question = questions[int(at)]
            (test if held(question.title) else train).append((question.text, KINDS.index(QuestionKind.SPAN)))
    with gzip.open(yesno, "rt") as lines:
        for line in lines:
            text = json.loads(line)["question"]
            (test if held(text) else train).append((text, KINDS.index(QuestionKind.YES_NO)))
    topics = sorted(titles)
    for way in WAYS:
        for at in rng.permutation(len(topics))[:120]:
            asked = way.format(topics[int(at)])
            asked = asked if rng.random() < 0.5 else asked[0].upper() + asked[1:] + "?"
            (test if held(way) else train).append((asked, KINDS.index(QuestionKind.ARTICLES)))
    return train, test


def fit(train: Sequence[tuple[str, int]]) -> dict[str, list[float]]:
    """Weights of a softmax regression with a little ridge, without those that are near zero."""
    seen = [features(text) for text, _ in train]
    counts = Counter(name for names in seen for name in names)
    vocabulary = {name: at for at, name in enumerate(sorted(n for n, count in counts.items() if count >= 8))}
    rows = [[vocabulary[name] for name in names if name in vocabulary] for names in seen]
    flat = np.concatenate([np.array(row, np.int64) for row in rows])
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    kinds = np.array([kind for _, kind in train])
    weight = 1 / np.bincount(kinds)[kinds]
    weight *= len(train) / weight.sum()
    parameters = np.zeros((len(vocabulary), len(KINDS)))
    gathered = np.zeros_like(parameters) + 1e-8
    for _ in range(300):
        logits = np.zeros((len(rows), len(KINDS)))
        np.add.at(logits, owner, parameters[flat])
        error = softmax(logits)
        error[np.arange(len(rows)), kinds] -= 1
        error *= weight[:, None]
        gradient = np.zeros_like(parameters)
        np.add.at(gradient, flat, error[owner])
        gradient = gradient / len(rows) + 1e-5 * parameters
        gathered += gradient**2
        parameters -= 0.3 * gradient / np.sqrt(gathered)
    return {
        n: [round(float(w), 2) for w in parameters[at]]
        for n, at in vocabulary.items()
        if np.abs(parameters[at]).max() > 0.3
    }


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(1, keepdims=True))


def report(kinds: QuestionKinds, name: str, texts: Sequence[str]) -> None:
    counted = Counter(kinds.kind_of(text) for text in texts)
    shares = "  ".join(f"{kind} {100 * counted[kind] / max(1, len(texts)):5.1f} %" for kind in KINDS)
    print(f"{name:34} {len(texts):>6}   {shares}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qa", type=Path, required=True)
    parser.add_argument("--yesno", type=Path, required=True)
    parser.add_argument("--write", action="store_true", help="put the weights into the package")
    options = parser.parse_args()
    train, test = labelled(options.qa, options.yesno, np.random.default_rng(0))
    weights = fit(train)
    kinds = QuestionKinds(weights)
    for at, kind in enumerate(KINDS):
        report(kinds, f"held out, {kind}", [text for text, label in test if label == at])
    for name in ("kinds", "news_quiz", "near_misses", "as_people_ask"):
        lines = [json.loads(line) for line in (QUESTIONS / f"{name}.jsonl").read_text().splitlines()]
        for sort in sorted({str(line["kind"]) for line in lines}) if name == "kinds" else [""]:
            for half in ("tune", "report"):
                texts = [line["question"] for line in lines if line["half"] == half and sort in ("", line["kind"])]
                report(kinds, f"{name} {sort} ({half})", texts)
    if options.write:
        WEIGHTS.write_text(json.dumps(weights, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n")
        print(f"{WEIGHTS}: {len(weights):,} features, {WEIGHTS.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
