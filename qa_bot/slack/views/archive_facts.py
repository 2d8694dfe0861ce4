"""What the archive holds, for App Home, modals and suggested prompts; always through a channel's filter.

A suggested prompt is a question made from an article's own sentence, and tried before it is shown.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import NamedTuple

from embeddings.articles import Article
from embeddings.dates import MONTHS
from embeddings.errors import QABotError
from embeddings.filters import ArticleFilter
from embeddings.sentences import split_sentences
from embeddings.store.protocol import ArticleText, Store, StoreStatus
from qa_bot.bot import QABot
from qa_bot.slack.views.button_values import Place

FRESH = 30.0
"""Seconds for which counts are reused."""
ARTICLES_READ = 2000
"""Articles that are looked through for the newest that a filter admits."""
PAGE = 100
PROMPTS = 4
ARTICLES_TRIED, SENTENCES_TRIED, QUESTIONS_TRIED = 24, 40, 24
QUESTION_CHARS = 90
SURE = 0.5
"""Least confidence of a question that is suggested."""

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


class Archive:
    """Reads the store of a bot in threads, beside the event loop."""

    def __init__(self, bot: QABot) -> None:
        self._bot = bot
        self._counted: tuple[float, StoreStatus] | None = None
        self._suggesting = asyncio.Lock()
        self._suggested: dict[ArticleFilter, tuple[int, list[str]]] = {}

    async def counts(self) -> StoreStatus:
        """The figures of the store, at most `FRESH` seconds ago.

        Raises:
            QABotError: the store cannot be read.
        """
        if self._counted is None or time.monotonic() - self._counted[0] > FRESH:
            status = await asyncio.to_thread(lambda: self._bot.store.status())
            self._counted = (time.monotonic(), status)
        return self._counted[1]

    async def passages(self) -> int:
        """Passages in the store, at most `FRESH` seconds ago; 0 if it cannot be read."""
        try:
            return (await self.counts()).passages
        except QABotError:
            return 0

    async def newest(self, only: ArticleFilter, count: int) -> list[Article]:
        """The newest articles that may be shown.

        Raises:
            QABotError: the store cannot be read.
        """
        return await asyncio.to_thread(_newest, self._bot.store, only, count)

    async def article(self, place: Place, only: ArticleFilter) -> ArticleText | None:
        """The article of an answer, if it still exists, is still long enough, and may be shown.

        Raises:
            QABotError: the store cannot be read.
        """

        def read() -> ArticleText | None:
            store = self._bot.store
            text, origin = store.articles.get(place.article), store.articles.origin(place.article)
            if text is None or origin is None or not only.admits(text.article, origin):
                return None
            return text if place.start < place.end <= len(text.article.text) else None

        return await asyncio.to_thread(read)

    async def prompts(self, only: ArticleFilter) -> list[str]:
        """Questions that the articles which may be shown answer; made once for each state of the store.

        Raises:
            QABotError: the store cannot be read.
        """
        async with self._suggesting:
            changes = await asyncio.to_thread(lambda: self._bot.store.status().changes)
            as_of, questions = self._suggested.get(only, (None, []))
            if as_of != changes:
                articles = await self.newest(only, ARTICLES_TRIED)
                questions = await asyncio.to_thread(suggest, self._bot, articles, only, PROMPTS)
                self._suggested[only] = (changes, questions)
            return questions


def _newest(store: Store, only: ArticleFilter, count: int) -> list[Article]:
    newest: list[Article] = []
    for offset in range(0, ARTICLES_READ, PAGE):
        page = store.articles.list(offset=offset, limit=PAGE if only else count)
        for article in page:
            if only.admits(article, store.articles.origin(article.id) or ""):
                newest.append(article)
            if len(newest) == count:
                return newest
        if len(page) < PAGE:
            break
    return newest


class Try(NamedTuple):
    """A question that a sentence of an article answers, if the bot finds the sentence."""

    question: str
    article: str
    sentence: str


def suggest(bot: QABot, articles: Sequence[Article], only: ArticleFilter, count: int) -> list[str]:
    """Makes at most `count` questions from articles, which their own sentences answer; the surest first.

    The bot tries each: it must answer with the sentence that the question is made from, among the articles of the filter.
    """
    confidences: dict[str, float] = {}
    rounds = zip_longest(
        *map(_tries, articles)
    )  # the first question of each article, then the second of each, and so on
    for attempt in islice(filter(None, chain.from_iterable(rounds)), QUESTIONS_TRIED):
        confidence = _confidence(bot, attempt, only)
        if confidence >= SURE:
            confidences[attempt.question] = confidence
    return sorted(confidences, key=lambda question: -confidences[question])[:count]


def _tries(article: Article) -> Iterator[Try]:
    text = article.text[:20_000]
    for sentence in split_sentences(text)[:SENTENCES_TRIED]:
        words = _words(text[sentence.start : sentence.end])
        question = _question(words)
        if question and len(question) <= QUESTION_CHARS:
            yield Try(question, article.id, words)


def _question(sentence: str) -> str | None:
    """A question that a simple sentence answers, if the question can be understood alone."""
    question = _turned_round(sentence)
    if question is None or _REFERRING.search(question) or not _TELLING.search(question) or _MARKUP.search(question):
        return None
    return question


def _turned_round(sentence: str) -> str | None:
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


def _confidence(bot: QABot, attempt: Try, only: ArticleFilter) -> float:
    """How sure the bot is, if it answers with the sentence that the question was made from; else 0."""
    try:
        answer = bot.ask(attempt.question, only=only)
    except QABotError:
        return 0.0
    if answer.answer is None or answer.sentence is None or answer.article is None:
        return 0.0
    right = answer.article.id == attempt.article and _words(answer.sentence.text) == attempt.sentence
    return answer.answer.confidence if right else 0.0


def _words(text: str) -> str:
    return " ".join(text.split())
