"""Days that a sentence names by where they lie from the article's own day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.answering.relative_days import relative_days

THURSDAY = date(2017, 2, 16)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The minister resigned on Thursday.", {"Thursday": date(2017, 2, 16)}),
        ("The court ruled Wednesday that the sale was void.", {"Wednesday": date(2017, 2, 15)}),
        ("On Friday President Ilves met the delegation.", {"Friday": date(2017, 2, 10)}),
        ("Rescuers reached the village late on Sunday night.", {"Sunday": date(2017, 2, 12)}),
        ("Two people were hurt yesterday near the harbour.", {"yesterday": date(2017, 2, 15)}),
        ("Yesterday the bank raised its rate, and today shares fell.", {
            "Yesterday": date(2017, 2, 15), "today": date(2017, 2, 16),
        }),
        ("The treaty takes effect tomorrow.", {"tomorrow": date(2017, 2, 17)}),
        ("Voters went to the polls last Sunday.", {"last Sunday": date(2017, 2, 12)}),
        ("Last Thursday the pact had still been secret.", {"Last Thursday": date(2017, 2, 9)}),
        ("The talks, which began Monday, collapsed on Tuesday evening.", {
            "Monday": date(2017, 2, 13), "Tuesday": date(2017, 2, 14),
        }),
        ("Sunday's vote was close.", {"Sunday": date(2017, 2, 12)}),
    ],
)  # fmt: skip
def test_a_day_is_the_last_one_of_its_name(sentence: str, expected: dict[str, date]) -> None:
    assert {sentence[d.start : d.end]: d.day for d in relative_days(sentence, THURSDAY)} == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "He was arrested on Thursday, 9 February 2017.",
        "He was arrested on Tuesday, Feb. 7.",
        "Monday 6 February was a holiday.",
        "The paper, the Sunday Times, denied it.",
        "Shops hoped for Black Friday.",
        "Bloody Sunday is remembered each year.",
        "The market opens every Saturday.",
        "On Sundays the museum is closed.",
        "Parliament will vote on Tuesday.",
        "The strike is to begin on Monday.",
        "The summit is planned for next Friday.",
        '"We saw him on Monday," said Ilves.',
        "“It begins tomorrow,” she told the court.",
        "The Today programme broadcast it.",
        "Fans of Tomorrow Land were angry.",
    ],
)
def test_what_may_mean_another_day_is_left_alone(sentence: str) -> None:
    assert relative_days(sentence, THURSDAY) == []


def test_without_a_date_nothing_is_known() -> None:
    assert relative_days("The minister resigned on Thursday.", None) == []


def test_the_last_day_of_the_calendar_has_no_tomorrow() -> None:
    assert relative_days("It ends tomorrow, and began yesterday.", date.max)[0].day == date.max - timedelta(1)


@given(st.text(), st.dates())
def test_a_day_stands_where_it_is_said_to(sentence: str, published: date) -> None:
    for named in relative_days(sentence, published):
        assert sentence[named.start : named.end] == named.text
        assert published - named.day <= timedelta(7)
