"""What is indexed and read of an article."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.passages import Passage, split_passages
from embeddings.sentences import split_sentences

WORDS = st.sampled_from(["Mattis", "spoke", "in", "Brussels", "Thursday", "U. S.", "3.5", "percent", '"so"', "é😀"])
SENTENCES = st.lists(WORDS, min_size=1, max_size=12).map(lambda words: "The " + " ".join(words) + " ended.")
GAPS = st.sampled_from([" ", "  ", "\n", "\n\n", "\n" * 60])
ARTICLES = st.lists(st.tuples(SENTENCES, GAPS).map("".join), max_size=25).map("".join)
LIMITS = st.integers(min_value=1, max_value=400)
OVERLAPS = st.integers(min_value=0, max_value=4)


def length(passage: Passage) -> int:
    return passage.end - passage.start


@given(ARTICLES | st.text(max_size=200), LIMITS, OVERLAPS)
def test_a_passage_is_a_run_of_whole_sentences(text: str, max_chars: int, overlap: int) -> None:
    sentences = split_sentences(text)
    for passage in split_passages(text, max_chars=max_chars, overlap_sentences=overlap):
        first = sentences.index(passage.sentences[0])
        assert list(passage.sentences) == sentences[first : first + len(passage.sentences)]
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)


@given(ARTICLES | st.text(max_size=200), LIMITS, OVERLAPS)
def test_every_sentence_can_be_found_in_a_passage(text: str, max_chars: int, overlap: int) -> None:
    passages = split_passages(text, max_chars=max_chars, overlap_sentences=overlap)
    assert sorted({s for passage in passages for s in passage.sentences}) == split_sentences(text)


@given(ARTICLES, LIMITS, OVERLAPS)
def test_only_a_sentence_by_itself_is_longer_than_asked(text: str, max_chars: int, overlap: int) -> None:
    for passage in split_passages(text, max_chars=max_chars, overlap_sentences=overlap):
        assert length(passage) <= max_chars or len(passage.sentences) == 1


@given(ARTICLES, LIMITS, OVERLAPS)
def test_no_passage_lies_inside_another(text: str, max_chars: int, overlap: int) -> None:
    passages = split_passages(text, max_chars=max_chars, overlap_sentences=overlap)
    assert all(a.start < b.start and a.end < b.end for a, b in pairwise(passages))


@given(ARTICLES, LIMITS, OVERLAPS)
def test_neighbours_share_as_many_sentences_as_asked_where_there_is_room(
    text: str, max_chars: int, overlap: int
) -> None:
    for a, b in pairwise(split_passages(text, max_chars=max_chars, overlap_sentences=overlap)):
        shared = len(set(a.sentences) & set(b.sentences))
        assert shared <= overlap
        if shared < min(overlap, len(a.sentences) - 1):
            new = b.sentences[shared]
            assert new.end - a.sentences[-shared - 1].start > max_chars


@given(ARTICLES, LIMITS, OVERLAPS)
def test_no_two_neighbours_would_fit_in_one_passage(text: str, max_chars: int, overlap: int) -> None:
    for a, b in pairwise(split_passages(text, max_chars=max_chars, overlap_sentences=overlap)):
        assert b.end - a.start > max_chars


@given(ARTICLES, LIMITS, OVERLAPS)
def test_the_same_article_gives_the_same_passages(text: str, max_chars: int, overlap: int) -> None:
    once = split_passages(text, max_chars=max_chars, overlap_sentences=overlap)
    assert once == split_passages(text, max_chars=max_chars, overlap_sentences=overlap)


def test_an_article_does_not_end_in_a_scrap() -> None:
    text = " ".join(f"Sentence number {n:03} is of just this many characters." for n in range(16))
    passages = split_passages(text)
    assert [len(p.sentences) for p in passages] == [9, 8]


def test_a_long_article_fills_its_passages() -> None:
    text = " ".join(f"Sentence {n} has {'many ' * (n % 19)}words." for n in range(400))
    lengths = [length(p) for p in split_passages(text)]
    assert 670 <= sum(lengths) / len(lengths) <= 800


def test_a_sentence_longer_than_a_passage_stands_alone() -> None:
    long = "It goes " + "on and " * 150 + "on."
    text = f"He spoke. {long} She left. They stayed."
    assert [text[p.start : p.end] for p in split_passages(text)] == ["He spoke.", long, "She left. They stayed."]


@pytest.mark.parametrize("text", ["", " ", "\n\n\t"])
def test_an_empty_article_has_no_passages(text: str) -> None:
    assert split_passages(text) == []


def test_limits_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="max_chars must be at least 1, not 0"):
        split_passages("He left.", max_chars=0)
    with pytest.raises(ValueError, match="overlap_sentences must be at least 0, not -1"):
        split_passages("He left.", overlap_sentences=-1)
