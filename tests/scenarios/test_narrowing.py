"""New options for a source that was indexed before: nothing is removed without a person's word."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two texts and a Markdown file."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for name in ("harbour.txt", "bridge.txt", "glacier.md"):
        (folder / name).write_text(f"The {name.partition('.')[0]} was closed on Monday.")
    return folder


@pytest.fixture
def qa_bot(tmp_path: Path, cache_dir: Path, folder: Path) -> Command:
    """The command, with these articles indexed."""
    command = Command(tmp_path, cache_dir, tmp_path / "data")
    assert command("index", "--quiet", folder).code == 0
    return command


def stored(qa_bot: Command) -> int:
    return len(qa_bot("articles", "list", "--json").json)


def at_a_terminal(qa_bot: Command, typed: str, *arguments: str | Path) -> tuple[int, str]:
    """Runs a command at a terminal where a person types this; its exit code and what they see."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "qa_bot", *map(str, arguments)],
        cwd=qa_bot.folder,
        env=qa_bot.environment | {"TERM": "dumb"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    ) as process:
        os.close(slave)
        os.write(master, typed.encode())
        seen = b""
        while True:
            try:
                read = os.read(master, 65536)
            except OSError:
                break
            if not read:
                break
            seen += read
        code = process.wait()
    os.close(master)
    return code, seen.decode().replace("\r", "")


@pytest.mark.parametrize("options", [("--include", "*.md"), ("--exclude", "*.txt")], ids=["include", "exclude"])
@pytest.mark.parametrize("command", [("index",), ("sources", "add")], ids=" ".join)
def test_without_a_terminal_it_refuses_and_says_how_many_articles_would_go(
    qa_bot: Command, folder: Path, options: tuple[str, str], command: tuple[str, ...]
) -> None:
    done = qa_bot(*command, *options, folder)
    assert done.code == 2
    assert done.lines == [
        f"qa-bot: {folder}: with these options, 2 of its 3 articles will be removed; to go ahead, add --yes; to see more: "
        "qa-bot index --dry-run"
    ]
    assert stored(qa_bot) == 3
    assert qa_bot("index", "--json").json["removed"] == 0


def test_with_yes_they_go(qa_bot: Command, folder: Path) -> None:
    assert qa_bot("index", "--json", "--dry-run", "--include", "*.md", folder).json["removed"] == 2
    assert stored(qa_bot) == 3
    assert qa_bot("index", "--json", "--yes", "--include", "*.md", folder).json["removed"] == 2
    assert qa_bot("index", "--json", "--include", "*.md", folder).json["removed"] == 0, "nothing is asked twice"


def test_a_person_is_asked(qa_bot: Command, folder: Path) -> None:
    code, seen = at_a_terminal(qa_bot, "n\n", "index", "--include", "*.md", folder)
    assert code == 130
    assert "2 of its 3 articles will be removed. Go ahead? [y/N]" in seen
    assert "nothing has changed" in seen
    assert stored(qa_bot) == 3
    code, seen = at_a_terminal(qa_bot, "y\n", "index", "--include", "*.md", folder)
    assert code == 0
    assert stored(qa_bot) == 1


def test_what_removes_nothing_is_not_asked_about(qa_bot: Command, folder: Path, tmp_path: Path) -> None:
    (folder / "harbour.txt").unlink()  # it would go anyway
    assert qa_bot("index", "--json", "--exclude", "drafts/*", folder).json["removed"] == 1
    assert qa_bot("index", "--json", "--publisher", "The Example", folder).json["changed"] == 2
    assert qa_bot("index", "--quiet", folder / "bridge.txt").code == 0  # a source of its own holds it too
    assert qa_bot("index", "--json", "--exclude", "bridge.txt", folder).code == 0
    assert stored(qa_bot) == 2


def test_options_that_admit_nothing_are_refused_as_a_mistake(qa_bot: Command, folder: Path) -> None:
    done = qa_bot("index", "--yes", "--include", "*.pdf", folder)
    assert (done.code, done.lines) == (2, [f"qa-bot: {folder}: nothing in this folder is matched by *.pdf"])
    assert stored(qa_bot) == 3
