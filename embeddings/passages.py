"""Passages: runs of whole sentences, the unit that is embedded, searched and read."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from embeddings.sentences import Span, split_sentences


class Passage(NamedTuple):
    """A run of whole sentences of one article.

    Attributes:
        start: where the first sentence starts, in characters of the article's text.
        end: where the last sentence ends, exclusive, in characters of the article's text.
        sentences: its sentences, in order, as ranges of the article's text.
    """

    start: int
    end: int
    sentences: tuple[Span, ...]


def embedded_text(title: str, text: str) -> str:
    """What is embedded of a passage: its text under its article's title, if any, which a passage often does not mention."""
    return f"{title}\n{text}" if title else text


def split_passages(text: str, *, max_chars: int = 800, overlap_sentences: int = 1) -> list[Passage]:
    """Cuts an article into passages of whole sentences.

    No two neighbours would fit into one passage, and passages are about equally long, so that no article ends in a
    scrap. With the defaults, passages of news average about 700 characters. No passage lies inside another.

    Args:
        text: the article's text.
        max_chars: longest passage, in characters, at least 1. A longer sentence is a passage by itself.
        overlap_sentences: how many of a passage's last sentences the next one starts with, at least 0; fewer
            where a new sentence would not fit beside them.

    Returns:
        The passages in order; every sentence is in at least one. None for a text without any sentence.

    Raises:
        ValueError: if `max_chars` or `overlap_sentences` is out of range.

    Example:
        >>> text = "Mattis spoke. Putin answered. Nobody listened."
        >>> [text[p.start : p.end] for p in split_passages(text, max_chars=32)]
        ['Mattis spoke. Putin answered.', 'Putin answered. Nobody listened.']
    """
    if max_chars < 1:
        raise ValueError(f"max_chars must be at least 1, not {max_chars}")
    if overlap_sentences < 0:
        raise ValueError(f"overlap_sentences must be at least 0, not {overlap_sentences}")
    passages = []
    for run in _runs_between_long_sentences(split_sentences(text), max_chars):
        for first, stop in _balanced(run, max_chars, overlap_sentences):
            passages.append(Passage(run[first].start, run[stop - 1].end, tuple(run[first:stop])))
    return passages


def _runs_between_long_sentences(sentences: Sequence[Span], max_chars: int) -> Iterator[Sequence[Span]]:
    for is_long, run in groupby(sentences, lambda sentence: sentence.end - sentence.start > max_chars):
        if is_long:
            yield from ([sentence] for sentence in run)
        else:
            yield list(run)


def _balanced(run: Sequence[Span], max_chars: int, overlap: int) -> list[tuple[int, int]]:
    """Packs a run with the smallest target length that needs no more passages than `max_chars` does."""
    best = _packed(run, max_chars, max_chars, overlap)
    shortest, longest = 1, max_chars
    while len(best) > 1 and shortest < longest:
        target = (shortest + longest) // 2
        packed = _packed(run, target, max_chars, overlap)
        if len(packed) <= len(best) and not _wastes_room(run, packed, max_chars):
            best, longest = packed, target
        else:
            shortest = target + 1
    return best


def _packed(run: Sequence[Span], target: int, max_chars: int, overlap: int) -> list[tuple[int, int]]:
    """Fills passages up to `target` characters from the left, as ranges of sentence indices.

    One that takes over sentences from the last takes one new sentence at least, for which it may reach
    `max_chars`: a small target must not cost the overlap.
    """
    packed = []
    first, stop = 0, 0
    while stop < len(run):
        stop += 1
        while stop < len(run) and run[stop].end - run[first].start <= target:
            stop += 1
        packed.append((first, stop))
        if stop < len(run):
            # At least one sentence on, or the passage would hold the whole of the one before it.
            first = max(first + 1, stop - overlap)
            while run[stop].end - run[first].start > max_chars and first < stop:
                first += 1
    return packed


def _wastes_room(run: Sequence[Span], packed: Sequence[tuple[int, int]], max_chars: int) -> bool:
    spanned = (Span(run[first].start, run[stop - 1].end) for (first, _), (_, stop) in pairwise(packed))
    return any(end - start <= max_chars for start, end in spanned)
