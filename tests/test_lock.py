"""The lock file of the container names what constraints.txt names, whole and with hashes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "deploy/requirements.txt").read_text()


def versions(text: str) -> dict[str, str]:
    """The versions by the normal form of the packages' names (PEP 503)."""
    lines = re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in lines}


def test_everything_that_is_locked_has_the_version_that_was_tested() -> None:
    tested = versions((ROOT / "constraints.txt").read_text())
    locked = versions(LOCK)
    assert {name: version for name, version in locked.items() if tested.get(name, version) != version} == {}


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    names = {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", line)[0]).lower() for line in needed}  # type: ignore[index]
    assert names <= versions(LOCK).keys()


def test_every_package_has_a_hash_and_no_address() -> None:
    packages = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(packages) == len(versions(LOCK))
    for package in packages:
        assert re.fullmatch(r"[\w.-]+==[\w.]+( \\\n    --hash=sha256:[0-9a-f]{64})+\n", package), package
    assert "://" not in LOCK
