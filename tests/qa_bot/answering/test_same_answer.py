"""When two answers say the same, and when they contradict each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.answering.same_answer import groups, meaning_of

SAME = [
    ("thirty-nine people", "39"),
    ("Twenty-seven", "27"),
    ("one hundred and twenty children", "120"),
    ("two million three hundred thousand", "2,300,000"),
    ("$1.5 billion", "1.5 billion dollars"),
    ("2741", "2,741 cases"),
    ("61 percent", "61%"),
    ("8 May 1945", "May 8, 1945"),
    ("May 8, 1945", "8 May"),
    ("August 1977", "1977"),
    ("in 1945", "1945"),
    ("1,500 bridges", "1500"),
    ("Mattis", "James Mattis"),
    ("James Mattis", "Secretary of Defense James Mattis"),
    ("Brussels", "Brussels, Belgium"),
    ("RIAA", "Recording Industry Association of America"),
    ("The U.S. Senate", "the US Senate"),
    ("because of the lockout", "Because of the lockout."),
]
CONTRADICTING = [
    ("39", "12"),
    ("39 people", "twelve people"),
    ("June 14", "June 21"),
    ("1742", "1761"),
    ("Ruth Adler", "Simon Pike"),
    ("Viktor F. Yanukovych", "Viktor Yushchenko"),
    ("4,310 metres", "4,287 metres"),
    ("Lucerne", "Poznan"),
]
NEITHER = [
    ("39 people", "39 percent"),
    ("12 metres", "9 tonnes"),
    ("Brussels", "at the NATO headquarters"),
    ("1977", "Cape Canaveral"),
    ("to reduce the risk of fires", "because of high winds"),
    ("Andrew Johnson and Bill Clinton", "Trump"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_different_forms_of_an_answer_are_the_same(one: str, other: str) -> None:
    first, second = meaning_of(one), meaning_of(other)
    assert first.same_as(second)
    assert second.same_as(first)
    assert not first.contradicts(second)


@pytest.mark.parametrize(("one", "other"), CONTRADICTING)
def test_two_answers_of_a_kind_contradict_each_other(one: str, other: str) -> None:
    first, second = meaning_of(one), meaning_of(other)
    assert first.contradicts(second)
    assert second.contradicts(first)


@pytest.mark.parametrize(("one", "other"), NEITHER)
def test_other_answers_are_different_without_contradiction(one: str, other: str) -> None:
    first, second = meaning_of(one), meaning_of(other)
    assert not first.same_as(second)
    assert not first.contradicts(second)
    assert not second.contradicts(first)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    first, second = meaning_of(one), meaning_of(other)
    assert first.same_as(first)
    assert not first.contradicts(first)
    assert first.same_as(second) == second.same_as(first)
    assert first.contradicts(second) == second.contradicts(first)


@given(st.integers(0, 10**12))
def test_a_number_is_what_it_is_with_commas(number: int) -> None:
    assert meaning_of(f"{number} people").same_as(meaning_of(f"{number:,}"))


def test_answers_are_grouped_by_the_first_that_says_the_same() -> None:
    assert groups(["39", "twelve", "thirty-nine people", "12", "Brussels"]) == [0, 1, 0, 1, 4]


def test_a_word_says_the_same_whether_it_looks_like_a_name_or_not() -> None:
    assert meaning_of("Thousands").same_as(meaning_of("thousands"))
    assert not meaning_of("Thousands").same_as(meaning_of("hundreds"))
