"""`qa-bot articles list` by publisher, date, source and words, and what `qa-bot status` says of an archive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Command

ROWS = [
    {"title": "The harbour", "publisher": "Reuters", "date": "2024-01-05", "text": "The Harbour was closed by a storm."},
    {"title": "The bridge", "publisher": "Reuters", "date": "2024-02-10T09:30:00+01:00", "text": "The bridge is long."},
    {"title": "The glacier", "publisher": "Straße & Co", "date": "2023-12-31", "text": "The glacier lost ice near the harbour."},
    {"title": "The volcano", "text": "The volcano erupted."},
]  # fmt: skip


@pytest.fixture
def qa_bot(tmp_path: Path, cache_dir: Path) -> Command:
    """The command, with four articles from two sources."""
    for name, rows in (("a.jsonl", ROWS[:2]), ("b.jsonl", ROWS[2:])):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = Command(tmp_path, cache_dir, tmp_path / "data")
    assert command("index", "--quiet", "a.jsonl", "b.jsonl").code == 0
    return command


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        ((), ["bridge", "harbour", "glacier", "volcano"]),
        (("--publisher", "reuters"), ["bridge", "harbour"]),
        (("--publisher", "STRASSE & CO", "--publisher", "Reuters"), ["bridge", "harbour", "glacier"]),
        (("--since", "2024"), ["bridge", "harbour"]),
        (("--since", "2023-12-31", "--until", "2024-01"), ["harbour", "glacier"]),
        (("--source", "*/b.jsonl"), ["glacier", "volcano"]),
        (("--search", "HARBOUR"), ["harbour", "glacier"]),
        (("--search", "harbour storm"), ["harbour"]),
        (("--search", "harbour", "--publisher", "Reuters", "--limit", "1"), ["harbour"]),
        (("--search", "zebra"), []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_articles_are_listed_by_what_they_are(qa_bot: Command, options: tuple[str, ...], titles: list[str]) -> None:
    listed = qa_bot("articles", "list", "--json", *options).json
    assert [article["title"].removeprefix("The ") for article in listed] == titles
    assert [line.rpartition("The ")[2] for line in qa_bot("articles", "list", *options).output.splitlines()] == titles
    if "--limit" not in options:
        assert qa_bot("articles", "list", "--count", *options) == (0, f"{len(titles)}\n", [])
        assert qa_bot("articles", "list", "--count", "--json", *options).json == {"count": len(titles)}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--publisher", "Rueters"), "publisher 'Rueters': no article is by this one; did you mean Reuters?"),
        (("--publisher", "zzz"), "publisher 'zzz': no article is by this one; there are Reuters, Straße & Co"),
        (("--source", "b.json"), "source 'b.json': there is no such source; did you mean {folder}/b.jsonl?"),
        (("--since", "Monday"), "since: 'Monday' is not a date; write 2024-01-31, 2024-01 or 2024"),
        (("--search", " "), "--search: the words are missing"),
        (("--count", "--limit", "3"), "--count, --limit: use one of them"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_mistyped_is_named_with_the_nearest(qa_bot: Command, options: tuple[str, ...], error: str) -> None:
    done = qa_bot("articles", "list", *options)
    assert (done.code, done.output, done.lines) == (2, "", [f"qa-bot: {error.format(folder=qa_bot.folder)}"])


def test_the_status_names_publishers_dates_and_the_last_result_of_each_source(qa_bot: Command) -> None:
    (qa_bot.folder / "b.jsonl").unlink()
    assert qa_bot("index", "--quiet").code == 3
    store = qa_bot("status", "--json").json["store"]
    assert store["publishers"] == {"Reuters": 2, "Straße & Co": 1}
    assert (store["oldest"], store["newest"], store["undated"]) == ("2023-12-31", "2024-02-10", 1)
    good, bad = store["source_results"]
    assert (good["location"], good["articles"], good["last_result"]) == (
        str(qa_bot.folder / "a.jsonl"),
        2,
        "2 unchanged",
    )
    assert bad["last_result"].startswith("there is no such file or folder")
    shown = qa_bot("status").output
    assert "\npublished  2023-12-31 to 2024-02-10; 1 without a date\n" in shown
    assert "\npublishers Reuters (2), Straße & Co (1)\n" in shown
    assert f"\n  {qa_bot.folder / 'a.jsonl'}\n      2 articles; 20" in shown


def test_the_status_of_an_empty_archive(tmp_path: Path, cache_dir: Path) -> None:
    store = Command(tmp_path, cache_dir, tmp_path / "empty")("status", "--json").json["store"]
    assert (store["publishers"], store["oldest"], store["undated"], store["source_results"]) == ({}, None, 0, [])
    assert "none yet; run: qa-bot index FOLDER" in Command(tmp_path, cache_dir, tmp_path / "empty")("status").output
