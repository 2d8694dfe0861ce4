"""What the tests share: real bots on real stores, with the shipped models."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from filelock import FileLock

from embeddings.encoder.model import Encoder
from embeddings.onnx.model_cache import PACKAGED_ENCODER
from qa_bot import QABot, Settings, load_settings

ROOT = Path(__file__).parents[1]
COMPILED = ROOT / ".test_models"
"""The compiled encoder of this clone, so that one `make test` after another does not compile it again."""

_CACHE_DIR = os.environ.get("QA_BOT_CACHE_DIR")

# `make test` tries few examples of each property; `make test-slow` tries many, with --hypothesis-profile=thorough.
hypothesis.settings.register_profile("quick", max_examples=25, stateful_step_count=20, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=500, stateful_step_count=50, deadline=None)
hypothesis.settings.load_profile("quick")

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # As a shell's background job; the commands under test would inherit it, and Ctrl-C could not be tested.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every Hypothesis test as a `property`, which the slow run tries again with more examples."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("property")


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_developer() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper().startswith("QA_BOT_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def seeds_folder() -> Path:
    """The seed articles of the repository."""
    return ROOT / "seeds"


def _compiler() -> str:
    """Changes whenever the packaged encoder would be compiled differently."""
    sources = [*sorted((ROOT / "embeddings" / "onnx").glob("*.py")), ROOT / "embeddings" / "encoder" / "compiler.py"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources))
    for package in (PACKAGED_ENCODER, "onnx", "onnxruntime", "torch", "sentence-transformers"):
        digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()[:12]


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled models: the folder QA_BOT_CACHE_DIR if that is set, else one of this run with the compiled encoder.

    The encoder is compiled once for a clone: the first worker compiles it, the others wait, later runs copy it.
    """
    if _CACHE_DIR:
        return Path(_CACHE_DIR)
    shared = COMPILED / _compiler()
    COMPILED.mkdir(exist_ok=True)
    with FileLock(COMPILED / "lock"):
        if not shared.exists():
            for old in COMPILED.glob("*-compiling"):
                shutil.rmtree(old)
            compiling = shared.with_name(f"{shared.name}-compiling")
            Encoder.load(PACKAGED_ENCODER, compiling / "models")
            for old in (path for path in COMPILED.iterdir() if path.is_dir() and path != compiling):
                shutil.rmtree(old)
            compiling.rename(shared)
    return shutil.copytree(shared, tmp_path_factory.mktemp("cache") / "cache")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Settings:
    """The settings of `seed_bot`."""
    return load_settings(data_dir=tmp_path_factory.mktemp("seeds"), cache_dir=cache_dir)


@pytest.fixture(scope="session")
def seed_bot(settings: Settings, seeds_folder: Path) -> Iterator[QABot]:
    """A bot that has the seed articles; ask it, but do not change its store."""
    with QABot(settings) as bot:
        bot.reindex([str(seeds_folder)])
        yield bot


@pytest.fixture
def new_bot(tmp_path: Path, cache_dir: Path) -> Iterator[Callable[..., QABot]]:
    """Makes a bot with a store of its own, empty at first and the same for each bot of a test; takes settings."""
    made: list[QABot] = []

    def make(**given: Any) -> QABot:
        made.append(QABot(load_settings(**({"data_dir": tmp_path / "data", "cache_dir": cache_dir} | given))))
        return made[-1]

    yield make
    for bot in made:
        bot.close()
