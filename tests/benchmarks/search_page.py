"""Prints how long a person waits for the search page, and how much of that is answering and HTTP.

    python tests/benchmarks/search_page.py

In a real browser it is the time from Enter to the answer on the screen.  The articles are those of `seeds/`, the questions
those of the seed scenarios.  It needs Chromium: `make browser`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from qa_bot import QABot, load_settings

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browser import DESKTOP, chromium, opened, served  # noqa: E402

QUESTIONS = 40
SHOWN = (
    "document.readyState === 'complete' && !!document.querySelector('#answer h2') && location.search.includes({mark})"
)


async def measure(address: str, questions: list[str], program: str) -> list[float]:
    """Milliseconds of each question."""
    times = []
    async with opened(program) as page:
        await page.resize(DESKTOP)
        await page.open(address)
        for number, question in enumerate(questions):
            await page.wait_for("!!document.querySelector('#q')")
            await page.run("q = document.querySelector('#q'); q.focus(); q.select()")
            await page.type(f"{question} {' ' * number}")
            began = time.perf_counter()
            await page.press("Enter", 13, "\r")
            mark = json.dumps(question.split()[-1].strip("?")[:4])
            await page.wait_for(f"!document.body.hasAttribute('aria-busy') && {SHOWN.format(mark=mark)}")
            times.append((time.perf_counter() - began) * 1000)
            await page.open(address)
    return times


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    program = chromium()
    if program is None:
        sys.exit("no Chromium here; run: make browser")
    asked = json.loads((ROOT / "tests/scenarios/seed_questions.json").read_text())
    questions = [str(entry["question"]) for entry in asked["answerable"]][:QUESTIONS]
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(data_dir=Path(folder))
        with QABot(settings) as bot:
            bot.reindex([str(ROOT / "seeds")])
            alone = [timed(partial(bot.ask, question)) for question in questions]
        with served(settings) as address:
            by_http = [timed(partial(fetch, address, question)) for question in questions]
            in_browser = asyncio.run(measure(address, questions, program))
    print(f"{len(questions)} questions, milliseconds     p50    p95   first")
    for name, (first, *times) in (
        ("answering alone", alone),
        ("the page by HTTP", by_http),
        ("Enter to the answer, in a browser", in_browser),
    ):
        p50, p95 = np.percentile(times, [50, 95])
        print(f"{name:34} {p50:6.0f} {p95:6.0f} {first:7.0f}")


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that a piece of work takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def fetch(address: str, question: str) -> bytes:
    """The page with an answer."""
    with urllib.request.urlopen(f"{address}/?q={urllib.parse.quote(question)}") as response:
        content: bytes = response.read()
        return content


if __name__ == "__main__":
    main()
