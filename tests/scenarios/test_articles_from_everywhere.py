"""A person indexes a folder of all sorts of files and a feed, and asks."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Command, Done
from web_site import Site, serving

ALLOWED = {"QA_BOT_ALLOW_PRIVATE_ADDRESSES": "true"}
PAGE = (
    "<html><head><title>{title}</title></head><body><nav><a href='/'>Home</a></nav><article><p>{text}</p></article>"
    "</body></html>"
)
FEED = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
    "<title>The Example</title><item><title>{title}</title><link>/bridge</link>"
    "<dc:creator>By Ann\nReed\u202e</dc:creator>"
    "<pubDate>Thu, 29 Feb 2024 13:05:00 GMT</pubDate></item></channel></rss>"
)
BRIDGE = (
    "The stone bridge at Avonford was closed on Monday by the engineer Petra Novak, after a crack had been found in it."
)


@pytest.fixture
def qa_bot(tmp_path: Path, cache_dir: Path) -> Command:
    """The command without a store."""
    return Command(tmp_path, cache_dir, tmp_path / "data")


@pytest.fixture
def site() -> Iterator[Site]:
    """A web site on loopback."""
    with serving() as server:
        yield server


def index(qa_bot: Command, *arguments: str | Path) -> tuple[dict[str, Any], Done]:
    """The counts of an index run, those that are not 0, and all that it printed."""
    done = qa_bot("index", "--quiet", "--json", *arguments, environment=ALLOWED)
    counts = {name: done.json[name] for name in ("new", "changed", "unchanged", "removed") if done.json[name]}
    return counts, done


def ask(qa_bot: Command, question: str) -> dict[str, Any]:
    """The answer."""
    done = qa_bot("ask", "--json", "--threshold", "0", question)
    assert done.code == 0, done
    answer: dict[str, Any] = done.json
    return answer


def test_a_folder_of_all_sorts_of_files_is_answered_from(qa_bot: Command) -> None:
    folder = qa_bot.folder / "news"
    folder.mkdir()
    (folder / "bridge.html").write_text(PAGE.format(title="Bridge closed", text=BRIDGE))
    (folder / "lake.md").write_text(
        "# Lake frozen\n\nLake Orsa froze *overnight* for the [first time](http://a.example) since 1987."
    )
    records = [{"id": number, "text": f"The {animal} of Hallstatt zoo is called {name}."} for number, (animal, name) in
               enumerate([("elephant", "Umberto"), ("tiger", "Livia")])]  # fmt: skip
    lines = [json.dumps(records[0]), "{broken", json.dumps(records[1])]
    (folder / "zoo.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    with (folder / "prices.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["title", "content"], ["Bread", "A loaf of rye bread costs 4.20 francs in Chur."]])

    counts, done = index(qa_bot, folder)
    assert counts == {"new": 5}
    assert done.code == 3
    (failure,) = done.json["failed"]
    assert failure["source"] == str(folder / "zoo.jsonl.gz")
    assert failure["reason"].startswith("line 2: not JSON")
    for question, expected, source in (
        ("Who closed the bridge at Avonford?", "Petra Novak", "bridge.html"),
        ("When did Lake Orsa last freeze?", "1987", "lake.md"),
        ("What is the tiger of Hallstatt zoo called?", "Livia", "zoo.jsonl.gz#1"),
        ("How much is a loaf of rye bread in Chur?", "4.20 francs", "prices.csv#line-2"),
    ):
        answer = ask(qa_bot, question)
        assert expected in answer["sentence"]["text"]
        assert answer["article"]["source"] == str(folder / source)

    assert index(qa_bot)[0] == {"unchanged": 5}
    (folder / "zoo.jsonl.gz").write_bytes(gzip.compress(lines[0].encode()))
    (folder / "prices.csv").unlink()
    assert index(qa_bot)[0] == {"unchanged": 3, "removed": 2}


def test_a_feed_is_answered_from_and_asked_politely(qa_bot: Command, site: Site) -> None:
    def feed(request: Any) -> None:
        same = request.headers["If-None-Match"] == '"1"'
        request.reply(
            "" if same else FEED.format(title="Bridge\x7f &lt;closed&gt;\u202e"),
            status=304 if same else 200,
            etag='"1"',
        )

    site.pages |= {"/feed": feed, "/bridge": PAGE.format(title="Bridge closed", text=BRIDGE)}
    counts, done = index(qa_bot, site.url("/feed"))
    assert (counts, done.code) == ({"new": 1}, 0), done
    answer = ask(qa_bot, "Who closed the bridge at Avonford?")
    assert answer["article"] | {"id": "", "title": ""} == {
        "id": "",
        "title": "",
        "url": site.url("/bridge"),
        "author": "Ann Reed",
        "publisher": "The Example",
        "published_at": "2024-02-29T13:05:00Z",
        "date_in_text": None,
        "source": site.url("/bridge"),
    }
    assert answer["article"]["title"] == "Bridge <closed>"
    asked = len(site.requests)
    assert index(qa_bot)[0] == {"unchanged": 1}
    assert [path for path, _ in site.requests[asked:]] == ["/robots.txt", "/feed"]
    site.pages["/feed"] = b""
    counts, done = index(qa_bot)
    assert (counts, len(done.json["failed"])) == ({}, 1)
    assert ask(qa_bot, "Who closed the bridge at Avonford?")["answered"]


def test_a_page_of_a_private_network_is_not_fetched_unless_a_setting_says_so(qa_bot: Command, site: Site) -> None:
    site.pages["/bridge"] = PAGE.format(title="Bridge closed", text=BRIDGE)
    done = qa_bot("index", "--quiet", site.url("/bridge"))
    assert done.code == 2
    assert done.lines == [
        f"qa-bot: {site.url('/bridge')}: 127.0.0.1 is not an address of the public internet; see the setting "
        "allow_private_addresses"
    ]
    assert site.requests == []
    assert index(qa_bot, site.url("/bridge"))[0] == {"new": 1}


def test_a_page_that_cannot_be_read_is_not_remembered_and_the_others_are_indexed(qa_bot: Command, site: Site) -> None:
    hostile = '"author": {"name' * 20_000
    site.pages["/hostile"] = f'<html><head><script type="application/ld+json">{hostile}</script></head><p>Words.</html>'
    site.pages["/bridge"] = PAGE.format(title="Bridge closed", text=BRIDGE)
    begun = qa_bot(
        "index",
        "--quiet",
        "--json",
        site.url("/hostile"),
        site.url("/bridge"),
        environment={**ALLOWED, "QA_BOT_DOCUMENT_SECONDS": "1.5"},
    )
    assert begun.json["new"] == 1
    assert [failure["source"] for failure in begun.json["failed"]] == [site.url("/hostile")]
    assert "takes longer than 1.5 s to read" in begun.json["failed"][0]["reason"]
    assert site.url("/hostile") not in qa_bot("sources", "list").output
    assert site.url("/bridge") in qa_bot("sources", "list").output
    assert ask(qa_bot, "Who closed the bridge at Avonford?")["answer"]["text"].endswith("Petra Novak")
