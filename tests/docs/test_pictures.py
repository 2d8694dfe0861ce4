"""The pictures of the README show what qa-bot says today."""

from __future__ import annotations

import importlib
import re
import sys
from html import unescape
from pathlib import Path
from types import ModuleType

import pytest

from qa_bot import QABot, Settings

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PERCENT = re.compile(r"\((\d+)%\)")
TOLERANCE = 5
"""Points of confidence by which another processor may differ."""


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script that draws the pictures."""
    monkeypatch.syspath_prepend(str(PICTURES))
    monkeypatch.delitem(sys.modules, "make", raising=False)
    return importlib.import_module("make")


def lines_of(picture: str) -> list[str]:
    """The lines of text in a picture, one for each ``text`` element."""
    elements = re.findall(r"<text\b[^>]*>(.*?)</text>", picture)
    return [unescape(re.sub(r"<[^>]+>", "", element)).replace("\N{NO-BREAK SPACE}", " ") for element in elements]


def check_picture(name: str, today: str) -> None:
    """Compares the text of a committed picture with that of one drawn today."""
    committed = lines_of((PICTURES / name).read_text())
    drawn = lines_of(today)
    hint = f"run: python docs/pictures/make.py; {name} should say:\n" + "\n".join(drawn)
    assert [PERCENT.sub("", line) for line in committed] == [PERCENT.sub("", line) for line in drawn], hint
    pairs = zip(PERCENT.findall("\n".join(committed)), PERCENT.findall("\n".join(drawn)), strict=True)
    assert all(abs(int(before) - int(now)) <= TOLERANCE for before, now in pairs), hint


def test_the_picture_of_the_terminal_says_what_the_repl_prints(
    seed_bot: QABot, settings: Settings, drawing: ModuleType
) -> None:
    check_picture("terminal.svg", drawing.terminal_picture(settings.data_dir, settings.cache_dir))


def test_the_picture_of_slack_says_what_the_app_posts(seed_bot: QABot, drawing: ModuleType) -> None:
    check_picture("slack.svg", drawing.slack_picture(seed_bot))
