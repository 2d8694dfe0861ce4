"""A wheel in an empty environment: what a person gets who installs qa-bot without a clone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*command: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as a person does whose shell has no settings of ours."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("QA_BOT", "PYTHON", "SLACK"))}
    return subprocess.run([*map(str, command)], env=clean | variables, capture_output=True, text=True)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that holds the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("installed")
    quiet = ("--quiet", "--disable-pip-version-check")
    built = run(sys.executable, "-m", "pip", "wheel", *quiet, "--no-deps", "--wheel-dir", folder, ROOT)
    assert built.returncode == 0, built.stderr
    run(sys.executable, "-m", "venv", folder / "venv")
    pip = (folder / "venv/bin/python", "-m", "pip", "install", *quiet, "--constraint", ROOT / "constraints.txt")
    installed = run(*pip, next(folder.glob("*.whl")))
    assert installed.returncode == 0, installed.stderr
    return folder


@pytest.fixture(scope="module")
def variables(environment: Path) -> Mapping[str, str]:
    """Settings for a store of its own."""
    return {"QA_BOT_DATA_DIR": str(environment / "data"), "QA_BOT_CACHE_DIR": str(environment / "cache")}


def test_it_indexes_and_answers_without_torch(environment: Path, variables: Mapping[str, str]) -> None:
    qa_bot = environment / "venv/bin/qa-bot"
    indexed = run(qa_bot, "index", "--quiet", ROOT / "seeds", **variables)
    assert (indexed.returncode, indexed.stderr) == (0, "")
    answered = run(qa_bot, "ask", "Who led the party after Honecker?", **variables)
    assert answered.returncode == 0, answered.stderr
    assert "Egon Krenz" in answered.stdout
    assert not list((environment / "venv").rglob("site-packages/torch"))
    assert "SLACK_BOT_TOKEN is not set" in run(qa_bot, "slack", "--check", **variables).stdout


@pytest.mark.parametrize("setting", ["QA_BOT_ENCODER", "QA_BOT_READER"])
def test_another_model_asks_for_the_extra(environment: Path, variables: Mapping[str, str], setting: str) -> None:
    asked = run(environment / "venv/bin/qa-bot", "ask", "Who?", **variables, **{setting: "some/model"})
    assert asked.returncode == 2
    assert "some/model" in asked.stderr
    assert "pip install 'qa-bot[models]'" in asked.stderr
    assert "Traceback" not in asked.stderr


def test_training_asks_for_the_extra(environment: Path, tmp_path: Path) -> None:
    train = ("-m", "qa_bot.training", "train", "--data", tmp_path, "--work", tmp_path / "work")
    asked = run(environment / "venv/bin/python", *train)
    assert asked.returncode == 2
    assert "pip install 'qa-bot[models]'" in asked.stderr
    assert "Traceback" not in asked.stderr


def test_it_takes_less_than_450_megabytes_before_pip_compiles_it(environment: Path) -> None:
    """Without pip and setuptools, which every virtual environment begins with."""
    (packages,) = (environment / "venv/lib").glob("*/site-packages")
    own = [one for one in packages.iterdir() if not one.name.startswith(("pip", "setuptools", "pkg_resources"))]
    files = [path for one in own for path in (one, *one.rglob("*")) if path.is_file()]
    compiled = sum(path.lstat().st_size for path in files if path.suffix == ".pyc")
    assert 300e6 < sum(path.lstat().st_size for path in files) - compiled < 450e6
    assert compiled < 80e6
    assert len(list(packages.glob("*.dist-info"))) <= 72
