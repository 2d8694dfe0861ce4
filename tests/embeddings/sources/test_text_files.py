"""Text files as articles: front matter, dates, addresses, encodings, and whatever else lies about in folders."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from embeddings.articles import Article, article_id, opening_words
from embeddings.errors import SourceError
from embeddings.sources.documents import MAX_BYTES
from embeddings.sources.facts import one_line
from embeddings.sources.opening import open_source

ANY_EXAMPLES = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(folder: Path, content: str | bytes, name: str = "article.txt") -> Article:
    """The article in a file with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_one(path)


def read_one(path: Path) -> Article:
    """The one article in a file."""
    (entry,) = open_source(str(path)).entries()
    article = entry.read()
    assert article is not None
    return article


def refusal(folder: Path, content: str | bytes) -> str:
    """Why a file with this content is refused; the file is named apart from the reason."""
    with pytest.raises(SourceError) as raised:
        read(folder, content)
    assert raised.value.source == str(folder / "article.txt")
    assert str(raised.value) == f"{raised.value.source}: {raised.value.reason}"
    assert "\n" not in raised.value.reason
    return raised.value.reason


def listed(location: Path) -> list[str]:
    """The entries of a folder, relative to it."""
    return [os.path.relpath(entry.source, location) for entry in open_source(str(location)).entries()]


# -- front matter ------------------------------------------------------------------------------------------------------


def test_front_matter_gives_the_facts_and_is_no_part_of_the_text(tmp_path: Path) -> None:
    article = read(
        tmp_path,
        "---\ntitle: Harbour reopens: at last\npublished_at: 2024-02-29\nurl: https://news.example/harbour?a=1#b\n"
        "publisher: The   Example\nauthor: Ann\ntags:\n  - sea\n- ships\n# a remark\n\n---\n\nThe harbour reopened.\n",
    )
    assert article.title == "Harbour reopens: at last"
    assert article.published_at == date(2024, 2, 29)
    assert article.url == "https://news.example/harbour?a=1#b"
    assert article.publisher == "The Example"
    assert article.text == "The harbour reopened."
    assert article.source == str(tmp_path / "article.txt")
    assert article.id == article_id(article.source)


def test_a_text_without_front_matter_gets_its_opening_words_as_title_and_no_invented_facts(tmp_path: Path) -> None:
    article = read(tmp_path, "The harbour\nreopened. " * 20)
    assert article.title == "The harbour reopened. The harbour reopened. The harbour reopened. The…"
    assert (article.url, article.publisher, article.published_at) == (None, None, None)


@pytest.mark.parametrize("title", ["", "   ", '""'])
def test_an_empty_title_counts_as_none(tmp_path: Path, title: str) -> None:
    assert read(tmp_path, f"---\ntitle: {title}\n---\nThe harbour.").title == "The harbour."


@pytest.mark.parametrize("quoted", ['"Yes: it is"', "'Yes: it is'", "  Yes:   it is  "])
def test_values_may_be_in_quotation_marks(tmp_path: Path, quoted: str) -> None:
    assert read(tmp_path, f"---\nTitle: {quoted}\n---\nThe harbour.").title == "Yes: it is"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("20240229", date(2024, 2, 29)),
        ('"2024-02-29"', date(2024, 2, 29)),
        ("2024-02-29T13:05", datetime(2024, 2, 29, 13, 5)),
        ("2024-02-29 00:00:00", datetime(2024, 2, 29)),
        ("2024-02-29T13:05:09Z", datetime(2024, 2, 29, 13, 5, 9, tzinfo=UTC)),
        ("2024-02-29T13:05+02:00", datetime(2024, 2, 29, 13, 5, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
@pytest.mark.parametrize("key", ["published_at", "date", "Date"])
def test_dates_and_moments(tmp_path: Path, key: str, value: str, expected: date | datetime) -> None:
    moment = read(tmp_path, f"---\n{key}: {value}\n---\nThe harbour.").published_at
    assert (moment, type(moment)) == (expected, type(expected))


@pytest.mark.parametrize(
    "value", ["2023-02-29", "yesterday", "29.02.2024", "2024", "2024-02-29T25:00", "1e400", "٢٠٢٤-٠٢-٢٩x"]
)
def test_a_date_that_is_none_is_named_with_its_line(tmp_path: Path, value: str) -> None:
    assert refusal(tmp_path, f"---\ntitle: A\n\n# remark\ndate: {value}\n---\nThe harbour.").startswith(
        f"line 5: published_at {value!r} is not a date"
    )


@pytest.mark.parametrize(
    "value",
    [
        "news.example/a",
        "ftp://news.example",
        "javascript:alert(1)",
        "https://",
        "http://[::1",
        "https://a\u200bb.example",
    ],
)
def test_an_address_that_is_not_http_is_named_with_its_line(tmp_path: Path, value: str) -> None:
    assert refusal(tmp_path, f"---\nurl: {value}\n---\nThe harbour.").startswith("line 2: url ")


def test_a_line_that_is_no_fact_is_named(tmp_path: Path) -> None:
    reason = refusal(tmp_path, "---\r\ntitle: A\u2028B\r\nnonsense\r\n---\r\nThe harbour.")
    assert reason == "line 3 of the front matter is not `key: value`"


@pytest.mark.parametrize(
    "text", ["---\nThe harbour reopened.", "--- a dash\nx: y\n---\nText.", "Text.\n---\nx: y\n---\nMore."]
)
def test_lines_that_only_look_like_front_matter_are_text(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).text == text


def test_front_matter_without_a_text_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "---\ntitle: A\n---\n \n") == "holds no text after its front matter"


# -- encodings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_that_say_what_they_are(tmp_path: Path, encoding: str) -> None:
    text = "---\ntitle: Café 港\n---\nThe “harbour” 👩‍🚀 reopened."
    mark = "\ufeff" if encoding.endswith("e") else ""
    article = read(tmp_path, (mark + text).encode(encoding))
    assert (article.title, article.text) == ("Café 港", "The “harbour” 👩‍🚀 reopened.")


def test_line_ends_and_odd_spaces_are_kept(tmp_path: Path) -> None:
    assert (
        read(tmp_path, b"\r\n One.\r\n\r\nTwo.\rThree.\t \xc2\xa0Four.\n\n").text
        == "One.\r\n\r\nTwo.\rThree.\t \xa0Four."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"one\ntwo \xe9\n", "not UTF-8: byte 0xe9 in line 2"),
        (b"\xef\xbb\xbfone\ntwo \xe9\n", "not UTF-8: byte 0xe9 in line 2"),
        (b"\xff\xfeo\0n", "not UTF-16: byte 0x6e in line 1"),
        (b"one\n\0", "line 2 holds a NUL byte"),
        ("o\0n".encode("utf-16"), "holds NUL characters"),
        ("one".encode("utf-32"), "holds NUL characters"),
        (b"\x89PNG\r\n\x1a\n\0\0", "line 3 holds a NUL byte"),
        (b"a" * (MAX_BYTES + 1), "larger than 20 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    assert refusal(tmp_path, content).startswith(reason)


@ANY_EXAMPLES
@given(st.binary(max_size=300))
@example(b"---\n---\n")
@example(b"---\ntitle: \xc2\x85\n---\nx")
@example(b"\xff\xfe---\n")
def test_any_bytes_are_an_article_or_a_refusal(tmp_path: Path, content: bytes) -> None:
    try:
        article = read(tmp_path, content)
    except SourceError:
        return
    assert article.text == article.text.strip()
    assert article.title
    assert article.model_validate(article.model_dump()) == article


@ANY_EXAMPLES
@given(
    st.lists(st.sampled_from(["---", "title: A", "date: 2024-02-29", "url: x", "url:", ": x", "- a", "x", " ", "# a"]))
)
def test_any_front_matter_is_understood_or_refused_with_the_line(tmp_path: Path, lines: list[str]) -> None:
    block = "\n".join(lines)
    try:
        article = read(tmp_path, f"---\n{block}\n---\nThe harbour.")
    except SourceError as error:
        assert re.match(r"line \d+|holds no (text|words)", error.reason)  # noqa: PT017
        return
    assert article.text.endswith("The harbour.")


@ANY_EXAMPLES
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200))
def test_any_text_is_kept_as_it_is_apart_from_outer_white_space(tmp_path: Path, text: str) -> None:
    text = "a" + text + "z"
    article = read(tmp_path, f" \n{text}\n\n")
    assert article.text == text
    assert article.title == one_line(opening_words(text))
    assert len(article.title) <= 73
