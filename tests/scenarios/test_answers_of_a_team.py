"""A team's own answer stands above what the articles say, in each of the ways to ask."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from commands import Command

from qa_bot import QABot, Settings

QUESTION = "Who waters the plants in the newsroom?"
OTHER_WORDS = "who's watering the newsroom plants"


@pytest.fixture
def qa_bot(tmp_path: Path, seed_bot: QABot, settings: Settings) -> Command:
    """The command, on a copy of the store of the seed articles."""
    assert seed_bot.store.status().articles == 15
    shutil.copytree(settings.data_dir, tmp_path / "data")
    return Command(tmp_path, settings.cache_dir, tmp_path / "data")


def add(qa_bot: Command, *words: str) -> str:
    added = qa_bot("answers", "add", *words)
    assert added.code == 0, added.lines
    return added.output.strip()


def test_it_is_shown_first_and_the_articles_below(qa_bot: Command) -> None:
    add(
        qa_bot,
        QUESTION,
        "Dana does, on Mondays.\nEve does, on Fridays.",
        "--by",
        "Ann",
        "--link",
        "https://wiki.example/p",
    )
    asked = qa_bot("ask", OTHER_WORDS)
    assert asked.code == 0
    lines = asked.output.splitlines()
    assert lines[0].startswith("Team answer by Ann, ")
    shown = asked.output
    assert (
        shown.index(QUESTION)
        < shown.index("Dana does")
        < shown.index("Eve does")
        < shown.index("https://wiki.example/p")
    )
    assert shown.index("wiki.example") < shown.index("From the articles:") < shown.index("The articles don't say.")


def test_json_keeps_it_apart_from_quotations(qa_bot: Command) -> None:
    identity = add(qa_bot, QUESTION, "Dana does.", "--by", "Ann")
    answer = qa_bot("ask", "--json", QUESTION).json
    assert answer["team_answer"]["id"] == identity
    assert (answer["team_answer"]["text"], answer["team_answer"]["by"]) == ("Dana does.", "Ann")
    assert (answer["answered"], answer["verdict"], answer["answer"]) == (False, "unanswered", None)
    other = qa_bot("ask", "--json", "When was Voyager 2 launched?").json
    assert other["team_answer"] is None
    assert other["answered"]


def test_an_answer_of_the_articles_stays_below_it(qa_bot: Command) -> None:
    add(qa_bot, "When was Voyager 2 launched?", "See the wall.", "--by", "Ann")
    shown = qa_bot("ask", "When was Voyager 2 launched?").output
    assert shown.index("See the wall.") < shown.index("From the articles:") < shown.index("**August 20, 1977**")
    markdown = qa_bot("ask", "--output", "markdown", "When was Voyager 2 launched?").output
    assert markdown.index("See the wall") < markdown.index("**August 20, 1977**")
    table = qa_bot("ask", "--output", "csv", "When was Voyager 2 launched?").output
    assert "See the wall.,Ann" in table


def test_list_and_remove(qa_bot: Command) -> None:
    first = add(qa_bot, QUESTION, "Dana does.", "--by", "Ann")
    second = add(qa_bot, "Who makes the coffee?", "\x1b[31mNobody.", "--by", "Bob")
    listed = qa_bot("answers", "list").output
    assert first in listed
    assert second in listed
    assert "\x1b" not in listed
    assert {answer["id"] for answer in qa_bot("answers", "list", "--json").json} == {first, second}
    unknown = qa_bot("answers", "remove", first[:5], "nonsense")
    assert unknown.code == 2
    assert "qa-bot answers list" in unknown.lines[0]
    assert qa_bot("answers", "remove", first[:5]).code == 0
    assert first not in qa_bot("answers", "list").output


def test_words_that_would_drive_a_terminal_are_shown(qa_bot: Command) -> None:
    add(qa_bot, QUESTION, "Dana\x1b]0;owned\x07 does.", "--by", "\x1b[1mAnn")
    assert "\x1b" not in qa_bot("ask", QUESTION).output


def test_a_broken_file_costs_no_answer(qa_bot: Command) -> None:
    add(qa_bot, QUESTION, "Dana does.")
    (qa_bot.data_dir / "team-answers.sqlite3").write_bytes(b"broken" * 1000)
    asked = qa_bot("ask", "When was Voyager 2 launched?")
    assert asked.code == 0
    assert "August 20, 1977" in asked.output
    assert "team-answers.sqlite3" in " ".join(asked.lines)
