"""Articles, file names and questions that would drive a terminal: nothing of them reaches it as they wrote it."""

from __future__ import annotations

import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path
from unicodedata import category

import pytest
from commands import Command

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.\u2066\x08"
QUESTION = "Who built the spaceship Zorbo?"
THE_ARTICLE = "ID"
TEXT = f"The spaceship Zorbo{HOSTILE} was built by Klaus Zorbomann{HOSTILE} in Aldport in 1987. It flew often{HOSTILE}."


@pytest.fixture(scope="module")
def qa_bot(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Command:
    """The command, with a hostile article in its store; no test changes that store."""
    home = tmp_path_factory.mktemp("hostile")
    folder = home / f"folder{HOSTILE}"
    folder.mkdir()
    rows = {"title": f"Zorbo{HOSTILE}", "publisher": f"The Paper{HOSTILE}", "text": TEXT, "date": "2024-02-29"}
    (folder / f"a{HOSTILE}.jsonl").write_text(json.dumps(rows) + "\n")
    (folder / f"bad{HOSTILE}.pdf").write_bytes(b"no PDF")
    command = Command(home, cache_dir, home / f"data{HOSTILE}")
    done = command("index", folder)
    assert done.code == 3, done
    check_harmless("\n".join(done.lines))
    return command


def named(qa_bot: Command) -> Callable[[str], str]:
    """Puts the id of the only article in the place of `THE_ARTICLE`."""
    (article,) = qa_bot("articles", "list", "--json").json
    return lambda word: str(article["id"]) if word == THE_ARTICLE else word


def check_harmless(shown: str) -> None:
    harmful = {character for character in shown if category(character) in ("Cc", "Cf", "Zl", "Zp")} - {"\n"}
    assert harmful == set(), repr(shown)


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "--threshold", "0", "--more", QUESTION),
        ("ask", "--threshold", "1", "--publisher", f"x{HOSTILE}", f"{QUESTION}{HOSTILE}"),
        ("articles", "list"),
        ("articles", "show", THE_ARTICLE),
        ("sources", "list"),
        ("status",),
        ("index",),
        ("ask", "--since", HOSTILE, QUESTION),
        ("ask", "--encoder", f"/nowhere{HOSTILE}", QUESTION),
        ("ask", f"--{HOSTILE}", QUESTION),
        (f"fly{HOSTILE}",),
        ("index", f"/nowhere{HOSTILE}"),
        ("eval", f"/nowhere{HOSTILE}"),
    ],
    ids=lambda arguments: " ".join(arguments)[:20].encode("ascii", "replace").decode().replace("\x1b", "?"),
)
def test_what_is_shown_is_harmless(qa_bot: Command, arguments: tuple[str, ...]) -> None:
    done = qa_bot(*map(named(qa_bot), arguments))
    assert done.output or done.lines
    check_harmless(done.output)
    check_harmless("\n".join(done.lines))
    assert "unexpected" not in "".join(done.lines)


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "--threshold", "0", QUESTION),
        ("articles", "list"),
        ("articles", "show", THE_ARTICLE),
        ("sources", "list"),
        ("status",),
    ],
    ids=" ".join,
)
def test_json_is_harmless_and_says_the_same(qa_bot: Command, arguments: tuple[str, ...]) -> None:
    done = qa_bot(*map(named(qa_bot), arguments), "--json")
    assert done.code == 0, done
    check_harmless(done.output)
    if arguments[:2] == ("articles", "show"):
        assert done.json["text"] == TEXT


def test_an_answer_fits_a_narrow_terminal(qa_bot: Command) -> None:
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 40, 0, 0))
    environment = {name: value for name, value in qa_bot.environment.items() if name != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-m", "qa_bot", "ask", "--threshold", "0", QUESTION],
        cwd=qa_bot.folder,
        env={**environment, "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.PIPE,
    )
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert (done.returncode, done.stderr) == (0, b"")
    sentence, _, _ = shown.replace("\r", "").partition("\n\n")
    assert "Zorbomann" in sentence
    assert max(map(len, sentence.splitlines())) <= 40
