"""Words as lexical search compares them: lower case, without accents, their English endings cut off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import tantivy

_WORD = re.compile(r"[^\W_]+")
_LONGEST = 60
_REMEMBERED = 200_000

ASKING = frozenset(
    ["what", "which", "who", "whom", "whose", "when", "where", "why", "how", "many", "much", "do", "does", "did"]
)
"""Words that make a sentence a question; a text that has them too is no closer to the answer."""


def split_words(text: str) -> list[str]:
    """The runs of letters and digits of a text, as they are written."""
    return _WORD.findall(text)


def word_analyzer() -> tantivy.TextAnalyzer:
    """Makes the terms of the lexical index from a text, as `Stemmer` does, but without stop words."""
    return _folding().filter(tantivy.Filter.stopword("english")).filter(tantivy.Filter.stemmer("english")).build()


class Stemmer:
    """Word -> the term that it is compared by.

    Snowball's English stemmer: Porter, 2001, "Snowball: A language for stemming algorithms", http://snowball.tartarus.org.

    Example:
        >>> stemmer = Stemmer()
        >>> stemmer.stem("Cafés"), stemmer.stem("hearings"), stemmer.says_something("the")
        ('cafe', 'hear', False)
    """

    def __init__(self) -> None:
        self._indexing = word_analyzer()
        stemming = _folding().filter(tantivy.Filter.stemmer("english")).build()
        self._term = lru_cache(_REMEMBERED)(lambda word: "".join(stemming.analyze(word)) or word)

    def stem(self, word: str) -> str:
        """The term of one word; a word that is too long for the index is its own term."""
        return self._term(word)

    def stems(self, words: Sequence[str]) -> list[str]:
        """The terms of several words."""
        return list(map(self._term, words))

    def says_something(self, word: str) -> bool:
        """Whether the index holds such a word and it is not a question word; "WHO" is not "who"."""
        return bool(self._indexing.analyze(word)) and (word.lower() not in ASKING or (word.isupper() and len(word) > 1))


def _folding() -> tantivy.TextAnalyzerBuilder:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
    )
