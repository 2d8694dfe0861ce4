"""Filters as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from embeddings.errors import QuestionError
from embeddings.filters import EVERYTHING, ArticleFilter
from qa_bot.retrieval.filter_syntax import describe_filter, make_filter, read_filter


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-01-31", date(2024, 1, 31), date(2024, 1, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        (" 2024-1-5 ", date(2024, 1, 5), date(2024, 1, 5)),
    ],
)
def test_a_month_or_a_year_will_do_for_a_day(text: str, first: date, last: date) -> None:
    assert make_filter(since=text, until=text) == ArticleFilter(since=first, until=last)


@pytest.mark.parametrize("text", ["2024-13", "2024-02-30", "yesterday", "", "31.1.2024", "0000", "2024-00", "٢٠٢٤"])
def test_a_wrong_date_is_named(text: str) -> None:
    with pytest.raises(QuestionError, match=r"until: .* is not a date; write 2024-01-31") as raised:
        make_filter(until=text)
    assert repr(text) in str(raised.value)


def test_dates_the_wrong_way_round_are_named() -> None:
    with pytest.raises(QuestionError, match="since 2024-02-01 is later than until 2024-01-31"):
        make_filter(since="2024-02", until="2024-01")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", EVERYTHING),
        ("publisher Reuters", ArticleFilter(publishers=("Reuters",))),
        (
            "publisher: The White House since 2024",
            ArticleFilter(publishers=("The White House",), since=date(2024, 1, 1)),
        ),
        ("PUBLISHER Reuters publisher AP", ArticleFilter(publishers=("Reuters", "AP"))),
        ("source /news/* until 2024-01", ArticleFilter(sources=("/news/*",), until=date(2024, 1, 31))),
    ],
)
def test_a_filter_is_read_from_words(line: str, expected: ArticleFilter) -> None:
    assert read_filter(line.split()) == expected


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("Reuters", "Reuters: a filter starts with publisher"),
        ("publisher", "publisher: its value is missing"),
        ("since", "since: its value is missing"),
        ("since 2024 since 2023", "since: only one is possible"),
        ("since last week", "since: 'last week' is not a date"),
    ],
)
def test_words_that_are_no_filter_are_named(line: str, complaint: str) -> None:
    with pytest.raises(QuestionError, match=complaint):
        read_filter(line.split())


def test_a_filter_is_said_in_the_words_that_make_it() -> None:
    only = ArticleFilter(
        publishers=("Reuters", "AP"), sources=("/news",), since=date(2024, 1, 1), until=date(2024, 2, 1)
    )
    assert describe_filter(only) == "publisher Reuters or AP, source /news, since 2024-01-01, until 2024-02-01"
    assert describe_filter(EVERYTHING) == ""
