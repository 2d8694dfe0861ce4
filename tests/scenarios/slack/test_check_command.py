"""`qa-bot slack --check`: what is right of tokens, scopes, events and settings, and what to do if not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from app_check import check, without_secrets
from commands import Command, Done
from slack_emulator import Fault
from slack_emulator.running import free_port
from slack_emulator.scene import Scene
from slack_emulator.workspace import APP_TOKEN, BOT_TOKEN, CONFIG_TOKEN

from qa_bot.slack.check.shapes import shapes
from qa_bot.slack.views.texts import ENGLISH


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


def test_all_is_well(scene: Scene) -> None:
    done = run(scene, "--check")
    assert done.code == 0, done
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        assert name in done.output
    scene.slack.check()


def test_slack_is_asked_whether_it_takes_our_messages_views_and_manifest(scene: Scene) -> None:
    before = len(scene.workspace.calls)
    done = check(scene, SLACK_CONFIG_TOKEN=CONFIG_TOKEN)
    assert done.code == 0, done.output
    kinds = len(list(shapes(ENGLISH, scene.alice.id)))
    assert f"ok    messages and views: Slack takes all {kinds} kinds" in done.output
    assert "ok    manifest (app): Slack takes it" in done.output
    assert "ok    manifest (manifest.json): Slack takes it" in done.output
    assert [call.method for call in scene.workspace.calls[before:]].count("blocks.validate") == kinds


@pytest.mark.parametrize(
    ("method", "fault", "line"),
    [
        ("blocks.validate", Fault(200, "invalid_message"), "WRONG messages and views: Slack refuses an answer"),
        ("blocks.validate", Fault(200, "unknown_method"), "?     messages and views: cannot be checked"),
        ("blocks.validate", Fault(429, "ratelimited"), "?     messages and views: cannot be checked"),
        ("apps.manifest.validate", Fault(200, "invalid_manifest"), "WRONG manifest (app): invalid_manifest"),
        ("apps.manifest.validate", Fault(200, "unknown_method"), "?     manifest (app): cannot be checked"),
    ],
)
def test_what_slack_does_not_take_is_named_and_what_it_does_not_say_is_not_wrong(
    scene: Scene, method: str, fault: Fault, line: str
) -> None:
    scene.slack.faults.plan(method, fault)
    done = check(scene, SLACK_CONFIG_TOKEN=CONFIG_TOKEN)
    assert line in done.output
    assert done.code == (2 if line.startswith("WRONG") else 0)


def test_an_invalid_manifest_is_named_with_the_place(scene: Scene) -> None:
    good = scene.workspace.manifest
    scene.workspace.manifest = good | {"display_information": {"name": "n" * 40}}
    try:
        done = check(scene, SLACK_CONFIG_TOKEN=CONFIG_TOKEN)
    finally:
        scene.workspace.manifest = good
    assert "WRONG manifest (app): /display_information/name must be less than 36 characters" in done.output


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


def test_an_app_token_of_another_app_is_named(scene: Scene) -> None:
    other = "xapp-1-A0OTHERAPP-3333-emulatedAppToken"
    scene.workspace.app_tokens.add(other)
    done = check(scene, SLACK_APP_TOKEN=other)
    assert done.code == 2
    (line,) = [line for line in done.output.splitlines() if line.startswith("WRONG")]
    assert "A0OTHERAPP" in line
    assert "A0QABOT01" in line


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


def test_who_sees_what_is_posted_is_said(scene: Scene) -> None:
    general = scene.channel_id("general")
    assert (
        f"channel {general}, index_posts: what is posted there answers there only"
        in check(scene, f"[slack.channels.{general}]\nindex_posts = true\n").output
    )
    shared = f"[slack]\nshare_posts = true\n[slack.channels.{general}]\nindex_posts = true\n"
    assert "index_posts: what is posted there answers in every channel" in check(scene, shared).output
    assert "index_posts:" not in check(scene).output


def test_what_is_in_force_is_said_for_each_channel(scene: Scene) -> None:
    general = scene.channel_id("general")
    own = "reply = 'ephemeral'\nlanguage = 'de'\nthreshold = 0.8\npublishers = ['Reuters', 'AP']\n"
    lines = check(scene, f"[slack]\nfollow_ups = 'always'\n[slack.channels.{general}]\n{own}").output.splitlines()
    (common,) = [line for line in lines if line.startswith("ok    [slack]: mode mention")]
    assert (
        "follow_ups always, reply thread, ask nobody, welcome yes, threshold the reader's own, publishers all" in common
    )
    (channel,) = [line for line in lines if line.startswith(f"ok    channel {general}: mode mention")]
    assert (
        "follow_ups always, reply ephemeral, ask nobody, welcome yes, threshold 0.8, publishers Reuters or AP"
        in channel
    )
    assert "language de" in channel
