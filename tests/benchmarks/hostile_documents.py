"""Prints what hostile documents cost: seconds and memory to index each, and to answer a question beside it.

    python tests/benchmarks/hostile_documents.py [--only NAME]

Each document lies in a folder with a good one, which must be indexed and answer.  Memory is that of the largest process; the
seconds of a question are those of its answer, without the start of a process.  A file of 4,000 articles is 4,000 documents:
copies may cost no more than articles of that length which have nothing in common.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

MEGABYTE = 1_000_000
GOOD = "The harbour of Aldport reopened on Thursday. Mayor Ann Reed cut the ribbon at noon."
QUESTION = "Who cut the ribbon in Aldport?"


def _pdf(pages: int) -> bytes:
    """A PDF whose pages unpack to ten megabytes each."""
    stream = zlib.compress(b"(a) Tj " * 1_500_000)
    body = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    kids = b" ".join(b"%d 0 R" % (number + 4) for number in range(pages))
    body += b"2 0 obj<</Type/Pages/Kids[%s]/Count %d>>endobj\n" % (kids, pages)
    body += b"3 0 obj<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream endobj\n" % (len(stream), stream)
    for number in range(pages):
        body += b"%d 0 obj<</Type/Page/Parent 2 0 R/Contents 3 0 R>>endobj\n" % (number + 4)
    return body + b"trailer<</Root 1 0 R>>"


def _words(seed: int) -> bytes:
    """Twenty words of the seed articles in an order of chance: as many as a copy has."""
    seeds = sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))
    known = re.findall(r"[a-z]+", " ".join(path.read_text() for path in seeds[:3]))
    return " ".join(random.Random(seed).sample(known, 20)).encode()


DOCUMENTS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a text of 5 MB without a full stop": ("speech.txt", lambda: b"and so we went on and on " * 200_000),
    "one word of 5 MB": ("word.txt", lambda: b"a" * 5 * MEGABYTE),
    "elements nested 200,000 deep": ("deep.html", lambda: b"<div>" * 200_000 + b"end."),
    "a tag with 300,000 attributes": ("attributes.html", lambda: b"<p " + b"a=1 " * 300_000 + b">end.</p>"),
    "5 MB of open comments": ("comments.html", lambda: b"<!--" * 1_250_000),
    "entities in entities": (
        "feed.xml",
        lambda: (
            b"<!DOCTYPE r ["
            + b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
            + b"]><rss><channel><title>&e11;</title></channel></rss>"
        ),
    ),
    "5 MB of emphasis": ("marks.md", lambda: b"*a _b " * 800_000),
    "5 MB of brackets": ("brackets.md", lambda: b"[" * 5 * MEGABYTE),
    "a PDF of 60 pages of 10 MB": ("pages.pdf", lambda: _pdf(60)),
    "a table row of 5 MB": ("row.csv", lambda: b"title,text\n" + b"a," * 2_500_000),
    "4,000 copies of the good one": (
        "copies.jsonl",
        lambda: b"".join(
            b'{"title": "Copy %d", "text": "%s It was edition %d."}\n' % (n, GOOD.encode(), n) for n in range(4000)
        ),
    ),
    "4,000 articles with nothing in common": (
        "different.jsonl",
        lambda: b"".join(b'{"title": "Item %d", "text": "%s."}\n' % (n, _words(n)) for n in range(4000)),
    ),
    "JSON nested 200,000 deep": ("deep.jsonl", lambda: b"[" * 200_000 + b"]" * 200_000),
}


class Cost(NamedTuple):
    """Seconds to index, megabytes of the largest process, seconds to answer, and whether the good document answers."""

    indexing: float
    memory: float
    asking: float
    is_right: bool


def measure(name: str, content: bytes) -> Cost:
    """Indexes the document beside a good one, and asks."""
    with tempfile.TemporaryDirectory() as folder:
        articles = Path(folder, "articles")
        articles.mkdir()
        (articles / name).write_bytes(content)
        (articles / "good.txt").write_text(GOOD)
        environment = {**os.environ, "QA_BOT_DATA_DIR": f"{folder}/data"}
        command = [sys.executable, "-m", "qa_bot"]
        began = time.perf_counter()
        subprocess.run([*command, "index", "--quiet", str(articles)], env=environment, capture_output=True, check=False)
        indexed = time.perf_counter()
        asked = subprocess.run(
            [*command, "ask", "--json", QUESTION], env=environment, capture_output=True, text=True, check=False
        )
        answer = json.loads(asked.stdout) if asked.stdout else {}
        seconds = answer["timings_ms"]["total"] / 1000 if answer else time.perf_counter() - indexed
        is_right = "Ann Reed" in ((answer.get("answer") or {}).get("text") or "")
    return Cost(indexed - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000, seconds, is_right)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="one document, by the beginning of its name")
    options = parser.parse_args()
    if options.only:
        (what, (name, make)) = next(item for item in DOCUMENTS.items() if item[0].startswith(options.only))
        print(json.dumps(measure(name, make())))
        return
    table = Table("document", "index, s", "memory, MB", "question, s", "the good one answers")
    for what in DOCUMENTS:
        # A process of its own, as the largest child of a process is remembered.
        command = [sys.executable, __file__, "--only", what]
        cost = Cost(*json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
        right = "yes" if cost.is_right else "NO"
        table.add_row(what, f"{cost.indexing:.1f}", f"{cost.memory:.0f}", f"{cost.asking:.2f}", right)
    Console().print(table)


if __name__ == "__main__":
    main()
