"""Prints how well questions are grouped by meaning, for some thresholds and for two ways to group.

    python tests/benchmarks/question_groups.py [FILE...] [--paragraphs 400]

The paraphrases of `questions/paraphrases.jsonl` are wordings of a need, some needs close to others.  In a FILE in SQuAD format,
questions on the same words of a paragraph count as one need, the other questions on the paragraph as others.  Precision, recall
and F1 are B-cubed: Bagga and Baldwin, 1998, "Entity-Based Cross-Document Coreferencing Using the Vector Space Model",
https://aclanthology.org/P98-1012/.  `SAME_NEED` of `qa_bot.unanswered` is chosen from these tables.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from embeddings.encoder.model import Encoder, Vectors
from qa_bot.evaluation.datasets import load_questions
from qa_bot.settings import load_settings
from qa_bot.unanswered import SAME_NEED, leaders

PARAPHRASES = Path(__file__).with_name("questions") / "paraphrases.jsonl"
THRESHOLDS = sorted({0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, SAME_NEED})

Grouping = Callable[[Vectors, float], Sequence[int]]


def single_link(vectors: Vectors, threshold: float) -> Sequence[int]:
    """The group of each question: any two at the threshold are together."""
    group = list(range(len(vectors)))
    for one, other in zip(*np.nonzero(np.triu(vectors @ vectors.T, 1) >= threshold), strict=True):
        before, after = group[other], group[one]
        group = [after if number == before else number for number in group]
    return group


def bcubed(groups: Sequence[int], needs: Sequence[str]) -> tuple[float, float, float]:
    """B-cubed precision, recall and F1."""
    sizes, counts = Counter(groups), Counter(needs)
    both = Counter(zip(groups, needs, strict=True))
    pairs = list(zip(groups, needs, strict=True))
    precision = sum(both[pair] / sizes[pair[0]] for pair in pairs) / len(pairs)
    recall = sum(both[pair] / counts[pair[1]] for pair in pairs) / len(pairs)
    return precision, recall, 2 * precision * recall / (precision + recall)


def paraphrases(half: str) -> list[tuple[str, str]]:
    """Each wording with the id of its need."""
    records = [json.loads(line) for line in PARAPHRASES.read_text().splitlines()]
    return [(wording, record["id"]) for record in records if record["half"] == half for wording in record["wordings"]]


def from_file(path: Path, paragraphs: int) -> list[tuple[str, str]]:
    """The same for the questions on some paragraphs, of those where at least two questions have one answer."""
    needs: dict[str, dict[str, str]] = defaultdict(dict)
    for question in load_questions(path):
        if question.references:
            start, text = question.references[0].start, question.references[0].text
            needs[question.paragraph][question.text] = f"{hash(question.paragraph)}:{start}:{text}"
    chosen = [asked for asked in needs.values() if len(set(asked.values())) < len(asked)]
    random.Random(1).shuffle(chosen)
    return [(text, need) for asked in chosen[:paragraphs] for text, need in asked.items()]


def report(name: str, questions: list[tuple[str, str]], encoder: Encoder) -> None:
    """Prints the table of one set."""
    random.Random(2).shuffle(questions)
    vectors = np.stack([encoder.encode_question(text) for text, _ in questions])
    needs = [need for _, need in questions]
    print(f"\n{name}: {len(questions):,} questions, {len(set(needs)):,} needs")
    print("threshold        leader: P      R     F1   single link: P      R     F1")
    ways: tuple[Grouping, ...] = (leaders, single_link)
    for threshold in THRESHOLDS:
        figures = [figure for way in ways for figure in bcubed(way(vectors, threshold), needs)]
        mark = "*" if threshold == SAME_NEED else " "
        print(f"{mark}{threshold:8.2f}" + "{:16.3f}{:7.3f}{:7.3f}{:16.3f}{:7.3f}{:7.3f}".format(*figures))


def main() -> None:
    """Reads the arguments and prints a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="questions in SQuAD format")
    parser.add_argument("--paragraphs", type=int, default=400, help="of each file (default: 400)")
    options = parser.parse_args()
    settings = load_settings()
    encoder = Encoder.load(settings.encoder, settings.cache_dir / "models")
    for half in ("tune", "report"):
        report(f"paraphrases, {half}", paraphrases(half), encoder)
    for path in options.files:
        report(path.name, from_file(path, options.paragraphs), encoder)


if __name__ == "__main__":
    main()
