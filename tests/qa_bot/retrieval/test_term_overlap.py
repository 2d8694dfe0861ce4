"""Words that a question and a passage share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.words import Stemmer
from qa_bot.retrieval.term_overlap import WINDOW, Overlap, QuestionWords

STEMMER = Stemmer()
QUESTION = "Which committee held the hearing on Russia?"


def overlap(text: str, title: str = "", question: str = QUESTION, weights: dict[str, float] | None = None) -> Overlap:
    words = QuestionWords(question, STEMMER)
    return words.overlap(title, text, weights or dict.fromkeys(words.terms, 1.0))


def test_words_that_ask_or_say_nothing_are_not_looked_for() -> None:
    assert QuestionWords(QUESTION, STEMMER).terms == ["committe", "held", "hear", "russia"]
    assert QuestionWords("Who is the WHO?", STEMMER).terms == ["who"]
    assert QuestionWords("Who are you?", STEMMER).terms == ["you"]


def test_a_passage_with_all_the_words_in_their_order_has_everything_but_the_title() -> None:
    shares = overlap(
        "It was this committee that held the hearing on Russia.", question="committee held the hearing on Russia"
    )
    assert list(shares) == pytest.approx([1, 4 / 6, 1, 0, 1])
    assert overlap("A committee held the hearing on Russia.", question="A committee held the hearing on Russia") == (
        1,
        1,
        1,
        0,
        1,
    )


def test_other_forms_of_the_words_count_but_not_as_the_same() -> None:
    shares = overlap("Committees held hearings on Russia.")
    assert (shares.nearby, shares.exact, shares.anywhere) == (1, 0.5, 1)


def test_words_that_stand_far_apart_are_not_near_each_other() -> None:
    apart = "The committee " + "met " * WINDOW + "held " + "met " * WINDOW + "a hearing on Russia."
    shares = overlap(apart)
    assert (shares.nearby, shares.anywhere) == (0.5, 1)


def test_a_title_says_what_its_passages_are_about() -> None:
    shares = overlap("It held one in January.", title="The Russia committee")
    assert (shares.title, shares.anywhere, shares.nearby) == (0.5, 0.75, 0.25)


def test_rare_words_count_more() -> None:
    weights = {"committe": 1.0, "held": 1.0, "hear": 2.0, "russia": 4.0}
    assert overlap("Russia.", weights=weights).anywhere == 0.5
    assert overlap("A committee.", weights=weights).anywhere == 0.125


@given(st.text(max_size=300), st.text(max_size=80), st.text(max_size=300))
def test_every_share_is_a_share(question: str, title: str, text: str) -> None:
    assert all(0 <= share <= 1 + 1e-9 for share in overlap(text, title, question))


@pytest.mark.parametrize("question", ["東京タワーの高さは?", "Wie hoch ist der Turm?", "¿Qué altura tiene?"])
def test_a_question_in_another_language_finds_its_own_words(question: str) -> None:
    assert overlap(question, question=question).nearby == pytest.approx(1)
