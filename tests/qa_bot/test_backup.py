"""`qa-bot backup` and `qa-bot restore`: the data folder, whole at one moment and back again."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Command

from embeddings.errors import StoreError
from qa_bot import QABot
from qa_bot.backup import MANIFEST, back_up, read_manifest, restore
from qa_bot.feedback import FeedbackLog, Judgement, Verdict
from qa_bot.slack.jobs.state import SlackState

QUESTION = "Which committee held the hearing?"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path, seeds_folder: Path) -> Path:
    """A data folder with the seeds, feedback, what Slack's app remembers, and a posted file."""
    folder = tmp_path_factory.mktemp("original")
    run = Command(folder.parent, cache_dir, folder)
    assert run("index", seeds_folder).code == 0
    log, state = FeedbackLog(folder), SlackState(folder)
    log.add(Judgement(question=QUESTION, verdict=Verdict.RIGHT, person="1"))
    state.remember_answer("C1", "1.0", "2.0")
    assert run("answers", "add", "Who waters the plants?", "Dana.").code == 0
    log.close()
    state.close()
    posted = folder / "slack_files" / "T1" / "C1" / "memo.txt"
    posted.parent.mkdir(parents=True)
    posted.write_text("A memo.")
    return folder


@pytest.fixture
def run(tmp_path: Path, cache_dir: Path, data_dir: Path) -> Command:
    """Commands on that folder."""
    return Command(tmp_path, cache_dir, data_dir)


def test_what_is_restored_answers_as_before(tmp_path: Path, cache_dir: Path, run: Command) -> None:
    made = run("backup", tmp_path / "backup", "--json")
    assert made.code == 0, made
    assert made.json == json.loads((tmp_path / "backup" / MANIFEST).read_text())
    assert made.json["articles"] == 15
    assert {file["path"] for file in made.json["files"]} == {
        "qa_bot.sqlite3", "feedback.sqlite3", "team-answers.sqlite3", "slack.sqlite3", "slack_files/T1/C1/memo.txt",
    }  # fmt: skip
    restored = Command(tmp_path, cache_dir, tmp_path / "new" / "data")
    done = restored("restore", tmp_path / "backup")
    assert done.code == 0, done
    assert done.output.startswith("Restored 15 articles to ")
    assert any("files that were posted in Slack are remembered under" in line for line in done.lines)
    before, after = run("ask", "--json", QUESTION).json, restored("ask", "--json", QUESTION).json
    assert {**before, "timings_ms": 0} == {**after, "timings_ms": 0}
    state = SlackState(restored.data_dir)
    assert state.answer_to("C1", "1.0") == "2.0"
    state.close()
    assert "Dana." in restored("ask", "who waters the plants").output
    assert restored("index", "--json").json["passages"]["embedded"] == 0
    assert restored("status", "--json").json["store"]["articles"] == 15


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_nobody_else_can_read_a_backup(tmp_path: Path, run: Command) -> None:
    assert run("backup", tmp_path / "backup").code == 0
    made = [tmp_path / "backup", *(tmp_path / "backup").rglob("*")]
    assert all(path.stat().st_mode & 0o077 == 0 for path in made), made


def test_what_is_there_is_never_overwritten(tmp_path: Path, cache_dir: Path, data_dir: Path, run: Command) -> None:
    (tmp_path / "notes").mkdir()
    refused = run("backup", tmp_path / "notes")
    assert refused.code == 2
    assert refused.lines[-1].endswith("exists already and is left as it is; name a new folder")
    assert run("backup", tmp_path / "backup").code == 0
    refused = run("restore", tmp_path / "backup")
    assert refused.code == 2
    assert "is not empty and is left as it is" in refused.lines[-1]
    assert run("ask", QUESTION).code == 0
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == [], "nothing lies about"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / MANIFEST).unlink(), "is no backup (backup.json is missing)"),
        (lambda folder: (folder / MANIFEST).write_text("{"), "backup.json: is damaged"),
        (
            lambda folder: (folder / MANIFEST).write_text('{"format": 99, "qa_bot": "7.0"}'),
            "made by qa-bot 7.0; update",
        ),
        (lambda folder: (folder / "feedback.sqlite3").write_bytes(b"x"), "is not as it was backed up"),
        (lambda folder: (folder / "qa_bot.sqlite3").unlink(), "is missing from the backup"),
        (lambda folder: _rename(folder, "../../outside"), "lies outside the backup"),
        (lambda folder: _rename(folder, "/etc/hostname"), "lies outside the backup"),
    ],
)
def test_a_backup_that_is_not_whole_is_not_restored(
    tmp_path: Path, data_dir: Path, cache_dir: Path, spoil: Callable[[Path], None], words: str
) -> None:
    back_up(data_dir, tmp_path / "backup")
    spoil(tmp_path / "backup")
    done = Command(tmp_path, cache_dir, tmp_path / "data")("restore", tmp_path / "backup")
    assert done.code == 2
    assert words in done.lines[-1], done.lines
    assert not (tmp_path / "data").exists(), "no half of it"


def _rename(folder: Path, name: str) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    next(file for file in manifest["files"] if file["path"].startswith("feedback"))["path"] = name
    (folder / MANIFEST).write_text(json.dumps(manifest))


def test_a_damaged_store_is_not_backed_up(tmp_path: Path, data_dir: Path) -> None:
    shutil.copytree(data_dir, tmp_path / "data")
    with (tmp_path / "data" / "qa_bot.sqlite3").open("r+b") as file:
        file.seek(40_000)
        file.write(b"\xff" * 60_000)
    with pytest.raises(StoreError):
        back_up(tmp_path / "data", tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_without_a_store_there_is_nothing_to_back_up(tmp_path: Path, cache_dir: Path) -> None:
    done = Command(tmp_path, cache_dir, tmp_path / "none")("backup", tmp_path / "backup")
    assert (done.code, done.output) == (2, "")
    assert "there is no store to back up; run: qa-bot index FOLDER" in done.lines[-1]
    assert not (tmp_path / "none").exists()


def test_a_backup_is_of_one_moment_while_others_write(tmp_path: Path, new_bot: Callable[..., QABot]) -> None:
    """Each commit holds ten articles, so a backup holds a multiple of ten."""
    bot = new_bot()
    ended = threading.Event()

    def write() -> None:
        for edition in range(1000):
            if ended.is_set():
                return
            folder = tmp_path / "articles" / str(edition)
            folder.mkdir(parents=True)
            for number in range(10):
                (folder / f"{number}.txt").write_text(f"Report {edition} of station {number}: it rained all day.")
            bot.reindex([str(folder)])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts: list[int] = []
        while len(counts) < 8:
            time.sleep(0.2)
            if bot.settings.data_dir.joinpath("qa_bot.sqlite3").exists() and bot.store.encoder:
                counts.append(back_up(bot.settings.data_dir, tmp_path / f"backup-{len(counts)}").articles)
    finally:
        ended.set()
        writer.join()
    assert all(count % 10 == 0 for count in counts)
    assert len(set(counts)) > 1, "it was written to meanwhile"


def test_a_backup_that_is_killed_is_not_there(tmp_path: Path, cache_dir: Path, data_dir: Path) -> None:
    """And neither is a folder that one might take for it; the data folder is as before."""
    code = (
        f"from qa_bot.backup import back_up; from pathlib import Path; back_up(Path({str(data_dir)!r}), Path('backup'))"
    )
    chance = random.Random(7)
    whole = 0
    for _ in range(12):
        process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
        time.sleep(chance.uniform(0.1, 1.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (tmp_path / "backup").exists():
            whole += 1
            restore(tmp_path / "backup", tmp_path / f"data-{whole}")
            shutil.rmtree(tmp_path / "backup")
    back_up(data_dir, tmp_path / "last")
    assert sqlite3.connect(tmp_path / "last" / "qa_bot.sqlite3").execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert read_manifest(tmp_path / "last").articles == 15
