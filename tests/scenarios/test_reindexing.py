"""Articles arrive, change and go while a REPL is open and `qa-bot index --watch` follows their folder."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from commands import Command
from web_site import serving

HERRING = "The fishing fleet of Aldmouth caught {} tonnes of herring in October, said harbour master Ann Reed."
BRIDGE = "The new bridge over the Storvik is {} metres long, the road authority announced."
PATIENCE = 60.0
"""Seconds that a test waits for what should come at once: machines are busy at times."""


def until(check: Callable[[], Any], what: str) -> Any:
    """Waits until something is found."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if result := check():
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come")


class Running:
    """`qa-bot` in a process that goes on; its output is in files, as it comes."""

    def __init__(
        self, qa_bot: Command, name: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self._out = qa_bot.folder / f"{name}.out"
        self._err = qa_bot.folder / f"{name}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "qa_bot", *arguments],
                cwd=qa_bot.folder,
                env={**qa_bot.environment, "PYTHONUNBUFFERED": "1", **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
            )

    def say(self, line: str) -> None:
        """Writes a line to its input."""
        assert self.process.stdin
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    @property
    def output(self) -> str:
        return self._out.read_text()

    @property
    def errors(self) -> str:
        return self._err.read_text()

    def reports(self) -> list[dict[str, Any]]:
        """The reports that it has printed, of `index --watch --json`."""
        return [json.loads(line) for line in self.output.splitlines(keepends=True) if line.endswith("\n")]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Stops it with a signal; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        if self.process.stdin:
            self.process.stdin.close()
        return self.process.wait(PATIENCE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one article."""
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "herring.txt").write_text(HERRING.format(400))
    return folder


@pytest.fixture
def qa_bot(tmp_path: Path, cache_dir: Path) -> Command:
    """The command, with a store of its own."""
    return Command(tmp_path, cache_dir, tmp_path / "data")


@pytest.fixture
def start(qa_bot: Command) -> Iterator[Callable[..., Running]]:
    """Starts commands that go on, and ends them."""
    running: list[Running] = []

    def begin(name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Running:
        running.append(Running(qa_bot, name, *arguments, environment=environment))
        return running[-1]

    yield begin
    for process in running:
        process.end(signal.SIGKILL)


def ask(repl: Running, question: str) -> str:
    """What an open REPL answers."""
    before = len(repl.output)
    repl.say(question)
    return str(until(lambda: "%)" in repl.output[before:] and repl.output[before:], "an answer"))


def test_an_open_repl_answers_from_what_is_new_and_changed_and_never_from_what_is_gone(
    qa_bot: Command, start: Callable[..., Running], folder: Path
) -> None:
    watch = start("watch", "index", "--watch", "--json", str(folder))
    until(watch.reports, "the first report")
    repl = start("repl", "repl", "--threshold", "0")
    assert "400 tonnes" in ask(repl, "How much herring did the fleet of Aldmouth catch?")

    (folder / "bridge.txt").write_text(BRIDGE.format(412))
    until(lambda: len(watch.reports()) == 2, "the report of the new article")
    assert "412 metres" in ask(repl, "How long is the new bridge over the Storvik?")

    (folder / "bridge.txt").write_text(BRIDGE.format(421))
    until(lambda: len(watch.reports()) == 3, "the report of the changed article")
    answer = ask(repl, "How long is the new bridge over the Storvik?")
    assert "421 metres" in answer
    assert "412" not in answer

    (folder / "herring.txt").unlink()
    until(lambda: len(watch.reports()) == 4, "the report of the removed article")
    assert "herring" not in ask(repl, "How much herring did the fleet of Aldmouth catch?")

    counts = [[report[name] for name in ("new", "changed", "unchanged", "removed")] for report in watch.reports()]
    assert counts == [[1, 0, 0, 0], [1, 0, 1, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    assert watch.end(signal.SIGTERM) == 0
    assert "stopped; 1 articles are committed" in watch.errors.splitlines()[-1]


def test_the_answer_is_there_within_a_second_of_the_commit(
    qa_bot: Command, start: Callable[..., Running], folder: Path
) -> None:
    """A second on an idle machine: here, with others at work on it, it must not take several."""
    assert qa_bot("index", "--quiet", folder).code == 0
    repl = start("repl", "repl", "--threshold", "0")
    ask(repl, "How much herring did the fleet of Aldmouth catch?")
    (folder / "bridge.txt").write_text(BRIDGE.format(412))
    assert qa_bot("index", "--quiet").code == 0
    began = time.monotonic()
    assert "412 metres" in ask(repl, "How long is the new bridge over the Storvik?")
    assert time.monotonic() - began < 10


def test_a_file_that_is_written_slowly_is_indexed_once_and_whole(
    start: Callable[..., Running], folder: Path, qa_bot: Command
) -> None:
    watch = start("watch", "index", "--watch", "--json", str(folder))
    until(watch.reports, "the first report")
    with (folder / "slow.txt").open("w") as file:
        for number in range(20):
            file.write(f"Ship {number} came in at {number} o'clock. ")
            file.flush()
            time.sleep(0.15)
    until(lambda: len(watch.reports()) == 2, "the report of the new article")
    assert watch.end(signal.SIGINT) == 130
    assert [report["new"] for report in watch.reports()] == [1, 1]
    (row,) = [a for a in qa_bot("articles", "list", "--json").json if a["source"].endswith("slow.txt")]
    assert "Ship 19 came in" in qa_bot("articles", "show", row["id"]).output


def test_errors_do_not_end_it(start: Callable[..., Running], folder: Path) -> None:
    watch = start("watch", "index", "--watch", "--json", str(folder))
    until(watch.reports, "the first report")
    (folder / "bad.txt").write_bytes(b"\0\0\0")
    until(lambda: "not indexed" in watch.errors and "bad.txt" in watch.errors, "the note about the file")
    away = folder.with_name("away")
    folder.rename(away)
    until(lambda: "the articles from it are kept" in watch.errors, "the note about the folder")
    away.rename(folder)
    (folder / "bad.txt").write_text(BRIDGE.format(412))
    until(lambda: watch.reports()[-1]["new"] == 1 and len(watch.reports()) > 2, "the report of the mended file")
    assert watch.process.poll() is None
    assert watch.errors.count("not indexed: ") == watch.errors.count(f"not indexed: {folder / 'bad.txt'}") + 1 == 2
    lines = watch.errors.splitlines()
    assert all(re.match(r"qa-bot: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", line) for line in lines), lines
    assert any(line.endswith(f" new: {folder / 'bad.txt'}") for line in lines)


def test_sources_that_another_process_adds_are_followed_too(
    qa_bot: Command, start: Callable[..., Running], folder: Path, tmp_path: Path
) -> None:
    watch = start("watch", "index", "--watch", "--json", str(folder))
    until(watch.reports, "the first report")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "bridge.txt").write_text(BRIDGE.format(412))
    assert qa_bot("sources", "add", tmp_path / "other").code == 0
    until(lambda: len(watch.reports()) == 2, "the report of the new source")
    assert watch.reports()[1]["new"] == 1


FEED = '<rss version="2.0"><channel><title>The Example</title>{}</channel></rss>'
ITEM = "<item><title>{0}</title><link>/{0}</link></item>"
PAGE = "<html><head><title>{}</title></head><body><article><p>{}</p></article></body></html>"


def test_a_feed_is_followed(start: Callable[..., Running], qa_bot: Command) -> None:
    environment = {"QA_BOT_ALLOW_PRIVATE_ADDRESSES": "true", "QA_BOT_WATCH_SECONDS": "1"}
    with serving() as site:
        site.pages = {
            "/feed.xml": FEED.format(ITEM.format("bridge")),
            "/bridge": PAGE.format("Bridge", BRIDGE.format(412) + " It was opened by the minister on Monday at noon."),
            "/herring": PAGE.format("Herring", HERRING.format(400) + " The fleet has twelve ships, two of them new."),
        }
        watch = start("watch", "index", "--watch", "--json", site.url("/feed.xml"), environment=environment)
        until(watch.reports, "the first report")
        site.pages["/feed.xml"] = FEED.format(ITEM.format("herring"))
        until(lambda: len(watch.reports()) == 2, "the report of the new article")
        assert [report["new"] for report in watch.reports()] == [1, 1]
        del site.pages["/feed.xml"]
        until(lambda: "feed.xml" in watch.errors, "the note about the feed")
        assert watch.end() == 0
    titles = {article["title"] for article in qa_bot("articles", "list", "--json").json}
    assert titles == {"bridge", "herring"}  # what a feed does not name any more is not gone


@pytest.mark.slow
def test_a_run_without_a_terminal_says_how_far_it_is_now_and_then(qa_bot: Command, folder: Path) -> None:
    for number in range(100):
        (folder / f"{number}.txt").write_text(f"Ship {number} came in. " * 60)
    done = qa_bot("index", folder, environment={"QA_BOT_THREADS": "1"})
    assert done.code == 0
    assert done.lines[-2].startswith("Articles: 101 new")
    assert all(" of 101 articles" in line for line in done.lines[:-2])


# -- sources -----------------------------------------------------------------------------------------------------------


def test_sources_are_listed_added_and_removed(qa_bot: Command, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(BRIDGE.format(412))
    assert qa_bot("index", "--quiet", folder).code == 0
    assert qa_bot("sources", "add", "other.txt").code == 0
    listed = qa_bot("sources", "list", "--json").json
    assert [(source["location"], source["articles"]) for source in listed] == [(str(folder), 1), (str(other), 0)]
    assert listed[0]["last_result"] == "1 new"
    assert qa_bot("index", "--quiet", "--json").json["new"] == 1
    shown = qa_bot("sources", "list").output
    assert str(other) in shown
    assert "1 articles" in shown
    done = qa_bot("sources", "remove", "articles")
    assert (done.code, done.lines) == (0, ["sources removed: 1; articles that no other source has: 1"])
    assert [source["location"] for source in qa_bot("sources", "list", "--json").json] == [str(other)]
    assert [Path(article["source"]).name for article in qa_bot("articles", "list", "--json").json] == ["other.txt"]
    assert qa_bot("sources", "remove", "articles").code == 2


def test_a_dry_run_says_what_would_be_done_and_does_nothing(qa_bot: Command, folder: Path) -> None:
    assert qa_bot("index", "--quiet", folder).code == 0
    (folder / "bridge.txt").write_text(BRIDGE.format(412))
    (folder / "again.txt").write_text(BRIDGE.format(412))
    (folder / "herring.txt").unlink()
    expected = {"new": 2, "changed": 0, "unchanged": 0, "removed": 1, "duplicates": 1}
    for arguments in ((), (str(folder),)):
        report = qa_bot("index", "--dry-run", "--json", *arguments).json
        assert {name: report[name] for name in expected} == expected
        assert report["passages"]["embedded"] == 1
        assert report["dry_run"] is True
    assert qa_bot("index", "--dry-run").lines[0] == "Dry run: nothing has changed."
    assert len(qa_bot("articles", "list", "--json").json) == 1
    report = qa_bot("index", "--quiet", "--json").json
    assert {name: report[name] for name in expected} == expected


def test_a_dry_run_of_what_was_never_indexed_leaves_no_trace(qa_bot: Command, folder: Path) -> None:
    assert qa_bot("index", "--dry-run", "--json", folder).json["new"] == 1
    assert qa_bot("sources", "list", "--json").json == []


def test_how_a_source_is_read_is_remembered_with_it(qa_bot: Command, folder: Path) -> None:
    (folder / "drafts").mkdir()
    (folder / "drafts" / "bridge.txt").write_text(BRIDGE.format(412))
    (folder / "rows.jsonl").write_text(json.dumps({"headline": "Ferry", "text": "The ferry sails at noon."}) + "\n")
    done = qa_bot("index", "--quiet", "--json", "--exclude", "drafts/*", "--field", "title=headline", folder)
    assert (done.code, done.json["new"]) == (0, 2)
    assert "Ferry" in [article["title"] for article in qa_bot("articles", "list", "--json").json]
    assert qa_bot("index", "--quiet", "--json").json["unchanged"] == 2
    assert qa_bot("index", "--quiet", "--json", folder).json["unchanged"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--field", "title", "."), "--field title: not FACT=NAME"),
        (("--field", "colour=red", "."), "--field: 'colour' is not a fact"),
        (("--exclude", "*.md"), "name the sources"),
        (("--dry-run", "--watch", "."), "--dry-run: does not work"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_options_that_make_no_sense_are_named(qa_bot: Command, arguments: tuple[str, ...], words: str) -> None:
    done = qa_bot("index", *arguments)
    assert done.code == 2
    assert words in done.lines[0]


def test_a_second_writer_waits_for_the_first(qa_bot: Command, start: Callable[..., Running], folder: Path) -> None:
    for number in range(60):
        (folder / f"{number}.txt").write_text(f"Ship {number} came in. " * 40)
    environment = {"QA_BOT_COMMIT_PASSAGES": "4"}
    first = start("first", "index", "--quiet", "--json", str(folder), environment=environment)
    second = qa_bot("index", "--quiet", "--json", folder, environment=environment)
    assert first.process.wait(PATIENCE) == second.code == 0
    assert len(qa_bot("articles", "list", "--json").json) == 61
    assert qa_bot("index", "--quiet", "--json").json["unchanged"] == 61
