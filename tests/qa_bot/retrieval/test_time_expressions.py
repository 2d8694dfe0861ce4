"""What a question says about when."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.retrieval.time_expressions import When, read_when

NEWEST = date(2019, 3, 15)


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("Who won the election in 2018?", date(2018, 1, 1), date(2018, 12, 31)),
        ("What did Reuters report in Feb. 2016?", date(2016, 2, 1), date(2016, 2, 29)),
        ("What happened in March of 1987?", date(1987, 3, 1), date(1987, 3, 31)),
        ("who spoke on january 5th, 2019", date(2019, 1, 5), date(2019, 1, 5)),
        ("Who spoke on 5 January 2019?", date(2019, 1, 5), date(2019, 1, 5)),
        ("the vote of 2019-01-05", date(2019, 1, 5), date(2019, 1, 5)),
        ("the vote of 31 February 2019", date(2019, 2, 1), date(2019, 2, 28)),
        ("What did she say today?", NEWEST, NEWEST),
        ("What did she say yesterday?", date(2019, 3, 14), NEWEST),
        ("Who resigned this week?", date(2019, 3, 9), NEWEST),
        ("Who resigned last week?", date(2019, 3, 2), NEWEST),
        ("Who resigned last month?", date(2019, 2, 1), date(2019, 2, 28)),
        ("Who resigned this year?", date(2019, 1, 1), date(2019, 12, 31)),
        ("Who resigned last year?", date(2018, 1, 1), date(2018, 12, 31)),
    ],
)
def test_a_date_is_read_in_the_words_that_people_use(question: str, since: date, until: date) -> None:
    assert read_when(question, lambda: NEWEST) == When(since, until)


@pytest.mark.parametrize(
    "question", ["What is the latest on the strike?", "the most recent figures", "Who is the current president?"]
)
def test_the_latest_is_looked_for_among_the_newest_articles(question: str) -> None:
    when = read_when(question, lambda: NEWEST)
    assert when == When(date(2019, 2, 13), NEWEST, latest=True)


@pytest.mark.parametrize("question", ["Who may march?", "Who paid 1,500 dollars?", "May I?", "the year 1066", ""])
def test_other_questions_say_nothing_about_when(question: str) -> None:
    assert read_when(question, lambda: NEWEST) is None


def test_without_any_dated_article_there_is_no_latest() -> None:
    assert read_when("the latest?", lambda: None) is None


def test_what_is_written_soon_after_a_day_fits_it_half() -> None:
    when = When(date(2019, 1, 5), date(2019, 1, 5))
    days = [date(2019, 1, 5), date(2019, 1, 12), date(2019, 1, 13), date(2019, 1, 4), None]
    assert when.closeness(days) == [1, 0.5, 0, 0, 0]


def test_the_newest_fits_the_latest_best() -> None:
    when = When(date(2019, 1, 5), NEWEST, latest=True)
    assert when.closeness([date(2018, 1, 1), None, NEWEST, date(2019, 1, 1), NEWEST]) == [0, 0, 1, 0.5, 1]
    assert when.closeness([None, NEWEST]) == [0, 1]


@pytest.mark.fuzz
@given(st.text(max_size=200), st.dates())
def test_any_question_and_any_archive_are_safe(question: str, newest: date) -> None:
    for words in (question, f"{question} last year", f"{question} last month", f"{question} last week yesterday"):
        when = read_when(words, lambda: newest)
        assert when is None or when.since <= when.until
    assert read_when("the latest", lambda: newest) is not None
