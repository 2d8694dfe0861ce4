"""Settings: the command line over the environment over qa_bot.toml over the defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from embeddings.errors import SettingsError
from qa_bot import Settings, load_settings
from qa_bot.settings import accepted_values


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_command_line_wins_over_the_environment_over_the_file_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().passages_read == 8
    (tmp_path / "qa_bot.toml").write_text("passages_read = 4\nalternatives = 1\n")
    assert load_settings().passages_read == 4
    monkeypatch.setenv("QA_BOT_PASSAGES_READ", "5")
    assert load_settings().passages_read == 5
    assert load_settings(passages_read="6").passages_read == 6
    assert load_settings(passages_read=None).passages_read == 5
    assert load_settings().alternatives == 1


def test_an_environment_variable_that_is_empty_counts_as_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_BOT_THRESHOLD", "")
    assert load_settings().threshold is None
    (tmp_path / "qa_bot.toml").write_text("threshold = 0.25\n")
    assert load_settings().threshold == 0.25


def test_the_file_can_lie_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "mine.toml").write_text('reader = "somewhere"\n')
    monkeypatch.setenv("QA_BOT_CONFIG", "inner/mine.toml")
    assert load_settings().reader == "somewhere"


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("QA_BOT_DATA_DIR", "~/data")
    assert load_settings(cache_dir="~/cache").data_dir == tmp_path / "data"
    assert load_settings(cache_dir="~/cache").cache_dir == tmp_path / "cache"
    with pytest.raises(
        SettingsError, match="--cache-dir: '~nosuchperson' cannot be used: there is no such home folder"
    ):
        load_settings(cache_dir="~nosuchperson")


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if accepted_values(name)])
def test_numbers_are_taken_from_the_lowest_to_the_highest(name: str) -> None:
    low, high = (float(word) for word in accepted_values(name).split() if word[0].isdigit())
    for value in (low, high):
        assert getattr(load_settings(**{name: value}), name) == value
    refused_values: tuple[Any, ...] = (low - 1, high + 1, "many", "", "1e999", [])
    for refused in refused_values:
        with pytest.raises(SettingsError) as raised:
            load_settings(**{name: refused})
        assert str(raised.value).startswith(f"--{name.replace('_', '-')}: ")
        assert accepted_values(name) in str(raised.value)


def test_no_setting_can_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().threads = 3  # type: ignore[misc]


def test_every_setting_has_its_doc_line() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert "\n" not in field.description


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import pwd

    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "QA_BOT_DATA_DIR", "QA_BOT_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(SettingsError, match="data_dir: this user has no home folder; set QA_BOT_DATA_DIR"):
        load_settings()
    assert load_settings(data_dir="here", cache_dir="there").data_dir == Path("here")
    assert list(tmp_path.iterdir()) == []
