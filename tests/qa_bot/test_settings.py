"""Settings: the command line over the environment over qa_bot.toml over the defaults."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.errors import SettingsError
from qa_bot import Settings, load_settings
from qa_bot.config_file import FROM_ANY_FOLDER, users_path
from qa_bot.settings import accepted_values, read_table
from qa_bot.slack.settings import load_slack_settings

TOML_PIECES = [
    *(
        b"threads = ",
        b"data_dir = ",
        b"threshold = ",
        b"reader = ",
        b"[slack]\n",
        b"[slack.channels.C1]\n",
        b"admins = ",
    ),
    *(
        b"allow_private_addresses = ",
        b"channels = ",
        b"mode = ",
        b"'auto'\n",
        b"1\n",
        b"-1\n",
        b"1e999\n",
        b"nan\n",
        b"true\n",
    ),
    *(
        b"[]\n",
        b"{}\n",
        b'"' * 3,
        b"\n",
        b"['C1']\n",
        b"'~nosuchperson'\n",
        b'""\n',
        b"1979-05-27\n",
        b"9" * 5000,
        b"slack = 1\n",
    ),
]


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


HOSTILE = """
allow_private_addresses = true
data_dir = "theirs"
cache_dir = "theirs"
encoder = "theirs/model"
reader = "theirs/model"
alternatives = 1

[slack]
admins = ["U0THEIRS"]
"""


@pytest.fixture
def users_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the user's own settings, which is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = users_path()
    assert path is not None
    path.parent.mkdir(parents=True)
    return path


def test_the_folder_that_one_stands_in_cannot_say_where_what_and_whom_to_trust(
    tmp_path: Path, users_file: Path
) -> None:
    usual = load_settings()
    (tmp_path / "qa_bot.toml").write_text(HOSTILE)
    notes: list[str] = []
    assert load_settings(notes.append) == usual.model_copy(update={"alternatives": 1})
    assert read_table("slack")[1] == {}
    (note,) = notes
    assert note.startswith(
        f"{tmp_path / 'qa_bot.toml'}: ignored allow_private_addresses, data_dir, cache_dir, encoder, reader, [slack], "
    )
    assert str(users_file) in note
    assert f"QA_BOT_CONFIG={tmp_path / 'qa_bot.toml'}" in note


def test_what_the_folder_says_in_vain_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "qa_bot.toml").write_text(HOSTILE)
    load_settings()
    assert "ignored allow_private_addresses" in caplog.text


def test_the_file_of_the_user_says_all_and_the_folder_how_to_answer(
    tmp_path: Path, users_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users_file.write_text(HOSTILE.replace("alternatives = 1", "alternatives = 2\nthreads = 2"))
    notes: list[str] = []
    settings = load_settings(notes.append)
    assert (settings.allow_private_addresses, settings.reader) == (True, "theirs/model")
    assert read_table("slack") == (users_file, {"admins": ["U0THEIRS"]})
    (tmp_path / "qa_bot.toml").write_text("alternatives = 1\n")
    settings = load_settings(notes.append)
    assert (settings.reader, settings.alternatives, settings.threads) == ("theirs/model", 1, 2)
    monkeypatch.chdir(users_file.parent)
    assert load_settings(notes.append).reader == "theirs/model"
    assert notes == []


def test_a_file_that_is_named_says_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "qa_bot.toml").write_text(HOSTILE)
    monkeypatch.setenv("QA_BOT_CONFIG", "qa_bot.toml")
    notes: list[str] = []
    assert load_settings(notes.append).allow_private_addresses
    assert read_table("slack")[1] == {"admins": ["U0THEIRS"]}
    assert notes == []


def test_an_error_names_the_file_that_it_is_in(tmp_path: Path, users_file: Path) -> None:
    users_file.write_text("threads = 1000\n")
    (tmp_path / "qa_bot.toml").write_text("alternatives = 1\n")
    with pytest.raises(SettingsError, match=f"{users_file}: threads"):
        load_settings()


def test_a_setting_counts_from_any_folder_only_if_it_was_found_harmless() -> None:
    assert set(Settings.model_fields) > FROM_ANY_FOLDER
    assert not FROM_ANY_FOLDER & {"data_dir", "cache_dir", "encoder", "reader", "allow_private_addresses"}


@given(st.binary(max_size=60) | st.lists(st.sampled_from(TOML_PIECES), max_size=12).map(b"".join))
@pytest.mark.fuzz
def test_whatever_a_file_of_settings_holds_it_is_read_or_refused_in_one_line(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder, "fuzzed.toml")
        path.write_bytes(content)
        patch.setenv("QA_BOT_CONFIG", str(path))
        try:
            load_settings()
            load_slack_settings()
        except SettingsError as error:
            assert str(path) in str(error)  # noqa: PT017


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
