"""Many questions from a pipe or a file, one a line: JSON lines, CSV and Markdown with citations."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from commands import Command, Done
from seed_answers import ANSWERS, OTHER_QUESTION, QUESTION, UNANSWERED

from qa_bot import QABot, Settings
from qa_bot.terminal.csv_rows import COLUMNS


@pytest.fixture
def qa_bot(tmp_path: Path, seed_bot: QABot, settings: Settings) -> Command:
    """The command, on the seed articles."""
    assert seed_bot.store.status().articles == 15
    return Command(tmp_path, settings.cache_dir, settings.data_dir)


def piped(qa_bot: Command, text: str, *arguments: str) -> Done:
    """Runs `qa-bot ask` with text on stdin."""
    done = subprocess.run(
        [sys.executable, "-m", "qa_bot", "ask", *arguments],
        input=text.encode(),
        cwd=qa_bot.folder,
        env=qa_bot.environment,
        capture_output=True,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode().splitlines())


def test_a_pipe_gets_one_json_object_a_line(qa_bot: Command) -> None:
    done = piped(qa_bot, f"\ufeff{QUESTION}\n\n   \n{UNANSWERED}\r\n{OTHER_QUESTION}", "--json", "-")
    assert (done.code, done.lines) == (1, [])
    first, second, third = map(json.loads, done.output.splitlines())
    assert first == {**qa_bot("ask", "--json", QUESTION).json, "timings_ms": first["timings_ms"]}
    assert first["answer"]["text"] == ANSWERS[QUESTION]
    assert (second["question"], second["answered"]) == (UNANSWERED, False)
    assert third["answer"]["text"] == ANSWERS[OTHER_QUESTION]


def test_the_exit_code_is_the_worst_and_one_bad_line_stops_no_other(qa_bot: Command) -> None:
    assert piped(qa_bot, f"{QUESTION}\n", "-").code == 0
    assert piped(qa_bot, f"{QUESTION}\n{UNANSWERED}\n", "-").code == 1
    done = piped(qa_bot, f"???\n{QUESTION}\n", "--json", "-")
    assert done.code == 2
    assert done.lines == ["qa-bot: line 1: the question has no words in it; ask in words"]
    bad, good = map(json.loads, done.output.splitlines())
    assert bad == {"question": "???", "error": "the question has no words in it; ask in words"}
    assert good["answered"]


def test_answers_come_as_they_are_found(qa_bot: Command) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "qa_bot", "ask", "--json", "-"],
        cwd=qa_bot.folder,
        env=qa_bot.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        for question in (QUESTION, OTHER_QUESTION):
            process.stdin.write(f"{question}\n".encode())
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["answer"]["text"] == ANSWERS[question]
        process.stdin.close()
    assert process.returncode == 0


def test_a_file_of_questions_becomes_a_table_with_citations(qa_bot: Command) -> None:
    (qa_bot.folder / "questions.txt").write_text(f"{QUESTION}\n{UNANSWERED}\n???\n")
    done = qa_bot("ask", "--file", "questions.txt", "--output", "csv")
    assert done.code == 2
    rows = list(csv.DictReader(io.StringIO(done.output)))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["verdict"] for row in rows] == ["answered", "unanswered", ""]
    cited = rows[0]
    assert (cited["answer"], cited["title"]) == (ANSWERS[QUESTION], "The Voyager Probes, Still Calling Home")
    assert (cited["date"], cited["url"]) == ("2024-09-05", "https://example.org/qa-bot-seeds/voyager-probes")
    assert cited["source"].endswith("voyager-probes.txt")
    assert rows[2]["error"] == "the question has no words in it; ask in words"


def test_a_spreadsheet_runs_nothing_that_an_article_says(tmp_path: Path, cache_dir: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    record = {
        "title": '=HYPERLINK("http://evil.example")',
        "publisher": "@sum",
        "text": "The bridge is 310 metres long.",
    }
    (folder / "a.jsonl").write_text(json.dumps(record))
    command = Command(tmp_path, cache_dir, tmp_path / "data")
    command("index", "--quiet", folder)
    done = command("ask", "--threshold", "0", "--output", "csv", "How long is the bridge?")
    (row,) = csv.DictReader(io.StringIO(done.output))
    assert row["title"] == '\'=HYPERLINK("http://evil.example")'
    assert row["publisher"] == "'@sum"


def test_markdown_quotes_the_sentence_and_links_the_article(qa_bot: Command) -> None:
    done = piped(qa_bot, f"{QUESTION}\n{UNANSWERED}\n", "--output", "markdown", "-")
    answered, _, unanswered = done.output.partition(f"### {UNANSWERED}")
    assert answered.startswith(f"### {QUESTION}\n\nFairly sure (")
    assert f"> Despite its number, Voyager 2 left first, on **{ANSWERS[QUESTION]}**.\n" in answered
    link = "[The Voyager Probes, Still Calling Home](https://example.org/qa-bot-seeds/voyager-probes)"
    assert f"> — {link}, qa\\_bot seeds, 5 September 2024\n" in answered
    assert "The articles don't say. No article has “executive” or “Toyota”." in unanswered


def test_nothing_in_an_article_is_markdown(tmp_path: Path, cache_dir: Path) -> None:
    from markdown_it import MarkdownIt

    folder = tmp_path / "articles"
    folder.mkdir()
    text = "The <b>bridge</b> of *Aldmouth* is [310 metres](http://evil.example) long, `said` ![x](http://evil.example/x.png)"
    record = {"title": "# A [long](http://evil.example) | bridge", "text": text, "url": "https://news.example/a_(b)"}
    (folder / "a.jsonl").write_text(json.dumps(record))
    command = Command(tmp_path, cache_dir, tmp_path / "data")
    command("index", "--quiet", folder)
    done = command("ask", "--threshold", "0", "--output", "markdown", "How long is the bridge of <i>Aldmouth</i>?")
    html = MarkdownIt("commonmark").render(done.output)
    assert html.count("<a ") == html.count('<a href="https://news.example/a_%28b%29">') == 1
    assert "<img" not in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "<code>" not in html
    assert "# A [long](http://evil.example) | bridge</a>" in html
    assert html.count("<strong>") == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "qa-bot ask: the question is missing; write it, or - for questions on stdin; see: qa-bot ask --help"),
        (
            ("--file", "nowhere"),
            "qa-bot: nowhere: cannot be read (No such file or directory); name a file of questions, one a line",
        ),
        (("--file", "nowhere", "Who?"), "qa-bot: QUESTION, --file: name one of them"),
        (("--json", "--output", "csv", "Who?"), "qa-bot: --json, --output csv: name one of them"),
        (
            ("--explain", "--output", "csv", "Who?"),
            "qa-bot: --explain: does not work with --output csv; use --output text or json",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_mistakes_are_named(qa_bot: Command, arguments: tuple[str, ...], error: str) -> None:
    done = qa_bot("ask", *arguments)
    assert (done.code, done.output, done.lines) == (2, "", [error])


def test_no_question_at_all_is_a_mistake(qa_bot: Command) -> None:
    done = piped(qa_bot, "\n\n", "-")
    assert (done.code, done.lines) == (2, ["qa-bot: there is no question in the input; write one a line"])
