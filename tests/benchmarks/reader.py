"""Prints how long it takes to read ten passages for a question: ours beside transformers, and Haystack where installed.

    python tests/benchmarks/reader.py [--threads 2] [--repeat 20]

The passages are of about 670 characters, cut from seeds/.  All read the same texts on the CPU with as many threads.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from embeddings.passages import split_passages
from embeddings.sources.text import read_text_file
from qa_bot.reader.model import Reader, ReadingPassage

ROOT = Path(__file__).parents[2]
QUESTION = "Who described the alliance as a fundamental bedrock?"


def passages() -> list[str]:
    """Ten passages nearest to 670 characters."""
    texts = []
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        text = read_text_file(path).text
        texts += [text[p.start : p.end] for p in split_passages(text)]
    return sorted(sorted(texts, key=lambda text: abs(len(text) - 670))[:10])


def measure(name: str, read: Callable[[], object], repeat: int) -> None:
    read()
    took = []
    for _ in range(repeat):
        began = time.perf_counter()
        read()
        took.append((time.perf_counter() - began) * 1000)
    print(f"{name:52} {statistics.median(took):8.1f} {min(took):8.1f} {max(took):8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=20)
    options = parser.parse_args()
    texts = passages()
    print(f"{len(texts)} passages of {statistics.mean(map(len, texts)):.0f} characters, {options.threads} threads")
    print(f"{'reader':52} {'median ms':>8} {'min':>8} {'max':>8}")
    ours = Reader.load("packaged", Path(), threads=options.threads)
    reading = [ReadingPassage(text) for text in texts]
    measure("qa_bot, MiniLM-L6 int8", lambda: ours.read(QUESTION, reading), options.repeat)

    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    from embeddings.model_cache import packaged_weights

    torch.set_num_threads(options.threads)
    tokenizer = AutoTokenizer.from_pretrained(packaged_weights())
    model = AutoModelForQuestionAnswering.from_pretrained(packaged_weights()).eval()

    def read_in_torch() -> None:
        batch = tokenizer([QUESTION] * len(texts), texts, padding=True, truncation="only_second", return_tensors="pt")
        with torch.no_grad():
            model(**batch)

    measure("transformers, MiniLM-L6 float32, one batch, no decoding", read_in_torch, options.repeat)
    try:
        from transformers import pipeline

        piped = pipeline("question-answering", model=model, tokenizer=tokenizer, device="cpu")
    except (ImportError, KeyError) as error:
        print(f"transformers' question-answering pipeline: not in this version ({str(error)[:60]})")
    else:
        asked = [{"question": QUESTION, "context": text} for text in texts]
        measure("transformers' pipeline, MiniLM-L6 float32", lambda: piped(asked, batch_size=10), options.repeat)


if __name__ == "__main__":
    main()
