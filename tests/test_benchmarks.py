"""Every benchmark starts and says how it is used; what it measures is for a person to run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parent / "benchmarks"
NOT_COMMANDS = {"synthetic_archive.py"}
START = """
import runpy, sys, traceback
failed = []
for script in sys.argv[1:]:
    sys.argv = [script, "--help"]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as done:
        if not done.code:
            continue
    except BaseException:
        traceback.print_exc()
    failed.append(script)
sys.exit(" ".join(failed) or 0)
"""


def test_every_benchmark_starts() -> None:
    scripts = [str(path) for path in sorted(BENCHMARKS.glob("*.py")) if path.name not in NOT_COMMANDS]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r})\n{START}", *scripts],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage: ") == len(scripts)
