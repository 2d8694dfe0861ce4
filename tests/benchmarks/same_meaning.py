"""How well two questions are told to mean the same, so that a team's answer to one is shown for the other.

    python tests/benchmarks/same_meaning.py
    python tests/benchmarks/same_meaning.py --squad dev-v1.1.json     also how often others on a paragraph are taken for it

The pairs are our own (`questions/same_meaning.json`): the threshold was chosen on "same" and "different"; the pairs named
"held out" were written afterwards, and nothing was changed by them.
"""

from __future__ import annotations

import argparse
import json
from itertools import combinations
from pathlib import Path

from embeddings.encoder.model import Encoder
from qa_bot.answering.same_question import SameQuestion
from qa_bot.evaluation.datasets import load_questions
from qa_bot.settings import load_settings

PAIRS = Path(__file__).parent / "questions" / "same_meaning.json"


def main() -> None:
    """Prints a line for each kind of pair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", type=Path, help="question file whose paragraphs have several questions each")
    parser.add_argument("--paragraphs", type=int, default=300, help="of that file")
    parser.add_argument("--show", action="store_true", help="print the pairs that are wrong")
    options = parser.parse_args()
    settings = load_settings()
    encoder = Encoder.load(settings.encoder, settings.cache_dir / "models", threads=settings.threads)
    comparison = SameQuestion(encoder.encode_question)
    for kind, pairs in json.loads(PAIRS.read_text()).items():
        taken = [comparison.same(one, other) for one, other in pairs]
        print(f"{kind:>20}: {sum(taken)} of {len(pairs)} pairs are taken to mean the same")
        for pair, is_same in zip(pairs, taken, strict=True):
            if options.show and is_same != kind.startswith("same"):
                print("   ", " | ".join(pair))
    if options.squad:
        _other_questions(comparison, options.squad, options.paragraphs)


def _other_questions(comparison: SameQuestion, file: Path, most: int) -> None:
    """How many pairs of questions on one paragraph, with other answers, are taken to mean the same."""
    by_context: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for question in load_questions(file):
        answers = frozenset(reference.text.lower() for reference in question.references)
        by_context.setdefault(question.paragraph, []).append((question.text, answers))
    pairs = wrong = 0
    for questions in list(by_context.values())[:most]:
        for (one, answers), (other, others) in combinations(questions, 2):
            if answers and others and not answers & others:
                pairs += 1
                wrong += comparison.same(one, other)
    print(f"other answers on one paragraph: {wrong} of {pairs:,} pairs are taken to mean the same")


if __name__ == "__main__":
    main()
