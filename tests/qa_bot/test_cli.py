"""The command line: what it prints where, its exit codes, its help."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from shlex import split
from typing import Any

import click
import pytest
from commands import Command, parse

from embeddings.articles import article_id
from qa_bot import QABot, Settings, __version__
from qa_bot.cli import COMMANDS, EXAMPLES, cli, main

QUESTION = "Where was Mattis's press conference?"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    seed_bot: QABot,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs a command in this process on the seed articles; returns exit code, stdout and stderr."""
    assert seed_bot.store.encoder
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QA_BOT_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("QA_BOT_CACHE_DIR", str(settings.cache_dir))

    def run_one(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run_one


def shape(value: Any) -> Any:
    """The names and types in a JSON value."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return type(value).__name__


ANSWER = {"text": "str", "start": "int", "end": "int", "confidence": "float"}
SENTENCE = {"text": "str", "start": "int", "end": "int"}
ARTICLE = {"id", "title", "url", "author", "publisher", "published_at", "date_in_text", "source"}


# -- ask ---------------------------------------------------------------------------------------------------------------


def test_an_answer_as_json_has_the_shape_that_others_rely_on(run: Run) -> None:
    code, output, errors = run("ask", "--json", "--threshold", "0", QUESTION)
    assert (code, errors) == (0, "")
    answer = json.loads(output)
    parts = [
        "question",
        "understood_as",
        "answered",
        "answer",
        "sentence",
        "article",
        "also",
        "also_more",
        "agreeing",
        "parts",
    ]
    parts += ["one_of_sides", "alternatives", "missing", "kind", "team_answer", "timings_ms", "days", "verdict"]
    assert list(answer) == parts
    assert (answer["question"], answer["answered"], answer["verdict"]) == (QUESTION, True, "answered")
    assert answer["missing"] is None
    assert answer["understood_as"] is None
    assert shape(answer["answer"]) == ANSWER
    assert shape(answer["sentence"]) == SENTENCE
    assert answer["article"].keys() == ARTICLE
    assert shape(answer["timings_ms"]) == dict.fromkeys(("encode", "search", "read", "total"), "float")
    for alternative in answer["alternatives"]:
        also = ["also", "also_more", "agreeing", "parts", "one_of_sides", "contradicts", "days"]
        assert list(alternative) == ["answer", "sentence", "article", *also]
        assert shape(alternative["answer"]) == ANSWER
        assert shape(alternative["sentence"]) == SENTENCE
        assert alternative["article"].keys() == ARTICLE


def test_no_answer_as_json_is_null_with_what_came_closest(run: Run) -> None:
    code, output, errors = run("ask", "--json", "--threshold", "1", "What is the airspeed velocity of a swallow?")
    assert (code, errors) == (1, "")
    answer = json.loads(output)
    assert [answer[name] for name in ("answered", "answer", "sentence", "article")] == [False, None, None, None]
    assert len(answer["alternatives"]) == 3
    assert answer["verdict"] == "unanswered"
    assert answer["missing"] == {
        "gap": "words",
        "words": ["airspeed", "velocity", "swallow"],
        "others": [],
        "passages": 0,
    }


def test_a_possible_answer_as_json_is_there_but_does_not_count_as_answered(run: Run) -> None:
    code, output, _ = run("ask", "--json", "--threshold", "1", "--possible-threshold", "0", QUESTION)
    answer = json.loads(output)
    assert (code, answer["answered"], answer["verdict"]) == (1, False, "possible")
    assert shape(answer["answer"]) == ANSWER
    code, output, _ = run("ask", "--threshold", "1", "--possible-threshold", "0", QUESTION)
    assert code == 1
    assert output.startswith("Possibly (")


def test_an_answer_is_explained_by_what_was_read_and_what_was_in_the_running(run: Run) -> None:
    code, output, _ = run("ask", "--json", "--explain", "--threshold", "0", QUESTION)
    answer = json.loads(output)
    explanation = answer["explanation"]
    assert code == 0
    assert explanation["threshold"] == explanation["possible_threshold"] == 0
    assert len(explanation["passages"]) == 8
    assert [p["score"] for p in explanation["passages"]] == sorted(
        (p["score"] for p in explanation["passages"]), reverse=True
    )
    best = explanation["contenders"][0]
    assert (best["text"], best["confidence"]) == (answer["answer"]["text"], round(answer["answer"]["confidence"], 4))
    plain = json.loads(run("ask", "--json", "--threshold", "0", QUESTION)[1])
    assert {**answer, "timings_ms": 0} == {**plain, "timings_ms": 0, "explanation": explanation}
    code, output, _ = run("ask", "--explain", "--threshold", "1", "--possible-threshold", "1", QUESTION)
    assert code == 1
    assert "Answers are given from 99% on" in output
    assert "In the running" in output
    assert "Passages that were read" in output
    assert "[passage 1]" in output


def test_a_question_may_come_in_several_words(run: Run) -> None:
    _, output, _ = run("ask", "--json", "Where", "was", "it?")
    assert json.loads(output)["question"] == "Where was it?"


def test_an_answer_for_a_person_goes_to_stdout_without_colours(run: Run) -> None:
    code, output, errors = run("ask", "--threshold", "0", "--more", QUESTION)
    assert (code, errors) == (0, "")
    assert "\x1b" not in output
    assert output.strip()


# -- index -------------------------------------------------------------------------------------------------------------


def test_filters_narrow_what_is_searched(run: Run) -> None:
    code, out, _ = run(
        "ask",
        "--json",
        "--source",
        "*/seeds",
        "--until",
        "2026",
        "--publisher",
        "QA_BOT Seeds",
        "Who walked on the moon?",
    )
    answer = json.loads(out)
    quoted = [answer, *answer["alternatives"]] if answer["answered"] else answer["alternatives"]
    assert code in (0, 1)
    assert {quotation["article"]["publisher"] for quotation in quoted} == {"qa_bot seeds"}


def test_no_answer_under_a_filter_says_that_there_is_one(run: Run) -> None:
    code, out, _ = run("ask", "--publisher", "nobody", "--since", "2024-02", QUESTION)
    assert (code, out.splitlines()) == (
        1,
        [
            "The articles don't say.",
            "Searched only part of the archive: publisher nobody, since 2024-02-01",
            "No article is by “nobody”. There are articles by “qa_bot seeds”.",
        ],
    )


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--since", "2024-13", "since: '2024-13' is not a date; write 2024-01-31, 2024-01 or 2024"),
        ("--until", "tomorrow", "until: 'tomorrow' is not a date"),
        ("--publisher", "", "the name of a publisher is empty"),
    ],
)
def test_a_filter_that_cannot_be_is_named(run: Run, option: str, value: str, complaint: str) -> None:
    code, out, err = run("ask", option, value, QUESTION)
    assert (code, out) == (2, "")
    assert complaint in err


@pytest.fixture
def own(tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """A folder of two articles; commands have a store of their own."""
    monkeypatch.setenv("QA_BOT_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text(
        "---\ntitle: The harbour\ndate: 2024-02-29\nauthor: Ann Reed\n---\nThe harbour reopened."
    )
    (folder / "b.txt").write_text("The bridge is 310 metres long.")
    return folder


def test_the_report_as_json_has_the_shape_that_others_rely_on(run: Run, own: Path) -> None:
    (own / "bad.txt").write_bytes(b"\0")
    code, output, errors = run("index", "--json", "--quiet", own)
    assert code == 3
    report = json.loads(output)
    assert report["passages"].pop("per_second") > 0
    assert report | {"seconds": 0.0} == {
        "new": 2,
        "changed": 0,
        "unchanged": 0,
        "removed": 0,
        "duplicates": 0,
        "failed": [{"source": str(own / "bad.txt"), "reason": report["failed"][0]["reason"]}],
        "passages": {"embedded": 2, "reused": 0, "total": 2},
        "seconds": 0.0,
        "dry_run": False,
        "retracted": 0,
        "articles": 2,
    }
    assert report["seconds"] > 0
    assert errors.count("\n") == 1


def test_quiet_says_nothing_if_all_went_well_and_otherwise_all_goes_to_stderr(run: Run, own: Path) -> None:
    assert run("index", "--quiet", own) == (0, "", "")
    code, output, errors = run("index", own)
    assert (code, output) == (0, "")
    assert errors


def test_if_nothing_could_be_read_that_is_an_error(run: Run, own: Path) -> None:
    (own / "bad.txt").write_bytes(b"\0")
    code, output, errors = run("index", "--quiet", own / "bad.txt")
    assert (code, output) == (2, "")
    assert errors.count("\n") == 1


# -- articles ----------------------------------------------------------------------------------------------------------


def test_articles_are_listed_shown_and_removed_by_the_first_digits_of_their_ids(run: Run, own: Path) -> None:
    run("index", "--quiet", own)
    ids = [article_id(str(own / name))[:12] for name in ("a.txt", "b.txt")]
    code, output, _ = run("articles", "list")
    assert (code, [line[:12] for line in output.splitlines()]) == (0, ids)
    assert output.splitlines()[0] == f"{ids[0]}  2024-02-29  The harbour"
    listed = json.loads(run("articles", "list", "--json")[1])
    assert [article.keys() for article in listed] == [ARTICLE, ARTICLE]
    assert json.loads(run("articles", "list", "--json", "--limit", "1")[1]) == listed[:1]

    code, output, _ = run("articles", "show", ids[0][:5].upper())
    assert code == 0
    assert "The harbour reopened." in output
    assert "by Ann Reed · 2024-02-29 · " in output
    shown = json.loads(run("articles", "show", "--json", ids[0])[1])
    assert shown | {"date_in_text": None} == listed[0] | {"text": "The harbour reopened."}

    assert run("articles", "show", "zzz")[0] == 2
    code, output, errors = run("articles", "remove", "")
    assert (code, output) == (2, "")
    assert "several articles have ids that begin" in errors or "begins so" in errors
    assert run("articles", "remove", ids[0], "zzz")[0] == 2
    assert len(json.loads(run("articles", "list", "--json")[1])) == 2, "all or nothing"
    assert run("articles", "remove", ids[0][:6])[0] == 0
    assert [article["id"][:12] for article in json.loads(run("articles", "list", "--json")[1])] == ids[1:]


def test_an_empty_list_says_what_to_do(run: Run, own: Path) -> None:
    code, output, errors = run("articles", "list")
    assert (code, output) == (0, "")
    assert "is empty; run: qa-bot index FOLDER" in errors
    assert run("articles", "list", "--json")[:2] == (0, "[]\n")


# -- status and help ---------------------------------------------------------------------------------------------------


def test_the_status_as_json_and_for_a_person(run: Run, settings: Settings) -> None:
    code, output, errors = run("status", "--json")
    assert (code, errors) == (0, "")
    status = json.loads(output)
    assert list(status) == ["version", "store", "index", "models", "libraries"]
    assert (status["version"], status["store"]["articles"]) == (__version__, 15)
    assert status["store"]["location"] == str(settings.data_dir)
    assert min(status["index"]["sizes"].values()) > 0
    _, output, _ = run("status")
    assert str(settings.data_dir) in output
    assert f"{status['store']['passages']} passages" in output


def every_command(group: click.Group = cli, *path: str) -> Iterator[tuple[str, ...]]:
    """The words of each command, groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        yield (*path, name)
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from every_command(command, *path, name)


def command_at(words: Sequence[str]) -> click.Context:
    """A command, by the words that name it."""
    context = click.Context(cli)
    for word in words:
        assert isinstance(context.command, click.Group)
        command = context.command.get_command(context, word)
        assert command
        context = click.Context(command, parent=context)
    return context


def examples_of(words: Sequence[str]) -> str:
    examples = command_at(words).command.epilog
    assert examples
    return examples


@pytest.mark.parametrize("words", [(), *every_command()], ids=" ".join)
def test_help_names_every_option_and_fits_on_a_page(run: Run, words: tuple[str, ...]) -> None:
    code, output, errors = run(*words, "--help")
    assert (code, errors) == (0, "")
    assert len(output.splitlines()) <= 60
    assert examples_of(words).strip() in output
    context = command_at(words)
    for parameter in context.command.get_params(context):
        if not getattr(parameter, "hidden", False):
            assert all(name in output for name in parameter.opts if name.startswith("-"))
    words_of_help = {word.rstrip(",") for word in output.split()}
    settings = [name for name in Settings.model_fields if f"--{name.replace('_', '-')}" in words_of_help]
    if not words:
        assert settings == list(Settings.model_fields)
    elif not isinstance(context.command, click.Group):
        assert "data_dir" in settings
        assert len(settings) < len(Settings.model_fields)
        assert "Every command takes all settings, -v, -q and --log-level; see: qa-bot --help" in output


def test_the_version(run: Run) -> None:
    assert run("--version") == (0, f"qa-bot {__version__}\n", "")


def test_every_example_is_a_command_that_there_is() -> None:
    lines = [
        line
        for examples in {EXAMPLES, *map(examples_of, every_command())}
        for line in examples.splitlines()
        if line.startswith("  ")
    ]
    for line in lines:
        command = line.rpartition("qa-bot ")[2].split(" | ")[0].split("   ")[0]
        assert parse(split(command, comments=True)) is not None, line


@pytest.mark.parametrize(
    ("typed", "completions"),
    [
        ("qa-bot ", list(COMMANDS)),
        ("qa-bot ar", ["articles"]),
        ("qa-bot articles re", ["remove", "retract", "retracted", "restore"]),
        ("qa-bot ask --thr", ["--threshold", "--threads"]),
        ("qa-bot eval --mode r", ["reader", "retrieval"]),
    ],
)
def test_a_shell_completes_commands_and_options(
    run: Run, monkeypatch: pytest.MonkeyPatch, typed: str, completions: list[str]
) -> None:
    monkeypatch.setenv("_QA_BOT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(split(typed)) - (not typed.endswith(" "))))
    code, output, errors = run()
    assert (code, errors) == (0, "")
    assert output.splitlines() == [f"plain,{completion}" for completion in completions]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_switched_on_by_a_script_for_the_shell(
    run: Run, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    monkeypatch.setenv("_QA_BOT_COMPLETE", f"{shell}_source")
    code, output, _ = run()
    assert code == 0
    assert f"_QA_BOT_COMPLETE={shell}_complete" in output


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_are_no_error(run: Run, settings: Settings, tmp_path: Path, closed: str) -> None:
    command = Command(tmp_path, settings.cache_dir, settings.data_dir)
    done = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", sys.executable, "-m", "qa_bot", "ask", "--threshold", "0", QUESTION],
        cwd=tmp_path,
        env=command.environment,
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert (b"mattis-nato-russia" in done.stdout) == (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["ask", "--help"]], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(
    run: Run, settings: Settings, tmp_path: Path, arguments: list[str]
) -> None:
    read, write = os.pipe()
    os.close(read)
    command = Command(tmp_path, settings.cache_dir, settings.data_dir)
    with os.fdopen(write, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "qa_bot", *arguments],
            cwd=tmp_path,
            env=command.environment,
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")
