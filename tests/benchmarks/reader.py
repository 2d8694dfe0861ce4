"""Prints how long it takes to read ten passages for a question: ours beside transformers, Haystack and txtai.

    python tests/benchmarks/reader.py [--threads 2] [--repeat 20]

The passages are of about 670 characters, cut from seeds/.  All read the same texts on the CPU with as many threads.
Haystack (`pip install haystack-ai`) and txtai are left out where they are not installed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from embeddings.passages import split_passages
from embeddings.sources.opening import open_source
from qa_bot.reader.model import Reader, ReadingPassage

ROOT = Path(__file__).parents[2]
QUESTION = "Who described the alliance as a fundamental bedrock?"


def passages() -> list[str]:
    """Ten passages nearest to 670 characters."""
    texts = []
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        article = next(iter(open_source(str(path)).entries())).read()
        assert article
        text = article.text
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

    from embeddings.onnx.model_cache import packaged_weights

    torch.set_num_threads(options.threads)
    tokenizer: Any = AutoTokenizer.from_pretrained(packaged_weights())
    model: Any = AutoModelForQuestionAnswering.from_pretrained(packaged_weights()).eval()

    def read_in_torch() -> None:
        batch = tokenizer([QUESTION] * len(texts), texts, padding=True, truncation="only_second", return_tensors="pt")
        with torch.no_grad():
            model(**batch)

    measure("transformers, MiniLM-L6 float32, one batch, no decoding", read_in_torch, options.repeat)
    try:
        from transformers import pipeline

        make: Any = pipeline  # its overloads do not know every task
        piped = make("question-answering", model=model, tokenizer=tokenizer, device="cpu")
    except (ImportError, KeyError) as error:
        print(f"transformers' question-answering pipeline: not in this version ({str(error)[:60]})")
    else:
        asked = [{"question": QUESTION, "context": text} for text in texts]
        measure("transformers' pipeline, MiniLM-L6 float32", lambda: piped(asked, batch_size=10), options.repeat)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        for name, others in (("Haystack's ExtractiveReader", haystack), ("txtai's Questions", txtai)):
            try:
                read = others(folder, texts)
            except (ImportError, KeyError, ValueError) as error:
                print(f"{name}: not installed, or not for this transformers ({str(error)[:60]})")
            else:
                measure(f"{name}, MiniLM-L6 float32", read, options.repeat)


def haystack(model: str, texts: list[str]) -> Callable[[], object]:
    from haystack import Document
    from haystack.components.readers import ExtractiveReader
    from haystack.utils import ComponentDevice

    reader = ExtractiveReader(model=model, device=ComponentDevice.from_str("cpu"), token=None)
    reader.warm_up()
    documents = [Document(content=text) for text in texts]
    return lambda: reader.run(query=QUESTION, documents=documents)


def txtai(model: str, texts: list[str]) -> Callable[[], object]:
    from txtai.pipeline import Questions

    reader = Questions(model, gpu=False)
    return lambda: reader([QUESTION] * len(texts), texts)


if __name__ == "__main__":
    main()
