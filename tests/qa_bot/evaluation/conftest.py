"""Question files on three of the seed articles, and a report on them that all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa_bot.evaluation.modes import evaluate
from qa_bot.evaluation.report import EvaluationReport
from qa_bot.settings import Settings, load_settings

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def answerable_file() -> Path:
    """15 questions in SQuAD 1.1 format."""
    return DATA / "seeds-v1.1.json"


@pytest.fixture(scope="session")
def mixed_file() -> Path:
    """The same and 4 that are not answered, in SQuAD 2.0 format."""
    return DATA / "seeds-v2.0.json"


@pytest.fixture(scope="session")
def user_settings(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose data folder does not exist."""
    return load_settings(cache_dir=cache_dir, data_dir=tmp_path_factory.mktemp("user") / "data")


@pytest.fixture(scope="session")
def mixed_report(mixed_file: Path, user_settings: Settings) -> EvaluationReport:
    """All modes on the SQuAD 2.0 file."""
    return evaluate([mixed_file], settings=user_settings)


@pytest.fixture(scope="session")
def answerable_report(answerable_file: Path, user_settings: Settings) -> EvaluationReport:
    """All modes on the SQuAD 1.1 file."""
    return evaluate([answerable_file], settings=user_settings)
