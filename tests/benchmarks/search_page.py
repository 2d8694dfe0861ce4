"""Prints how long a person waits for the search page: from Enter to the answer on the screen of a real browser.

    python tests/benchmarks/search_page.py

The articles are those of `seeds/`, the questions those of the seed scenarios.  It needs Chromium: `make browser`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
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
        with served(settings) as address:
            first, *times = asyncio.run(measure(address, questions, program))
    p50, p95 = np.percentile(times, [50, 95])
    print(
        f"from Enter to the answer, {len(times)} questions: p50 {p50:.0f} ms, p95 {p95:.0f} ms; the first {first:.0f} ms"
    )


if __name__ == "__main__":
    main()
