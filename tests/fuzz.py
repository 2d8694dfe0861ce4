"""Runs the tests that feed hostile input, again and again, each time with other input, until the time is over.

    python tests/fuzz.py [--seconds 300] [PYTEST ARGUMENT]...

They feed parsers, questions, Slack's payloads, settings and the values in a store.  Hypothesis reduces what fails to a small
example and remembers it in `.hypothesis`, so that the next run tries it first.  The exit code is 1 if a test failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300, help="the last round is stopped after these (300)")
    options, arguments = parser.parse_known_args()
    until = time.monotonic() + options.seconds
    seed = time.time_ns() % 2**32
    rounds = 0
    while (left := until - time.monotonic()) > 0:
        command = [sys.executable, "-m", "pytest", "-q", "-m", "fuzz", "--no-header"]
        try:
            done = subprocess.run([*command, f"--hypothesis-seed={seed + rounds}", *arguments], cwd=ROOT, timeout=left)
        except subprocess.TimeoutExpired:
            break
        if done.returncode:
            print(
                f"failed in round {rounds + 1}; again: pytest -m fuzz --hypothesis-seed={seed + rounds}",
                file=sys.stderr,
            )
            return 1
        rounds += 1
    print(f"{rounds} rounds in {options.seconds:.0f} s, and nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
