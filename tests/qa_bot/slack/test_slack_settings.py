"""The settings of the Slack app: what holds in which channel, and what a mistake is answered with."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.errors import SettingsError
from qa_bot import load_settings
from qa_bot.slack.settings import ENVIRONMENT, ChannelSettings, FollowUps, Mode, SlackSettings, load_slack_settings

README = Path(__file__).parents[3] / "qa_bot" / "slack" / "README.md"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QA_BOT_CONFIG", str(tmp_path / "qa_bot.toml"))
    (tmp_path / "qa_bot.toml").touch()
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def written(folder: Path, text: str) -> SlackSettings:
    (folder / "qa_bot.toml").write_text(text)
    return load_slack_settings()


def test_a_channel_has_what_its_table_says_and_else_what_all_have(folder: Path) -> None:
    settings = written(
        folder,
        'passages_read = 4\n[slack]\nfollow_ups = "always"\nthreshold = 0.5\n'
        '[slack.channels.C1]\nmode = "auto"\nthreshold = 0.9\n',
    )
    own = settings.channel("C1")
    assert (own.mode, own.threshold, own.follow_ups) == (Mode.AUTO, 0.9, FollowUps.ALWAYS)
    assert (
        settings.channel("C2") == settings.channel(None) == ChannelSettings(follow_ups=FollowUps.ALWAYS, threshold=0.5)
    )
    assert load_settings().passages_read == 4, "the other settings of the file hold, too"


def test_tokens_come_from_the_environment_and_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", " xoxb-secret ")
    monkeypatch.setenv("SLACK_API_URL", "https://slack-gov.com/api")
    settings = load_slack_settings()
    assert settings.bot_token is not None
    assert settings.bot_token.get_secret_value() == "xoxb-secret"
    assert settings.api_url == "https://slack-gov.com/api/"
    assert "xoxb-secret" not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slack = 3", "not a table"),
        ('[slack]\nmode = "loud"', "slack.mode"),
        ("[slack]\nmood = 1", "slack.mood: no such setting"),
        ("[slack.channels.C1]\nthreshold = 2", "slack.channels.C1.threshold"),
        ("[slack.channels.C1]\nworkers = 2", "slack.channels.C1.workers: no such setting"),
        ('[slack]\nbot_token = "xoxb-1"', "SLACK_BOT_TOKEN"),
    ],
)
def test_a_mistake_is_named_with_its_place(folder: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        written(folder, text)
    assert "qa_bot.toml" in str(caught.value)


def test_a_token_in_the_wrong_place_is_not_repeated(folder: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        written(folder, '[slack]\nlanguage = "xoxb-123-secret"')
    assert "secret" not in str(caught.value)


def test_an_address_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_API_URL", "slack.com/api")
    with pytest.raises(SettingsError, match="SLACK_API_URL"):
        load_slack_settings()


@pytest.mark.parametrize("name", [name for name in SlackSettings.model_fields if name not in ENVIRONMENT.values()])
def test_every_setting_stands_in_the_readme(name: str) -> None:
    rows = [line for line in README.read_text().splitlines() if line.startswith(f"| `slack.{name}` |")]
    assert [row.rpartition(" | ")[2] for row in rows] == [f"{SlackSettings.model_fields[name].description} |"]
