"""Slips of the finger: a word that no article has is taken for the word of the passages that it is nearly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from embeddings.store.protocol import StoredPassage, View
from embeddings.words import Stemmer, split_words
from qa_bot.reader.model import Reader

LIKENESS = 0.8
"""Likeness (Ratcliff and Obershelp, as in `difflib`) from which a word is taken for another one."""

_SHORTEST = 4
_NO_TERM = "\0"


def repaired(question: str, view: View, reader: Reader, passages: Sequence[StoredPassage]) -> str:
    """The question with words that no article has in the spelling of the passages; as it is if there are none.

    Args:
        question: as asked.
        view: of the store.
        reader: a word that it knows as a whole is no slip, even if no article has it.
        passages: that the search found for it: by their meaning, where not by its words.
    """
    stemmer = Stemmer()
    terms = {word: stemmer.stem(word) for word in split_words(question) if len(word) >= _SHORTEST and word.isalpha()}
    terms = {word: term for word, term in terms.items() if stemmer.says_something(word)}
    if not terms:
        return question
    idf = view.idf([*terms.values(), _NO_TERM])
    unknown = [word for word, term in terms.items() if idf.get(term, 0.0) >= idf.get(_NO_TERM, 0.0)]
    unknown = [word for word in unknown if reader.pieces_per_word(word) > 1]
    if not unknown:
        return question
    counts = Counter(word for passage in passages for word in split_words(f"{passage.title} {passage.text}"))
    known = [word for word in counts if len(word) >= _SHORTEST and word.isalpha()]
    for word in unknown:
        likeness, _, other = max(
            ((_likeness(word, other), counts[other], other) for other in known), default=(0.0, 0, "")
        )
        if LIKENESS <= likeness < 1:
            question = re.sub(rf"\b{re.escape(word)}\b", other, question)
    return question


def _likeness(word: str, other: str) -> float:
    word, other = word.lower(), other.lower()
    if word == other:
        return 1.0
    if abs(len(word) - len(other)) > 2 or (word[0] != other[0] and word[:2] != other[1::-1]):
        return 0.0
    return SequenceMatcher(None, word, other, autojunk=False).ratio()
