"""An answer that lists several things is taken apart where the reader bears it out, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.sentences import Span
from qa_bot.answering.list_parts import list_parts


def parts(sentence: str, answer: str, *others: str) -> list[str]:
    def place(words: str) -> Span:
        start = sentence.index(words)
        return Span(start, start + len(words))

    return [sentence[start:end] for start, end in list_parts(sentence, place(answer), [place(o) for o in others])]


@pytest.mark.parametrize(
    ("sentence", "answer", "others", "expected"),
    [
        ("He won in Ohio, Iowa and Maine.", "Ohio, Iowa and Maine", ["Ohio"], ["Ohio", "Iowa", "Maine"]),
        ("He won in Ohio, Iowa, and Maine.", "Ohio, Iowa, and Maine", ["Maine"], ["Ohio", "Iowa", "Maine"]),
        ("It hit Ab and the Khurais field.", "Ab and the Khurais field", ["Khurais field"], ["Ab", "the Khurais field"]),
        ("Ann Reed & Bob Lee won.", "Ann Reed & Bob Lee", ["Bob Lee"], ["Ann Reed", "Bob Lee"]),
        ("Is it red; green; or blue?", "red; green; or blue", ["green"], ["red", "green", "blue"]),
        ("It is run by Johnson and Johnson.", "Johnson and Johnson", [], []),
        ("He works in Paris, France.", "Paris, France", ["Paris"], []),
        ("It was on August 20, 1977.", "August 20, 1977", ["August 20"], []),
        ("The salt and pepper shaker.", "salt and pepper shaker", ["shaker"], []),
    ],
)  # fmt: skip
def test_what_is_a_list(sentence: str, answer: str, others: list[str], expected: list[str]) -> None:
    assert parts(sentence, answer, *others) == expected


@given(st.text(st.sampled_from("ab ,;&and or\n"), max_size=40), st.data())
def test_pieces_are_in_order_inside_the_answer_and_have_letters(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    ranges = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(lambda pair: Span(*sorted(pair)))
    pieces = list_parts(text, Span(start, end), data.draw(st.lists(ranges, max_size=5)))
    assert len(pieces) != 1
    assert all(any(map(str.isalnum, text[piece.start : piece.end])) for piece in pieces)
    borders = [border for piece in pieces for border in piece]
    assert borders == sorted(borders)
    if pieces:
        assert (pieces[0].start, pieces[-1].end) == (start, end)
