"""A retracted article is gone from every answer at once, whatever source brings it again, until somebody restores it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Command
from web_site import serving

from qa_bot import QABot, load_settings

QUESTION = "How many tonnes of herring did the fleet catch?"
STORY = (
    "The fishing fleet of Aldmouth caught 1204 tonnes of herring in October, said harbour master Ann Reed. "
    "The boats stayed in the bay for three weeks because of the storms in the north. "
    "In the market hall the price of a crate fell by a third, and the smokehouse worked through the night."
)
COPY = STORY.replace("said harbour master Ann Reed", "harbour master Ann Reed said") + " Reporting by the agency."
OTHER = "The new bridge over the Storvik is 310 metres long, the road authority announced."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A story, a copy of it, and another article."""
    folder = tmp_path / "articles"
    folder.mkdir()
    records = [
        {"id": "story", "title": "A good catch", "text": STORY, "url": "https://news.example/catch"},
        {"id": "bridge", "title": "A long bridge", "text": OTHER, "url": "https://news.example/bridge"},
    ]
    (folder / "news.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (folder / "copy.txt").write_text(COPY)
    return folder


@pytest.fixture
def qa_bot(tmp_path: Path, cache_dir: Path, folder: Path) -> Command:
    """The command, with these articles indexed."""
    command = Command(tmp_path, cache_dir, tmp_path / "data")
    assert command("index", "--quiet", folder).code == 0
    return command


def article(qa_bot: Command, title: str) -> str:
    """The id of the article with a title."""
    return str(next(one["id"] for one in qa_bot("articles", "list", "--json").json if one["title"] == title))


def titles(qa_bot: Command) -> list[str]:
    """The titles in the store."""
    return [one["title"] for one in qa_bot("articles", "list", "--json").json]


def test_a_retracted_article_and_its_copy_are_gone_at_once_also_for_a_bot_that_is_open(
    qa_bot: Command, cache_dir: Path
) -> None:
    with QABot(load_settings(data_dir=qa_bot.data_dir, cache_dir=cache_dir)) as bot:
        before = bot.ask(QUESTION)
        assert before.answer is not None
        assert "1204" in before.answer.text
        done = qa_bot("articles", "retract", article(qa_bot, "A good catch")[:12], "--reason", "the figure is wrong")
        assert (done.code, done.output) == (0, "")
        assert [line.startswith("qa-bot: retracted: ") for line in done.lines] == [True, True]
        assert done.lines[1].endswith(", a copy")
        after = bot.ask(QUESTION)
    quoted = [quotation.sentence.text for quotation in after.alternatives]
    assert not any("herring" in text for text in [*quoted, after.sentence.text if after.sentence else ""])
    assert titles(qa_bot) == ["A long bridge"]


def test_no_index_run_brings_it_back_from_any_source(qa_bot: Command, folder: Path, tmp_path: Path) -> None:
    qa_bot("articles", "retract", "https://NEWS.example/catch/#comments")
    (folder / "another copy.md").write_text(f"# Herring galore\n\n{COPY}")
    # the same address from another file, with other words; and its words, laid out in another way
    (folder / "more.jsonl").write_text(
        json.dumps({"title": "Corrected", "text": "Everything about it was wrong.", "url": "http://news.example/catch"})
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "words.txt").write_text(STORY.upper().replace(" ", "\n"))
    report = qa_bot("index", "--json", folder, elsewhere).json
    assert (report["new"], report["changed"], report["retracted"]) == (0, 0, 5)
    assert titles(qa_bot) == ["A long bridge"]
    assert qa_bot("index", "--rebuild").code == 0
    done = qa_bot("index")
    assert "Left out, as retracted: 5 (see: qa-bot articles retracted)" in done.lines
    assert titles(qa_bot) == ["A long bridge"]
    preview = qa_bot("index", "--dry-run", "--json", folder, elsewhere).json
    assert (preview["new"], preview["retracted"]) == (0, 5)


def test_an_article_that_turns_into_a_retracted_one_goes(qa_bot: Command, folder: Path) -> None:
    (folder / "bridge.txt").write_text("The old bridge was closed.")
    qa_bot("index")
    qa_bot("articles", "retract", "https://news.example/catch")
    (folder / "bridge.txt").write_text(STORY)
    report = qa_bot("index", "--json").json
    assert (report["removed"], report["retracted"]) == (1, 3)
    assert titles(qa_bot) == ["A long bridge"]


def test_all_articles_at_an_address_go_with_it(qa_bot: Command, folder: Path) -> None:
    other = {"title": "Corrected", "text": "Nothing of it was right.", "url": "http://news.example/catch/"}
    (folder / "more.jsonl").write_text(json.dumps(other))
    assert qa_bot("index", "--json").json["new"] == 1
    assert len(qa_bot("articles", "retract", "https://news.example/catch").lines) == 3
    assert titles(qa_bot) == ["A long bridge"]


def test_an_address_can_be_retracted_before_it_is_indexed(qa_bot: Command, tmp_path: Path) -> None:
    with serving() as site:
        site.pages["/story"] = (
            f"<html><title>Catch</title><body><article><p>{OTHER} Its cost is known.</p></article></body>"
        )
        url = site.url("/story")
        done = qa_bot("articles", "retract", url)
        assert done.lines == [f"qa-bot: no article has the address {url}; none will be indexed from it"]
        done = qa_bot("index", "--allow-private-addresses", "true", "--json", url)
        assert (done.code, done.json["new"], done.json["retracted"]) == (0, 0, 1)
        assert qa_bot("articles", "restore", url).code == 0
        assert qa_bot("index", "--allow-private-addresses", "true", "--json", url).json["new"] == 1


def test_the_list_says_what_when_and_why(qa_bot: Command) -> None:
    assert qa_bot("articles", "retracted").lines == ["qa-bot: no article is retracted"]
    identity = article(qa_bot, "A good catch")
    qa_bot("articles", "retract", identity, "--reason", "  the figure\nis wrong ")
    shown = qa_bot("articles", "retracted").output.splitlines()
    assert shown[0].startswith(f"{identity[:12]}  20")
    assert shown[0].endswith("  A good catch")
    assert shown[1].strip() == "the figure is wrong"
    assert shown[2].endswith(f"(a copy of {identity[:12]})")
    story, copy = qa_bot("articles", "retracted", "--json").json
    assert (story["id"], story["copy_of"], story["reason"]) == (identity, None, "the figure is wrong")
    assert (story["title"], story["url"]) == ("A good catch", "https://news.example/catch")
    assert (copy["copy_of"], copy["source"]) == (identity, str(qa_bot.folder / "articles" / "copy.txt"))


def test_restoring_undoes_it_without_reading_or_embedding_anything_again(qa_bot: Command) -> None:
    before = qa_bot("articles", "list", "--json").json
    answer = qa_bot("ask", "--json", QUESTION).json
    identity = article(qa_bot, "A good catch")
    qa_bot("articles", "retract", identity)
    done = qa_bot("articles", "restore", identity)
    assert [line.partition(": ")[2][:9] for line in done.lines] == ["restored:"] * 2
    assert qa_bot("articles", "list", "--json").json == before
    again = qa_bot("ask", "--json", QUESTION).json
    assert {**again, "timings_ms": 0} == {**answer, "timings_ms": 0}
    report = qa_bot("index", "--json").json
    assert (report["unchanged"], report["passages"]["embedded"], report["retracted"]) == (3, 0, 0)


def test_a_copy_can_be_restored_alone(qa_bot: Command) -> None:
    qa_bot("articles", "retract", "https://news.example/catch")
    copy = next(one for one in qa_bot("articles", "retracted", "--json").json if one["copy_of"])
    assert qa_bot("articles", "restore", copy["id"]).code == 0
    assert len(qa_bot("articles", "retracted", "--json").json) == 1


def test_what_no_source_has_any_more_is_not_stored_again(qa_bot: Command, folder: Path) -> None:
    qa_bot("articles", "retract", "https://news.example/catch")
    qa_bot("sources", "remove", folder)
    done = qa_bot("articles", "restore", "https://news.example/catch")
    assert done.code == 0
    assert "its source is no longer remembered; index it again" in done.lines[0]
    assert titles(qa_bot) == []


def test_mistakes_are_named(qa_bot: Command) -> None:
    identity = article(qa_bot, "A good catch")
    qa_bot("articles", "retract", identity)
    done = qa_bot("articles", "retract", identity)
    assert done.code == 2
    assert "has been retracted on 20" in done.lines[0]
    assert f"run: qa-bot articles restore {identity[:12]}" in done.lines[0]
    assert qa_bot("articles", "retract", "zzz").lines == [
        "qa-bot: zzz: no article has an id that begins so; see: qa-bot articles list"
    ]
    assert qa_bot("articles", "restore", "zzz").lines == [
        "qa-bot: zzz: no retracted article has an id that begins so; see: qa-bot articles retracted"
    ]
    assert qa_bot("articles", "retract", "ftp://x").lines == [
        "qa-bot: ftp://x: only http and https addresses are fetched"
    ]
    assert qa_bot("articles", "retract", "").code == 2
    assert "--reason: longer than 500 characters" in qa_bot("articles", "retract", "a", "--reason", "x" * 501).lines[0]
    assert "articles retract" in qa_bot("articles", "remove", article(qa_bot, "A long bridge")).lines[0]
