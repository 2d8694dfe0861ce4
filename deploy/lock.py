"""Writes the lock file of the container: the version and the SHA-256 of each package that qa-bot runs with, and is built with.

    python deploy/lock.py deploy/requirements.txt

pip resolves the dependencies of pyproject.toml within constraints.txt, for each platform below, without installing anything.
It names the files that come from this machine: their hashes may not be those of the published ones.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")
GLIBC = ("2_28", "2_27", "2_26", "2_24", "2_17", "2_12", "2_5")
HEAD = """\
# What qa-bot runs with on Linux, with the hash of each file; `make lock` writes it.  To install exactly this:
#   pip install --require-hashes -r deploy/requirements.txt && pip install --no-deps --no-build-isolation .
"""


def resolve(requirements: list[str], python: str, machine: str) -> list[dict[str, Any]]:
    """What pip would install, as its report says (https://pip.pypa.io/en/stable/reference/installation-report/)."""
    platforms = [f"--platform=manylinux_{version}_{machine}" for version in GLIBC]
    platforms += [f"--platform=manylinux2014_{machine}", f"--platform=linux_{machine}"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"),
                *("--target", folder, "--only-binary=:all:", f"--python-version={python}", *platforms),
                *("--constraint", str(ROOT / "constraints.txt"), "--report", str(report), *requirements),
            ],
            # files of this machine may not be the published ones
            env={**os.environ, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""},
            check=True,
        )
        install: list[dict[str, Any]] = json.loads(report.read_text())["install"]
    return install


def lock(requirements: list[str]) -> str:
    """The lines of the lock file."""
    local: set[str] = set()
    hashes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for python in PYTHONS:
        for machine in MACHINES:
            for package in resolve(requirements, python, machine):
                name = package["metadata"]["name"].lower().replace("_", "-").replace(".", "-")
                file = package["download_info"]
                if file["url"].startswith("file:"):
                    local.add(name)
                hashes[name, package["metadata"]["version"]].add(file["archive_info"]["hashes"]["sha256"])
    if local:
        print(
            f"from files of this machine, compare their hashes with the registry's: {' '.join(sorted(local))}",
            file=sys.stderr,
        )
    lines = []
    for (name, version), digests in sorted(hashes.items()):
        lines.append(
            " \\\n    ".join([f"{name}=={version}", *(f"--hash=sha256:{digest}" for digest in sorted(digests))])
        )
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    """Writes the file that the command line names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    Path(sys.argv[1]).write_text(lock(needed))


if __name__ == "__main__":
    main()
