"""Prints how many of the hard cases each sentence segmenter passes: ours, and those of others that are installed.

    pip install pysbd sentencex syntok        # none of them is a dependency
    python tests/benchmarks/sentences.py

The table is that of tests/embeddings/test_sentences.py.  It was written for our texts, so it is no neutral judge.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "embeddings"))

from test_sentences import CASES, MARK

from embeddings.sentences import split_sentences


def segmenters() -> Iterator[tuple[str, Callable[[str], list[str]]]]:
    yield "ours", lambda text: [text[start:end] for start, end in split_sentences(text)]
    if importlib.util.find_spec("pysbd"):
        import pysbd

        yield "pysbd", pysbd.Segmenter(language="en", clean=False).segment
    if importlib.util.find_spec("sentencex"):
        import sentencex

        yield "sentencex", lambda text: list(sentencex.segment("en", text))
    if importlib.util.find_spec("syntok"):
        from syntok import segmenter

        yield (
            "syntok",
            lambda text: [
                "".join(token.spacing + token.value for token in sentence)
                for paragraph in segmenter.process(text)
                for sentence in paragraph
            ],
        )


def main() -> None:
    """Prints the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for name, segment in segmenters():
        passed = 0
        for case in CASES.values():
            expected = [sentence.strip() for sentence in case.split(MARK)]
            sentences = [sentence.strip() for sentence in segment(case.replace(MARK, "")) if sentence.strip()]
            passed += sentences == expected
        print(f"{name:12} {passed:3} of {len(CASES)}", flush=True)


if __name__ == "__main__":
    main()
