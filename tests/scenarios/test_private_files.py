"""Other users of the machine can read nothing of the archive."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Command

from qa_bot import QABot, load_settings
from qa_bot.slack.jobs.state import SlackState

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


@pytest.fixture(autouse=True)
def _generous_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def shared(folder: Path) -> list[str]:
    """What others can reach in some way: the folder itself, and files and folders in it, with their modes."""
    paths = [folder, *folder.rglob("*")]
    modes = [(path, stat.S_IMODE(path.lstat().st_mode)) for path in paths]
    return [f"{mode:o} {path.relative_to(folder)}" for path, mode in modes if mode & 0o077]


@pytest.fixture
def qa_bot(tmp_path: Path, cache_dir: Path) -> Command:
    """The command, with a store that is not there yet."""
    return Command(tmp_path, cache_dir, tmp_path / "new" / "store")


def test_what_the_commands_write_is_their_users_alone(qa_bot: Command, seeds_folder: Path) -> None:
    assert qa_bot("index", "--quiet", seeds_folder).code == 0
    assert qa_bot("ask", "Who led the party after Honecker?").code == 0
    assert shared(qa_bot.data_dir) == []


def test_a_store_that_an_older_version_made_is_tightened_when_it_is_opened(qa_bot: Command, seeds_folder: Path) -> None:
    assert qa_bot("index", "--quiet", seeds_folder).code == 0
    SlackState(qa_bot.data_dir).close()
    for path in (qa_bot.data_dir, *qa_bot.data_dir.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with QABot(load_settings(data_dir=qa_bot.data_dir)) as bot:
        bot.load()
        SlackState(qa_bot.data_dir).close()
    assert shared(qa_bot.data_dir) == []


def test_a_folder_that_is_everybodys_stays_so(qa_bot: Command, tmp_path: Path, seeds_folder: Path) -> None:
    everybodys = tmp_path / "everybodys"
    everybodys.mkdir()
    everybodys.chmod(0o1777)
    (everybodys / "note.txt").write_text("not ours")
    assert qa_bot("index", "--quiet", seeds_folder, "--data-dir", everybodys).code == 0
    assert stat.S_IMODE(everybodys.stat().st_mode) == 0o1777
    assert shared(everybodys) == ["1777 .", "644 note.txt"]
