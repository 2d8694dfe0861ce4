"""Suggested prompts: questions made from the archive's own sentences, each tried before it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from embeddings.articles import Article
from embeddings.dates import MONTHS
from embeddings.errors import QABotError
from embeddings.filters import ArticleFilter
from embeddings.sentences import split_sentences
from qa_bot.bot import QABot

SENTENCES_TRIED = 40
TRIES = 24
LONGEST = 90
SURE = 0.5
"""Confidence from which a question is good enough to be suggested."""

_PAST = (
    r"(?:\w{2,}ed|became|began|broke|brought|built|came|chose|drew|fell|found|gave|got|grew|held|kept|knew|led|left|lost|made|met|"
    r"opened|ran|said|saw|sent|set|shot|sold|spoke|stood|struck|swore|taught|told|took|went|won|wrote)"
)
_DONE = (
    r"(?:\w{2,}ed|begun|born|broken|brought|built|chosen|drawn|found|given|held|lost|made|met|sent|set|sold|struck|taken|"
    r"torn|won|written)"
)
_DATED = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_PERSON = re.compile(
    r"^(?:[A-Z][\w.'’-]+|The [A-Z]\w+)(?: (?:[A-Z][\w.'’-]*|de|van|von|of)){0,4}(?:, [^,.]{3,60},)? "
    rf"(?P<did>{_PAST}|(?:was|were) {_DONE}) (?P<rest>.+)"
)
_PASSIVE = re.compile(
    rf"^(?P<subject>[A-Z][\w'’.-]*(?: [\w'’.-]+){{0,5}}) (?P<be>was|were) (?:\w+ly |first )?(?P<done>{_DONE})\b"
)
_FIRST = re.compile(
    r"^(?P<subject>[A-Z][\w'’.-]*(?: [\w'’.-]+){0,5}) (?P<be>is|was) (?P<what>the (?:first|last|only|\w+est|most \w+) .+)"
)
_REFERRING = re.compile(
    r"\b(?:it|its|he|his|him|she|her|they|their|them|this|that|these|those|there|then|four|five|six)\b", re.I
)
_TELLING = re.compile(rf"(?<=\s)(?!{'|'.join(MONTHS)})[A-Z]\w+|\b\d{{4}}\b")
"""A name or a year: without one, nobody knows what a question is about."""
_MARKUP = re.compile(r"[<>&@#|*~`]|\w:")
"""Slack posts a prompt that is clicked as if the person had typed it."""
_CLAUSE = re.compile(
    r"[,;:(–—]| (?:and|but|when|while|where|which|who|after|before|because|as|in (?:1|2)\d{3}|on \d|that)\b"
)
_VAGUE = "It He She They This That These Those There In On At As But And The A An Its His Her Their Both All Some"


class Try(NamedTuple):
    """A question that a sentence of an article answers, if the bot finds it."""

    question: str
    article: str
    sentence: str


def suggest(bot: QABot, articles: Sequence[Article], only: ArticleFilter, count: int) -> list[str]:
    """Questions that the archive answers, with the sentence that they were made from; those first that the bot is surest of.

    Args:
        bot: tries them.
        articles: to make questions from.
        only: the articles that may answer them.
        count: how many at most.
    """
    found = {}
    for made in islice(_rounds([list(_tries(article)) for article in articles]), TRIES):
        confidence = _confidence(bot, made, only)
        if confidence >= SURE:
            found[made.question] = confidence
    return sorted(found, key=lambda question: -found[question])[:count]


def _rounds(of_articles: Sequence[list[Try]]) -> Iterator[Try]:
    """The first question of each article, then the second of each, and so on."""
    for number in range(max((len(one) for one in of_articles), default=0)):
        yield from (one[number] for one in of_articles if number < len(one))


def _tries(article: Article) -> Iterator[Try]:
    text = article.text[:20_000]
    for sentence in split_sentences(text)[:SENTENCES_TRIED]:
        words = _words(text[sentence.start : sentence.end])
        question = _question(words)
        if question and len(question) <= LONGEST:
            yield Try(question, article.id, words)


def _question(sentence: str) -> str | None:
    """A question that a sentence answers, if it is built as simply as that, and can be understood without it."""
    made = _made(sentence)
    if made is None or _REFERRING.search(made) or not _TELLING.search(made) or _MARKUP.search(made):
        return None
    return made


def _made(sentence: str) -> str | None:
    passive = _PASSIVE.match(sentence)
    if passive and _DATED.search(sentence) and _names_something(passive["subject"]):
        subject = re.sub(r"^The\b", "the", passive["subject"])
        return f"When {passive['be']} {subject} {passive['done']}?"
    first = _FIRST.match(sentence)
    if first:
        what = _CLAUSE.split(first["what"], maxsplit=1)[0].rstrip(" .")
        return f"What {first['be']} {what}?" if len(what.split()) >= 4 else None
    person = _PERSON.match(sentence)
    if person and sentence.split()[0] not in _VAGUE.split():
        rest = _CLAUSE.split(person["rest"], maxsplit=1)[0].rstrip(" .")
        if len(rest.split()) >= 4:
            return f"Who {person['did']} {rest}?"
    return None


def _names_something(subject: str) -> bool:
    words = subject.split()
    return "," not in subject and (words[0] not in _VAGUE.split() or (words[0] == "The" and len(words) > 1))


def _confidence(bot: QABot, made: Try, only: ArticleFilter) -> float:
    """How sure the bot is, if it answers with the sentence that the question was made from; else 0."""
    try:
        answer = bot.ask(made.question, only=only)
    except QABotError:
        return 0.0
    if answer.answer is None or answer.sentence is None or answer.article is None:
        return 0.0
    right = answer.article.id == made.article and _words(answer.sentence.text) == made.sentence
    return answer.answer.confidence if right else 0.0


def _words(text: str) -> str:
    return " ".join(text.split())
