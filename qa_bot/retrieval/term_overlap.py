"""The words that a question and a passage share, and how closely they stand together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from embeddings.words import Stemmer, split_words

WINDOW = 30
"""Words of a passage that count as near each other: a sentence of news, or two short ones."""

_MAX_WORDS = 64


class Overlap(NamedTuple):
    """Which share of a question's words a passage has, each word weighted by its rarity; all in [0, 1].

    Attributes:
        nearby: the best `WINDOW` words in a row of the text have.
        pairs: of the question's neighbouring words, those that are neighbours in the text too.  Metzler and Croft, 2005, "A
            Markov Random Field Model for Term Dependencies", https://doi.org/10.1145/1076034.1076115, call them ordered
            features.
        exact: the text has in the very same form, not only the same stem.
        title: the article's title has.
        anywhere: text and title together have.
    """

    nearby: float
    pairs: float
    exact: float
    title: float
    anywhere: float


class QuestionWords:
    """A question's words, to be looked for in passages.

    Args:
        question: in words.
        stemmer: makes words comparable.
    """

    def __init__(self, question: str, stemmer: Stemmer) -> None:
        self._stemmer = stemmer
        words = split_words(question)[:_MAX_WORDS]
        telling = [word for word in words if stemmer.says_something(word)] or words
        self._forms = {word.lower(): stemmer.stem(word) for word in telling}
        self.terms = list(dict.fromkeys(self._forms.values()))
        """What is looked for, each once, in the question's order."""
        telling_words = frozenset(telling)
        neighbours = [pair for pair in pairwise(words) if not telling_words.isdisjoint(pair)]
        self._pairs = list(dict.fromkeys((stemmer.stem(first), stemmer.stem(second)) for first, second in neighbours))

    def overlap(self, title: str, text: str, rarity: Mapping[str, float]) -> Overlap:
        """How a passage overlaps with the question.

        Args:
            title: of its article.
            text: the passage's.
            rarity: weights of `terms`, at least 0; a term that is not among them weighs nothing.
        """
        words = split_words(text.lower())
        stems = self._stemmer.stems(words)
        in_text, forms = set(stems), set(words)
        in_title = set(self._stemmer.stems(split_words(title.lower())))
        total = sum(rarity.get(term, 0.0) for term in self.terms)
        if not total:
            return Overlap(0.0, 0.0, 0.0, 0.0, 0.0)

        def share(terms: Sequence[str]) -> float:
            return sum(rarity.get(term, 0.0) for term in terms) / total

        exact = dict.fromkeys(stem for form, stem in self._forms.items() if form in forms)
        return Overlap(
            nearby=self._densest(stems, rarity) / total,
            pairs=self._neighbours(stems, in_text, rarity),
            exact=share(list(exact)),
            title=share([term for term in self.terms if term in in_title]),
            anywhere=share([term for term in self.terms if term in in_text or term in in_title]),
        )

    def _densest(self, stems: Sequence[str], rarity: Mapping[str, float]) -> float:
        """The most weight of different terms that stands within `WINDOW` words."""
        terms = frozenset(self.terms)
        places = [(at, stem) for at, stem in enumerate(stems) if stem in terms]
        best = weight = 0.0
        inside: dict[str, int] = {}
        first = 0
        for at, stem in places:
            weight += 0.0 if inside.get(stem) else rarity.get(stem, 0.0)
            inside[stem] = inside.get(stem, 0) + 1
            while at - places[first][0] >= WINDOW:
                left = places[first][1]
                inside[left] -= 1
                weight -= 0.0 if inside[left] else rarity.get(left, 0.0)
                first += 1
            best = max(best, weight)
        return best

    def _neighbours(self, stems: Sequence[str], in_text: set[str], rarity: Mapping[str, float]) -> float:
        weights = {pair: sum(rarity.get(term, 0.0) for term in pair) for pair in self._pairs}
        total = sum(weights.values())
        if not total or not any(in_text.issuperset(pair) for pair in weights):
            return 0.0
        pairs = set(pairwise(stems))
        return sum(weight for pair, weight in weights.items() if pair in pairs) / total
