"""The day of an article that has no date, where its first lines say it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.answering.datelines import date_in_text


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Thursday, October 10, 2019 \n\nOn Monday, the minister resigned.", date(2019, 10, 10)),
        (
            "THE HOUSE\n\nOffice of the Lady  ____  Immediate Release\xa0\xa0\xa0 March 3, 2009\n\nShe spoke.",
            date(2009, 3, 3),
        ),
        ("BRUSSELS, Feb. 16, 2017 (Reuters) - The minister spoke.", date(2017, 2, 16)),
        ("New York, 3 May 2014 — Prices fell.", date(2014, 5, 3)),
        ("Published on 3 May 2014\nPrices fell.", date(2014, 5, 3)),
        ("By Ann Reed | 2014-05-03\nPrices fell.", date(2014, 5, 3)),
    ],
)
def test_a_date_of_its_own_is_found(text: str, day: date) -> None:
    assert date_in_text(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "On August 20, 1977, a probe left for Neptune.",
        "The dam was finished on 3 May 1958.",
        "Voyager 2 was launched on August 20, 1977 - a hot day - and it still calls home.",
        "He was born on 3 May 1958,\nin a small town.",
        "Prices fell.\n" * 100 + "Published on 3 May 2014\n",
        "Release February 31, 2014",
        "",
    ],
)
def test_a_date_that_the_article_tells_of_is_not_its_own(text: str) -> None:
    assert date_in_text(text) is None


@given(st.text(max_size=300))
def test_any_text_may_be_looked_at(text: str) -> None:
    found = date_in_text(text)
    assert found is None or str(found.day) in text
