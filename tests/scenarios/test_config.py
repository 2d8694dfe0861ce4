"""`qa-bot config`: what is set, from where, and a file to set it in; and how much commands say."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import pytest
from commands import AS_ORDINARY_USER, Command

from qa_bot.commands.config_template import config_template
from qa_bot.settings import Settings
from qa_bot.slack.settings import SlackSettings

TOKEN = "xoxb-123456789-abcdefgh"


@pytest.fixture
def qa_bot(tmp_path: Path, cache_dir: Path) -> Command:
    """The command, with a home and settings of its own."""
    command = Command(tmp_path, cache_dir, tmp_path / "data")
    command.environment["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    return command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The user's file of settings."""
    return tmp_path / "config" / "qa_bot" / "qa_bot.toml"


def test_each_value_says_where_it_is_from(qa_bot: Command, file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("threshold = 0.7\nalternatives = 5\npassages_read = 9\n[slack]\nmode = 'auto'\n")
    (qa_bot.folder / "qa_bot.toml").write_text("alternatives = 6\nreader = '/elsewhere'\n")
    done = qa_bot("config", "show", "--json", "--threads", "1", environment={"QA_BOT_PASSAGES_READ": "12"})
    assert "ignored reader" in done.lines[0]
    values = {value["name"]: (value["value"], value["origin"]) for value in done.json}
    assert list(values)[: len(Settings.model_fields)] == list(Settings.model_fields)
    assert values["threads"] == ("1", "--threads")
    assert values["passages_read"] == ("12", "QA_BOT_PASSAGES_READ")
    assert values["threshold"] == ("0.7", str(file))
    assert values["alternatives"] == ("6", str(qa_bot.folder / "qa_bot.toml"))
    assert values["reader"] == ("packaged", "default")
    assert values["possible_threshold"] == (None, "default")
    assert values["slack.mode"] == ('"auto"', str(file))
    shown = qa_bot("config").output.splitlines()
    assert re.fullmatch(
        rf"threshold +0\.7  \({re.escape(str(file))}\)", next(x for x in shown if x.startswith("threshold"))
    )


def test_secrets_are_hidden(qa_bot: Command, file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(f"[slack]\nadmins = ['{TOKEN}']\nbot_token = 'hush-hush-hush'\n")
    secrets = {
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_SIGNING_SECRET": "hush-hush",
        "QA_BOT_TOKEN": "hush-hush",
        "SLACK_API_URL": "https://ann:hush@slack.example/api/",
    }
    for arguments in (("config",), ("config", "show", "--json"), ("-v", "config")):
        done = qa_bot(*arguments, environment=secrets)
        assert done.code == 0
        assert TOKEN not in done.output
        assert "hush" not in done.output
        assert done.output.count("(hidden)") == 5


def test_init_writes_a_file_that_changes_nothing_and_never_overwrites_one(qa_bot: Command, file: Path) -> None:
    assert qa_bot("config", "path").lines == ["qa-bot: it is not there yet; qa-bot config init writes it"]
    before = qa_bot("config", "--json").json
    done = qa_bot("config", "init")
    assert (done.code, done.output) == (0, f"{file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == config_template().replace(str(Path.home()), str(qa_bot.folder))
    assert qa_bot("config", "--json").json == before
    assert qa_bot("-q", "config", "path") == (0, f"{file}\n", [])
    file.write_text("threshold = 0.7\n")
    done = qa_bot("config", "init")
    assert done.code == 2
    assert done.lines == [f"qa-bot: {file}: is there already; edit it, or move it away and run: qa-bot config init"]
    assert file.read_text() == "threshold = 0.7\n"
    named = qa_bot.folder / "mine.toml"
    assert qa_bot("config", "init", environment={"QA_BOT_CONFIG": str(named)}).output == f"{named}\n"
    assert named.read_text().startswith("# The settings of qa-bot.")


def test_a_file_that_cannot_be_read_is_named_and_its_path_can_be_asked_for(qa_bot: Command, file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("threshold = ")
    assert qa_bot("config").code == 2
    assert qa_bot("config", "path") == (0, f"{file}\n", [])
    file.parent.chmod(0o500)
    named = file.parent / "new" / "qa_bot.toml"
    done = qa_bot("config", "init", before=AS_ORDINARY_USER, environment={"QA_BOT_CONFIG": str(named)})
    assert (done.code, done.lines) == (
        2,
        [f"qa-bot: {named}: cannot be written (Permission denied); set QA_BOT_CONFIG to another file"],
    )
    file.parent.chmod(0o700)


def test_the_settings_in_the_file_are_all_there_are_with_their_defaults() -> None:
    text = re.sub(r"^# (?=\[|\w+ = )", "", config_template(), flags=re.MULTILINE)
    values = tomllib.loads(text)
    slack = values.pop("slack")
    assert list(values) == list(Settings.model_fields)
    unset = {
        name for name, field in Settings.model_fields.items() if field.default is None and not field.default_factory
    }
    defaults, written = Settings(), Settings(**values)
    for name in values.keys() - unset:
        assert getattr(written, name) == getattr(defaults, name), name
    assert slack.pop("channels") == {"C0123456789": {"mode": "auto"}}
    known = {name for name, field in SlackSettings.model_fields.items() if not field.exclude} - {"channels"}
    assert slack.keys() == known
    SlackSettings.model_validate(slack)
    for field in (*Settings.model_fields.values(), *(SlackSettings.model_fields[name] for name in known)):
        assert field.description
        assert field.description[:60] in config_template()


def test_a_command_says_as_much_as_it_is_told_to(qa_bot: Command, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("The bridge is 310 metres long.")
    (folder / "b\x1b[31m.txt").write_bytes(b"\0")
    quiet = qa_bot("-q", "index", folder)
    assert quiet.code == 3
    assert [line.partition(": ")[2][:11] for line in quiet.lines] == ["not indexed"]
    assert qa_bot("articles", "retracted", "-q") == (0, "", [])
    (folder / "a.txt").write_text("The bridge is 320 metres long.")
    lines = qa_bot("index", "-v").lines
    assert any(line.endswith(f"INFO embeddings.indexing.diff: changed: {folder / 'a.txt'}") for line in lines)
    assert not any("unchanged:" in line for line in lines)
    assert any(line.endswith(f"unchanged: {folder / 'a.txt'}") for line in qa_bot("index", "-vv").lines)
    debugged = qa_bot("index", "--log-level", "debug").lines
    assert any(f"DEBUG embeddings.indexing.diff: unchanged: {folder / 'a.txt'}" in line for line in debugged)
    assert qa_bot("-v", "ask", "--threshold", "0", "How long is the bridge?").lines[-1].endswith("; answered")
    assert "\x1b" not in "".join([*lines, *debugged])
    both = qa_bot("status", "-v", "-q")
    assert (both.code, both.lines) == (2, ["qa-bot: -v, -q, --log-level: use one of them"])
