"""What the tests share: real bots on real stores, with the shipped models."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from qa_bot import QABot, Settings, load_settings

ROOT = Path(__file__).parents[1]
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
def _no_settings_of_the_developer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper().startswith("QA_BOT_")]:
            patch.delenv(name)
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session")
def seeds_folder() -> Path:
    """The seed articles of the repository."""
    return ROOT / "seeds"


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models that tests compile: the folder QA_BOT_CACHE_DIR if that is set, else one of this run."""
    return Path(_CACHE_DIR) if _CACHE_DIR else tmp_path_factory.mktemp("cache")


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
