"""JSON Lines and tables: many articles in one file, and the ways in which such files are broken."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources import SourceOptions, lies_in
from embeddings.sources.opening import open_source

Read = Callable[..., tuple[list[Article], dict[str, list[str]]]]


def jsonl(*records: Any) -> str:
    """JSON Lines; a string is a line as it is."""
    return "\n".join(record if isinstance(record, str) else json.dumps(record) for record in records) + "\n"


# -- JSON Lines --------------------------------------------------------------------------------------------------------


def test_a_line_is_an_article_with_its_facts(read_file: Read, tmp_path: Path) -> None:
    (article,), failed = read_file(
        jsonl(
            {
                "id": "reuters-1",
                "title": "BAHIA  COCOA\nREVIEW",
                "date": "26-FEB-1987 15:01:01.79",
                "url": "https://news.example/1",
                "publisher": "Reuters",
                "text": "Showers continued.\n\nThe dry period is over.",
                "topics": ["cocoa"],
            }
        ),
        "news.jsonl",
    )
    assert not failed
    assert article.source == f"{tmp_path}/news.jsonl#reuters-1"
    assert (article.title, article.publisher, article.url) == (
        "BAHIA COCOA REVIEW",
        "Reuters",
        "https://news.example/1",
    )
    assert article.published_at == datetime(1987, 2, 26, 15, 1, 1)
    assert article.text == "Showers continued.\n\nThe dry period is over."


@pytest.mark.parametrize(
    "record",
    [
        {"headline": "Storm", "content": "The harbour.", "publication": "The Example", "published_at": "2024-02-29"},
        {"Title": "Storm", "Body": "The harbour.", "Source": "The Example", "pubDate": "Thu, 29 Feb 2024"},
        {"TITLE": "Storm", "ARTICLE": "The harbour.", "OUTLET": "The Example", "DATE": "February 29, 2024"},
    ],
)
def test_the_names_that_data_sets_give_to_fields(read_file: Read, record: dict[str, str]) -> None:
    (article,), failed = read_file(jsonl(record), "a.ndjson")
    assert not failed
    assert (article.title, article.text, article.publisher) == ("Storm", "The harbour.", "The Example")
    assert article.published_at == date(2024, 2, 29)


def test_fields_can_be_mapped(read_file: Read) -> None:
    record = {
        "key": 7,
        "kop": "Storm",
        "tekst": "The harbour.",
        "text": "not this",
        "krant": "De Krant",
        "dag": "2024-02-29",
    }
    fields = {"id": "key", "title": "Kop", "text": "tekst", "publisher": "krant", "date": "dag"}
    (article,), _ = read_file(jsonl(record), "a.jsonl", fields=fields)
    assert (article.title, article.text, article.publisher) == ("Storm", "The harbour.", "De Krant")
    assert article.source.endswith("a.jsonl#7")
    assert article.published_at == date(2024, 2, 29)


def test_a_fact_that_there_is_not_cannot_be_mapped() -> None:
    with pytest.raises(ValueError, match="'headline' is not a fact of an article; use one of id, title, text"):
        SourceOptions(fields={"headline": "kop"})


def test_an_article_is_known_by_its_id_else_its_url_else_its_line(read_file: Read) -> None:
    articles, failed = read_file(
        jsonl(
            {"text": "One.", "id": 1, "url": "https://a.example/1"},
            {"text": "Two.", "url": "https://a.example/2"},
            {"text": "Three."},
            {"text": "Two again.", "url": "https://a.example/2"},
            {"text": "Five.", "id": "tab\there\u202e é"},
            {"text": "Six.", "id": "x" * 500},
        ),
        "a.jsonl",
    )
    assert not failed
    ids = [article.source.partition("#")[2] for article in articles]
    assert ids[:5] == ["1", "https://a.example/2", "line-3", "line-4", "tab%09here%E2%80%AE %C3%A9"]
    assert len(ids[5]) < 200
    assert len({article.id for article in articles}) == 6


def test_a_bad_line_in_the_middle_is_named_and_the_others_are_kept(read_file: Read) -> None:
    articles, failed = read_file(
        jsonl(
            {"text": "One.", "id": 1},
            '{"text": "Two.", "id": 2',
            "",
            "[1, 2]",
            '{"text": ' + "[" * 100_000,
            {"text": "Six.", "id": 1},
            {"text": " \n ", "id": 7},
            {"headline": "No text"},
            {"text": {"deep": "x"}, "id": 9},
            {"text": "Ten.", "id": 10},
        ),
        "a.jsonl",
    )
    assert [article.text for article in articles] == ["One.", "Ten."]
    (reasons,) = failed.values()
    assert [reason.partition(":")[0] for reason in reasons] == [f"line {line}" for line in (2, 4, 5, 6, 7, 8, 9)]
    assert reasons[0] == "line 2: not JSON (Expecting ',' delimiter at character 26)"
    assert reasons[3] == "line 6: its id 1 is that of an earlier record"
    assert reasons[5] == "line 8: no field holds the text; its fields are headline; name one: --field text=NAME"


def test_what_a_failing_line_held_is_not_taken_for_gone(read_file: Read, tmp_path: Path) -> None:
    articles, failed = read_file(jsonl({"text": "One.", "id": 1}, "{"), "a.jsonl")
    place = str(tmp_path / next(iter(failed)))
    assert lies_in(f"{tmp_path}/a.jsonl#2", place)
    assert lies_in(articles[0].source, place)


def test_a_file_without_a_single_article_at_its_beginning_is_refused_as_a_whole(read_file: Read) -> None:
    articles, failed = read_file(jsonl(*[{"headline": "No text"}] * 5000), "a.jsonl")
    assert not articles
    assert failed == {
        "a.jsonl": ["holds no article in its first 100 records: no field holds the text; its fields are headline; "
                    "name one: --field text=NAME"]
    }  # fmt: skip


def test_nuls_and_halves_of_characters_do_not_get_into_an_article(read_file: Read) -> None:
    (article,), _ = read_file('{"text": "The \\u0000har\\ud800bour.", "title": "A\\udfff\\u0000\\u202eB"}', "a.jsonl")
    assert article.text == "The har\ufffdbour."
    assert article.title == "A\ufffdB"
    article.model_dump_json().encode()


def test_odd_facts_do_not_stop_an_article(read_file: Read) -> None:
    record = {
        "text": "The harbour.",
        "date": "some day",
        "url": "javascript:alert(1)",
        "publisher": ["x"],
        "title": None,
    }
    (article,), failed = read_file(jsonl(record), "a.jsonl")
    assert not failed
    assert (article.published_at, article.url, article.publisher, article.title) == (None, None, None, "The harbour.")


def test_bytes_that_are_not_utf8_are_named_with_their_line(read_file: Read) -> None:
    articles, failed = read_file(b'{"text": "One."}\n{"text": "caf\xe9"}\n{"text": "Three."}\n', "a.jsonl")
    assert [article.text for article in articles] == ["One.", "Three."]
    assert failed == {"a.jsonl": ["line 2: not UTF-8: byte 0xe9; convert the file, for instance with iconv"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_say_what_they_are(read_file: Read, encoding: str) -> None:
    (article,), failed = read_file('{"text": "Café 港"}\r\n'.encode(encoding), "a.jsonl")
    assert (article.text, failed) == ("Café 港", {})


def test_a_line_longer_than_any_article_is_named(read_file: Read) -> None:
    articles, failed = read_file(b'{"text": "One."}\n' + b"a" * 45_000_000 + b'\n{"text": "Three."}', "a.jsonl")
    assert [article.text for article in articles] == ["One.", "Three."]
    assert failed == {"a.jsonl": ["line 2: longer than 20 MB"]}


# -- packed ------------------------------------------------------------------------------------------------------------


def test_a_packed_file_is_read_like_the_file(read_file: Read, tmp_path: Path) -> None:
    lines = jsonl({"text": "One.", "id": 1}, {"text": "Two.", "id": 2})
    packed = gzip.compress(lines[:20].encode()) + gzip.compress(lines[20:].encode())
    articles, failed = read_file(packed, "a.jsonl.gz")
    assert not failed
    assert [article.source for article in articles] == [f"{tmp_path}/a.jsonl.gz#1", f"{tmp_path}/a.jsonl.gz#2"]


def test_what_comes_before_the_place_where_a_packed_file_is_cut_off_is_kept(read_file: Read) -> None:
    lines = jsonl(
        *({"text": f"Number {number}, of {number * 7919 % 10007}.", "id": number} for number in range(20_000))
    )
    packed = gzip.compress(lines.encode())
    articles, failed = read_file(packed[: len(packed) // 2], "a.jsonl.gz")
    assert 5_000 < len(articles) < 15_000
    assert [article.text for article in articles[:1]] == ["Number 0, of 0."]
    assert failed["a.jsonl.gz"][-1] == "is cut off: its end is missing; get it again; the records before it are kept"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no gzip", "is damaged"),
        (b"", "is cut off"),
        (gzip.compress(b"x")[:-3], "is cut off"),
        (gzip.compress(b"x") + b"rest", "is damaged"),
        (gzip.compress(b" " * 300_000_000, 1), "unpacks to far more"),
    ],
    ids=["no gzip", "empty", "cut off", "rest", "bomb"],
)
@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz", "a.txt.gz"])
def test_a_damaged_packed_file_and_a_bomb_are_refused(read_file: Read, name: str, content: bytes, reason: str) -> None:
    articles, failed = read_file(content, name)
    assert not articles
    assert failed[name][0].startswith(reason) or "larger than 20 MB" in failed[name][0]


def test_a_file_is_opened_twice_however_many_articles_there_are(
    read_file: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    fdopen = os.fdopen

    def count(*given: Any) -> Any:
        opened.append(given)
        return fdopen(*given)

    monkeypatch.setattr(os, "fdopen", count)
    articles, _ = read_file(gzip.compress(jsonl(*[{"text": "The harbour."}] * 500).encode()), "a.jsonl.gz")
    assert len(articles) == 500
    assert len(opened) <= 4  # its encoding is looked at each time


def test_entries_can_be_read_in_any_order_and_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(jsonl(*({"text": f"Number {number}.", "id": number} for number in range(5))))
    entries = list(open_source(str(path)).entries())
    for number in (4, 0, 2, 2, 1):
        article = entries[number].read()
        assert article is not None
        assert article.text == f"Number {number}."


def test_a_file_that_changes_between_listing_and_reading_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(jsonl({"text": "One.", "id": 1}, {"text": "Two.", "id": 2}))
    first, second = open_source(str(path)).entries()
    path.write_text(jsonl({"text": "Zero.", "id": 0}))
    for entry in (first, second):
        with pytest.raises(SourceError, match="changed while it was being read"):
            entry.read()


# -- tables ------------------------------------------------------------------------------------------------------------


def test_a_row_is_an_article_as_in_the_common_news_data_sets(read_file: Read, tmp_path: Path) -> None:
    (first, second), failed = read_file(
        ",id,title,publication,author,date,year,month,url,content\n"
        '0,17283,"House ""Republicans"" Fret",New York Times,Carl Hulse,2016-12-31,2016.0,12.0,,"WASHINGTON.\n\nIt, too."\n'
        "1,17284,Rift,New York Times,,2017-06-19,2017.0,6.0,https://a.example/b,After the bullet.\n",
        "articles1.csv",
    )
    assert not failed
    assert first.source == f"{tmp_path}/articles1.csv#17283"
    assert first.title == 'House "Republicans" Fret'
    assert first.text == "WASHINGTON.\n\nIt, too."
    assert (first.publisher, first.published_at, first.url) == ("New York Times", date(2016, 12, 31), None)
    assert second.url == "https://a.example/b"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found(read_file: Read, delimiter: str, line_end: str) -> None:
    rows = [["Title", "Text"], ["Storm", '"The harbour; it, too,\t|reopened."'], [], ["Calm", "It is calm."]]
    articles, failed = read_file(line_end.join(delimiter.join(row) for row in rows), "a.csv")
    assert not failed
    assert [article.text for article in articles] == ["The harbour; it, too,\t|reopened.", "It is calm."]


def test_a_table_with_the_wrong_delimiter_says_what_its_first_line_should_be(read_file: Read) -> None:
    assert read_file("title^text\nStorm^The harbour.\n", "a.csv") == (
        [],
        {
            "a.csv": [
                "line 1 does not name columns, separated by a comma, semicolon, tab or bar, one of them for the text"
            ]
        },
    )


def test_a_table_without_a_column_for_the_text_says_how_to_name_it(read_file: Read) -> None:
    assert read_file("kop;tekst\nStorm;The harbour.\n", "a.csv") == (
        [],
        {"a.csv": ["line 1: no column holds the text; its columns are 'kop', 'tekst'; name one: --field text=NAME"]},
    )
    (article,), _ = read_file("kop;tekst\nStorm;The harbour.\n", "a.csv", fields={"text": "tekst"})
    assert article.text == "The harbour."


def test_rows_with_another_delimiter_than_the_first_line_are_named(read_file: Read) -> None:
    articles, failed = read_file("title,text\nStorm,The harbour.\nCalm;It is calm.\nRain,It, it rains.\n", "a.csv")
    assert [article.title for article in articles] == ["Storm"]
    assert failed == {
        "a.csv": [
            "line 3: has 1 fields where the first line names 2",
            "line 4: has 3 fields where the first line names 2",
        ]
    }


@pytest.mark.parametrize(
    ("rows", "titles", "reason"),
    [
        ('A,"One.\nB,Two.\nC,Three.\n', ["B", "C"], "line 2: a quotation mark is opened and never closed"),
        ('A,"One.\nB,"Two."\nC,Three.\n', ["B", "C"], "line 2: a quotation mark is not closed"),
        ('A,One.\nB,"Tw"o."\nC,"Three\nlines."\n', ["A", "C"], "line 3: a quotation mark is not closed"),
        ('A,One.\nB,Two.\nC,"Three.', ["A", "B"], "line 4: a quotation mark is opened and never closed"),
    ],
)
def test_an_unclosed_quotation_mark_costs_its_own_row_only(
    read_file: Read, rows: str, titles: list[str], reason: str
) -> None:
    articles, failed = read_file("title,text\n" + rows, "a.csv")
    assert [article.title for article in articles] == titles
    assert len(failed["a.csv"]) == 1
    assert failed["a.csv"][0].startswith(reason)


def test_a_table_full_of_unclosed_quotation_marks_is_read_in_time_that_grows_with_its_length(read_file: Read) -> None:
    rows = ('A,"One.\n' + "C,Three.\n" * 1000 + 'B,Tw"o.\n') * 30
    articles, failed = read_file("title,text\n" + rows, "a.csv")
    assert len(articles) == 30 * 1001
    assert len(failed["a.csv"]) == 30


def test_a_quotation_mark_that_swallows_a_large_file_costs_its_own_row_only(read_file: Read) -> None:
    articles, failed = read_file('title,text\nA,"One.\n' + ("B," + "word " * 200_000 + "\n") * 25, "a.csv")
    assert [article.title for article in articles] == ["B"] * 25
    assert len(failed["a.csv"]) == 1


def test_fields_larger_than_the_csv_module_likes(read_file: Read) -> None:
    (article,), _ = read_file("title,text\nStorm," + "word " * 100_000 + "\n", "a.csv")
    assert len(article.text) == 499_999
