"""Why the articles don't say: what a question's words meet in the archive, and what they miss."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import BaseModel

from embeddings.words import Stemmer, split_words

if TYPE_CHECKING:
    from embeddings.store.protocol import Store, StoredPassage, View
    from qa_bot.reader.model import Reader

FOREIGN_PIECES = 1.5
"""Word pieces per word from which a question may be in a language that the reader does not read.

The packaged reader cuts 37 of 40 questions in 15 other languages so small, and 3 % of English ones, by `Reader.pieces_per_word`.
"""

_NO_TERM = "\0"
_SHOWN = 4
_LISTED = 2000


class Gap(StrEnum):
    """What is missing.

    Attributes:
        PUBLISHER: no article is of the publishers that the filter names.
        ARTICLES: no article passes the filter.
        LANGUAGE: most of the question's words are in no article, and the reader does not know them.
        WORDS: no article has some of the question's words.
        TOGETHER: passages have some of the words; none of them has the others too.
        ANSWER: passages have the words; none answers surely enough.
        UNREAD: the passages that were read have none of the words.
        UNCLEAR: the question has only words that every text has.
    """

    PUBLISHER = "publisher"
    ARTICLES = "articles"
    LANGUAGE = "language"
    WORDS = "words"
    TOGETHER = "together"
    ANSWER = "answer"
    UNREAD = "unread"
    UNCLEAR = "unclear"


class Missing(BaseModel, frozen=True):
    """Why the articles don't say.

    Attributes:
        gap: what is missing.
        words: that are missing; with `Gap.TOGETHER`, those that passages have.
        others: with `Gap.TOGETHER`, the words that these passages don't have; with `Gap.PUBLISHER`, publishers that there are.
        passages: with `Gap.TOGETHER` and `Gap.ANSWER`, how many of the passages that were read have the words.
    """

    gap: Gap
    words: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    passages: int = 0


REASONS = {
    Gap.PUBLISHER: "No article is by {words}. There are articles by {others}.",
    Gap.ARTICLES: "No article passes the filter.",
    Gap.LANGUAGE: "The question seems to be in a language that qa-bot does not read; no article has {words}.",
    Gap.WORDS: "No article has {words}.",
    Gap.TOGETHER: "Of the passages that were read, {count} with {words}, none of these with {others}.",
    Gap.ANSWER: "Of the passages that were read, {count} with {words}; none answers surely enough.",
    Gap.UNREAD: "None of the passages that were read has {words}.",
    Gap.UNCLEAR: "The question names nothing to look for; ask with a name or another telling word.",
}
"""The reasons in English."""


def reason(
    missing: Missing, reasons: Mapping[Gap, str] = REASONS, quotes: str = "“{}”", joins: Sequence[str] = ("and", "or")
) -> str:
    """Why the articles don't say, in words.

    Args:
        missing: what is missing.
        reasons: texts of a language, as `REASONS`.
        quotes: quotation marks of the language.
        joins: its words for "and" and "or".
    """
    has_words = missing.gap in (Gap.TOGETHER, Gap.ANSWER)
    words = _listed(missing.words, quotes, joins[0 if has_words else 1])
    others = _listed(missing.others, quotes, joins[0 if missing.gap is Gap.PUBLISHER else 1])
    return reasons[missing.gap].format(words=words, others=others, count=missing.passages)


def _listed(words: Sequence[str], quotes: str, join: str) -> str:
    quoted = [quotes.format(word) for word in words[:_SHOWN]]
    return f" {join} ".join([*([", ".join(quoted[:-1])] if quoted[1:] else []), *quoted[-1:]])


def what_is_missing(
    store: Store, view: View, reader: Reader, question: str, passages: Sequence[StoredPassage]
) -> Missing:
    """Finds out why no passage answers.

    Args:
        store: of the view.
        view: that was searched.
        reader: that read the passages.
        question: as asked.
        passages: that were read.
    """
    if not passages:
        return _nothing_found(store, view)
    stemmer = Stemmer()
    words = [word for word in split_words(question) if len(word) > 1 or not word.islower()]  # no "s" of "what's"
    terms = {word: stemmer.stem(word) for word in words if stemmer.says_something(word)}
    if not terms:
        return Missing(gap=Gap.UNCLEAR)
    idf = view.idf([*terms.values(), _NO_TERM])
    contents = [set(stemmer.stems(split_words(f"{p.title} {p.text}"))) for p in passages]
    known = {term for term, rarity in idf.items() if rarity < idf.get(_NO_TERM, 0.0)}.union(*contents)
    unknown = {word for word, term in terms.items() if term not in known}
    if unknown and len(unknown) * 2 >= len(terms) and reader.pieces_per_word(question) >= FOREIGN_PIECES:
        return Missing(gap=Gap.LANGUAGE, words=_in_order(words, unknown))
    if unknown:
        return Missing(gap=Gap.WORDS, words=_in_order(words, unknown))
    met = [frozenset(word for word, term in terms.items() if term in content) for content in contents]
    best = max(met, key=lambda found: sum(idf.get(terms[word], 0.0) for word in found))
    if not best:
        return Missing(gap=Gap.UNREAD, words=_in_order(words, terms.keys()))
    return Missing(
        gap=Gap.TOGETHER if len(best) < len(terms) else Gap.ANSWER,
        words=_in_order(words, best),
        others=_in_order(words, terms.keys() - best),
        passages=sum(found >= best for found in met),
    )


def _nothing_found(store: Store, view: View) -> Missing:
    wanted = view.only.publishers
    counts = Counter(a.publisher for a in store.articles.list(limit=_LISTED) if a.publisher) if wanted else Counter()
    if not wanted or any(name.casefold() in view.only.folded_publishers for name in counts):
        return Missing(gap=Gap.ARTICLES)
    near = [name for one in wanted for name in _most_like(one, counts)]
    common = [name for name, _ in counts.most_common()]
    return Missing(gap=Gap.PUBLISHER, words=wanted, others=tuple(dict.fromkeys([*near, *common]))[:_SHOWN])


def _most_like(name: str, names: Iterable[str]) -> list[str]:
    folded = {other.casefold(): other for other in names}
    return [folded[other] for other in difflib.get_close_matches(name.casefold(), folded, 2, 0.6)]


def _in_order(words: Sequence[str], chosen: Collection[str]) -> tuple[str, ...]:
    """The chosen words in the question's order, each once."""
    return tuple(dict.fromkeys(word for word in words if word in chosen))
