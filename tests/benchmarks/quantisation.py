"""Prints what quantisation costs: exact match and F1 of one reader in float32 and in int8, on the same questions.

    python tests/benchmarks/quantisation.py MODEL FILE... [--limit 400]

MODEL is a folder that transformers can load, such as WORK/model after training; FILE holds questions in SQuAD format.  The
paragraph is given and read with its article's title; the best span is forced.  Besides the scores: how often both find the
same words, the root mean square of the difference of their spans' scores, and milliseconds a question.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np

from qa_bot.evaluation.datasets import Question, load_questions
from qa_bot.evaluation.metrics import best_over_references
from qa_bot.reader import compiler
from qa_bot.reader.model import Reader, ReadingPassage


class Read(NamedTuple):
    words: list[str]
    scores: np.ndarray
    milliseconds: float


def readers(model: str, folder: Path) -> dict[str, Reader]:
    """The same model compiled twice; the float32 one by leaving out quantisation."""
    compiled = {}
    for name in ("float32", "int8"):
        made = folder / name
        made.mkdir()
        if name == "float32":
            with patch.object(
                compiler, "quantize", lambda source, target, keep: target.write_bytes(source.read_bytes())
            ):
                compiler.compile_reader(model, made)
        else:
            compiler.compile_reader(model, made)
        facts = json.loads((made / "compiled.json").read_text())
        compiled[name] = Reader(made, {**facts, "reads_titles": True})
    return compiled


def read(reader: Reader, questions: Sequence[Question]) -> Read:
    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        spans = list(
            pool.map(lambda q: reader.read(q.text, [ReadingPassage(q.paragraph, q.title)], spans_each=1)[0], questions)
        )
    words = [question.paragraph[span.start : span.end] for question, span in zip(questions, spans, strict=True)]
    took = 1000 * (time.perf_counter() - began) / len(questions)
    return Read(words, np.array([span.score for span in spans]), took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("file", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, default=10**9, help="questions of each file")
    options = parser.parse_args()
    print(f"{'set':34} {'questions':>9} {'float32':>12} {'int8':>12} {'F1':>6} {'same':>6} {'rms':>5} {'ms':>12}")
    with tempfile.TemporaryDirectory() as folder:
        both = readers(options.model, Path(folder))
        for path in options.file:
            questions = [question for question in load_questions(path) if question.references]
            step = max(1, len(questions) // options.limit)
            questions = questions[::step][: options.limit]
            readings = {name: read(reader, questions) for name, reader in both.items()}
            scores = {
                name: 100
                * np.mean(
                    [
                        best_over_references(words, [reference.text for reference in question.references])
                        for words, question in zip(made.words, questions, strict=True)
                    ],
                    axis=0,
                )
                for name, made in readings.items()
            }
            precise, small = readings["float32"], readings["int8"]
            same = np.mean([a == b for a, b in zip(precise.words, small.words, strict=True)])
            rms = np.sqrt(np.mean((precise.scores - small.scores) ** 2))
            shown = {name: f"{em:.1f} / {f1:.1f}" for name, (em, f1) in scores.items()}
            print(
                f"{path.stem[:34]:34} {len(questions):9} {shown['float32']:>12} {shown['int8']:>12} "
                f"{scores['int8'][1] - scores['float32'][1]:+6.2f} {same:6.1%} {rms:5.2f} "
                f"{precise.milliseconds:5.1f} {small.milliseconds:5.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
