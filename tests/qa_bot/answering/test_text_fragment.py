"""Links that open a page at a sentence."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from qa_bot.answering.text_fragment import link_to_words

PAGE = "https://example.org/a?b=1"


def test_a_short_sentence_is_named_whole() -> None:
    assert link_to_words(PAGE, "It rained.") == f"{PAGE}#:~:text=It%20rained."


def test_of_a_long_sentence_the_first_and_the_last_words_are_named() -> None:
    sentence = "One two three four five six seven eight nine ten eleven twelve thirteen."
    link = link_to_words(PAGE, sentence)
    assert link == f"{PAGE}#:~:text=One%20two%20three%20four%20five,nine%20ten%20eleven%20twelve%20thirteen."


def test_a_link_that_leads_to_words_already_is_left_alone() -> None:
    link = f"{PAGE}#:~:text=rain"
    assert link_to_words(link, "It rained.") == link
    assert link_to_words(PAGE, "  ") == PAGE


@given(st.text())
def test_the_rest_of_the_address_is_the_same_whatever_the_words(words: str) -> None:
    link = link_to_words(PAGE, words)
    assert link.startswith(PAGE)
    assert link.isascii()
    assert not set(link) & set(' <>"|\\')
    directive = urlsplit(link).fragment.removeprefix(":~:text=")
    assert "-" not in directive
    ends = [unquote(end) for end in directive.split(",")]
    assert all(" ".join(words.split()).encode(errors="replace").decode().count(end) for end in ends if end)
