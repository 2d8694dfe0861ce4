"""`qa-bot slack --check`: what is right of tokens, scopes, events and settings, and what to do if not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Command, Done
from slack_emulator.running import free_port
from slack_emulator.scene import Scene
from slack_emulator.workspace import APP_TOKEN, BOT_TOKEN

from embeddings.errors import SettingsError
from qa_bot import QABot, load_settings
from qa_bot.slack.check import check as checking
from qa_bot.slack.settings import load_slack_settings


@pytest.fixture(scope="module")
def scene(make_scene: Callable[..., Scene]) -> Scene:
    """A scene in which the app does not run."""
    return make_scene()


def run(scene: Scene, *arguments: str, **environment: str) -> Done:
    """The command, as a process, with the scene's tokens and these."""
    command = Command(scene.app.folder, Path(scene.app.environment["QA_BOT_CACHE_DIR"]), scene.data_dir)
    tokens = {name: value for name, value in scene.app.environment.items() if name.startswith("SLACK_")}
    (scene.app.folder / "qa_bot.toml").write_text("")
    return without_secrets(command("slack", *arguments, environment=tokens | environment))


def check(scene: Scene, config: str = "", data_dir: Path | None = None, **environment: str) -> Done:
    """What the command prints for the scene's settings and these; it runs in this process."""
    (scene.app.folder / "qa_bot.toml").write_text(config)
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(scene.app.folder)
        patch.setenv("QA_BOT_CONFIG", "qa_bot.toml")
        for name, value in (scene.app.environment | environment).items():
            if name.startswith("SLACK_"):
                patch.setenv(name, value)
        try:
            with QABot(load_settings(data_dir=data_dir or scene.data_dir)) as bot:
                code = checking.check(bot, load_slack_settings(), http=False, write=lines.append)
        except SettingsError as error:
            code, lines = 2, [str(error)]
    return without_secrets(Done(code, "\n".join(lines), []))


def without_secrets(done: Done) -> Done:
    """What a command printed, unless it is a traceback or names a token.

    Raises:
        AssertionError: it is, or does.
    """
    output = done.output + "\n".join(done.lines)
    assert "Traceback" not in output
    assert BOT_TOKEN not in output
    assert APP_TOKEN not in output
    return done


def test_all_is_well(scene: Scene) -> None:
    done = run(scene, "--check")
    assert done.code == 0, done
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        assert name in done.output
    scene.slack.check()


def test_the_command_ends_with_an_error_if_something_is_wrong(scene: Scene) -> None:
    done = run(scene, "--check", SLACK_APP_TOKEN="")
    assert done.code == 2
    assert "WRONG SLACK_APP_TOKEN" in done.output


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SLACK_BOT_TOKEN": APP_TOKEN}, "SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": BOT_TOKEN}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": ""}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-not-of-this-workspace"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_API_URL": "http://127.0.0.1:9/api/"}, "127.0.0.1:9"),
        ({"SLACK_API_URL": "nonsense"}, "SLACK_API_URL"),
    ],
)
def test_each_thing_that_is_wrong_is_named(scene: Scene, environment: dict[str, str], words: str) -> None:
    done = check(scene, **environment)
    assert done.code != 0
    assert words in done.output + "\n".join(done.lines)


def test_a_missing_scope_is_named(scene: Scene) -> None:
    scopes = set(scene.workspace.scopes)
    scene.workspace.scopes -= {"reactions:write"}
    try:
        done = check(scene)
    finally:
        scene.workspace.scopes = scopes
    assert done.code != 0
    assert "reactions:write" in done.output


def test_a_channel_of_the_settings_that_is_not_there_or_without_the_bot_is_named(scene: Scene) -> None:
    empty = scene.workspace.add_channel("without-the-bot", {scene.alice.id}).id
    done = check(scene, f'[slack.channels.{empty}]\nmode = "auto"\n[slack.channels.C0NOSUCH1]\nmode = "auto"\n')
    assert done.code != 0
    assert empty in done.output
    assert "C0NOSUCH1" in done.output


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[slack]\nmode = 'sometimes'", "mode"),
        ("[slack]\nadmin = ['U1']", "admin"),
        ("[slack.channels.C1]\nthreshold = 7", "threshold"),
        ("[slack]\nbot_token = 'xoxb-in-a-file'", "SLACK_BOT_TOKEN"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(scene: Scene, config: str, words: str) -> None:
    done = check(scene, config)
    assert done.code == 2
    assert words in "\n".join(done.lines) + done.output
    assert "xoxb-in-a-file" not in "\n".join(done.lines) + done.output


def test_an_empty_archive_is_named(scene: Scene, tmp_path: Path) -> None:
    done = check(scene, data_dir=tmp_path / "empty")
    assert "qa-bot index" in done.output + "\n".join(done.lines)


def test_a_revoked_token_is_named(scene: Scene) -> None:
    scene.workspace.revoked = True
    try:
        done = check(scene)
    finally:
        scene.workspace.revoked = False
    assert done.code != 0
    assert "revoked" in done.output + "\n".join(done.lines)


def test_http_needs_the_signing_secret(scene: Scene) -> None:
    done = run(scene, "--http", "--port", str(free_port()), SLACK_SIGNING_SECRET="")
    assert done.code == 2
    assert "SLACK_SIGNING_SECRET" in "\n".join(done.lines)
