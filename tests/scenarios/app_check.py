"""What `qa-bot slack --check` prints about a scene."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Done
from slack_emulator.scene import Scene
from slack_emulator.workspace import APP_TOKEN, BOT_TOKEN

from embeddings.errors import SettingsError
from qa_bot import QABot, load_settings
from qa_bot.slack.check import check as checking
from qa_bot.slack.settings import load_slack_settings


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
