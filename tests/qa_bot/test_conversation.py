"""Follow-up questions are understood in the light of the turns before; other questions are left as they are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.conversation import Turn, in_light_of

PENICILLIN = Turn("Who discovered penicillin?", "Alexander Fleming", "Penicillin")
NATO = Turn("When was NATO founded?", "4 April 1949", "Twelve nations sign")
MATTIS = Turn("Where did Mattis speak to reporters?", "NATO headquarters in Brussels", "Mattis")
VOYAGER = Turn("When was Voyager 2 launched?", "August 20, 1977", "Voyager")


@pytest.mark.parametrize(
    ("turn", "asked", "meant"),
    [
        (PENICILLIN, "Where did he work?", "Where did Alexander Fleming work?"),
        (PENICILLIN, "and who was his assistant?", "who was Alexander Fleming’s assistant?"),
        (PENICILLIN, "When was it discovered?", "When was penicillin discovered?"),
        (NATO, "Who signed it?", "Who signed NATO?"),
        (NATO, "Who are its members?", "Who are NATO’s members?"),
        (NATO, "Where?", "Where was NATO founded?"),
        (NATO, "And why?", "Why was NATO founded?"),
        (VOYAGER, "And Voyager 1?", "When was Voyager 1 launched?"),
        (VOYAGER, "What about Apollo 11?", "When was Apollo 11 launched?"),
        (VOYAGER, "How far did it travel?", "How far did Voyager 2 travel?"),
        (VOYAGER, "What happened then?", "What happened in August 20, 1977?"),
        (MATTIS, "in which year?", "Where did Mattis speak to reporters in which year?"),
        (MATTIS, "When did he arrive there?", "When did Mattis arrive in NATO headquarters in Brussels?"),
    ],
)
def test_what_a_word_refers_to_takes_its_place(turn: Turn, asked: str, meant: str) -> None:
    assert in_light_of(asked, [turn]) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Who invented the transistor?",
        "Is there a bridge in Berlin?",
        "How many people were there in 1930?",
        "And who won the World Cup in 1930?",
        "Who was Egon Krenz?",
        "what is that",
    ],
)
def test_a_question_that_refers_to_nothing_stays_as_it_is(question: str) -> None:
    assert in_light_of(question, [NATO]) == question


def test_without_turns_nothing_is_replaced() -> None:
    assert in_light_of("Where did he work?", []) == "Where did he work?"


def test_the_latest_turn_that_names_somebody_counts() -> None:
    assert in_light_of("Where did he work?", [PENICILLIN, NATO]) == "Where did Alexander Fleming work?"


@given(st.text(max_size=200), st.text(max_size=200), st.one_of(st.none(), st.text(max_size=200)))
def test_whatever_was_said_it_is_a_text_and_not_much_longer(question: str, before: str, answer: str | None) -> None:
    meant = in_light_of(question, [Turn(before, answer)])
    assert len(meant) <= len(question) + len(before) + 100 * (len(question) + 1)


def test_texts_made_to_take_long_do_not() -> None:
    began = time.perf_counter()
    for text in ("A " * 3000, "a-" * 3000, "and " * 1500, "it " * 2000, "1999 " * 1200, "A of " * 1200):
        in_light_of(text, [Turn(text, text[:80])])
    assert time.perf_counter() - began < 20
