"""Turns QuAC in SQuAD form into conversations for `qa-bot eval --mode conversation`.

    python tests/benchmarks/quac_conversations.py QUAC.json.gz OUT.jsonl [--rewrites CANARD.jsonl.gz]

Each line holds the paragraph, so that all paragraphs are the archive.  With `--rewrites`, only follow-ups that CANARD has a
person's rewrite of are kept; the others' paragraphs stay in the archive, as lines without turns.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any


def _lines(path: Path) -> list[dict[str, Any]]:
    document = json.loads(gzip.decompress(path.read_bytes()))
    return [
        {**question, "context": paragraph["context"]}
        for article in document["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]


def _key(record: dict[str, Any]) -> tuple[str, ...]:
    asked = [*(turn["question"] for turn in record["history"]), record["question"]]
    return tuple(" ".join(text.lower().split()).rstrip("? ") for text in asked)


def _rewrites(path: Path) -> dict[tuple[str, ...], str]:
    records = map(json.loads, gzip.decompress(path.read_bytes()).decode().splitlines())
    return {_key(record): record["rewrite"] for record in records if record["history"]}


def main() -> None:
    """Writes the file and says how many follow-ups it has."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quac", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rewrites", type=Path)
    options = parser.parse_args()
    rewrites = _rewrites(options.rewrites) if options.rewrites else None
    written = 0
    with options.out.open("w") as out:
        for question in _lines(options.quac):
            answers = [] if question.get("is_impossible") else [answer["text"] for answer in question["answers"]]
            line = {"id": question["id"], "history": question["history"], "question": question["question"]}
            line |= {"context": question["context"], "answers": answers}
            if rewrites is not None and question["history"]:
                rewrite = rewrites.get(_key(question))
                line["rewrite" if rewrite else "history"] = rewrite or []
            written += bool(line["history"])
            out.write(json.dumps(line) + "\n")
    print(f"{options.out}: {written:,} follow-up questions")


if __name__ == "__main__":
    main()
