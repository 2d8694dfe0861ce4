"""What the archive holds, as a channel may see it: newest articles, articles behind buttons, suggested questions."""

from __future__ import annotations

import asyncio

from embeddings.filters import EVERYTHING, ArticleFilter
from qa_bot import QABot
from qa_bot.slack.views.archive_facts import Archive, suggest
from qa_bot.slack.views.button_values import Place

NOBODY = ArticleFilter(publishers=("Nobody",))


def test_suggested_questions_are_answered_by_the_sentence_they_were_made_from(seed_bot: QABot) -> None:
    questions = suggest(seed_bot, seed_bot.store.articles.list(), EVERYTHING, 4)
    assert questions
    assert len(set(questions)) == len(questions) <= 4
    for question in questions:
        assert question.endswith("?")
        assert seed_bot.ask(question).answered


def test_nothing_is_suggested_from_articles_that_may_not_be_shown(seed_bot: QABot) -> None:
    assert suggest(seed_bot, seed_bot.store.articles.list(), NOBODY, 4) == []
    assert asyncio.run(Archive(seed_bot).prompts(NOBODY)) == []


def test_the_newest_articles_come_first_and_only_those_that_may_be_shown(seed_bot: QABot) -> None:
    archive = Archive(seed_bot)
    every = seed_bot.store.articles.list()
    assert asyncio.run(archive.newest(EVERYTHING, 3)) == every[:3]
    assert asyncio.run(archive.newest(NOBODY, 3)) == []
    publisher = next(article.publisher for article in every if article.publisher)
    newest = asyncio.run(archive.newest(ArticleFilter(publishers=(publisher,)), 50))
    assert newest == [article for article in every if article.publisher == publisher]


def test_an_article_behind_a_button_is_shown_only_where_it_may_be(seed_bot: QABot) -> None:
    archive = Archive(seed_bot)
    article = seed_bot.store.articles.list(limit=1)[0]
    place = Place(article=article.id, start=0, end=5)
    source = asyncio.run(archive.article(place, EVERYTHING))
    assert source is not None
    assert source.article.id == article.id
    assert asyncio.run(archive.article(place, NOBODY)) is None
    assert asyncio.run(archive.article(Place(article="nosuch", start=0, end=5), EVERYTHING)) is None
    assert asyncio.run(archive.article(place.model_copy(update={"end": 10**9}), EVERYTHING)) is None


def test_counts_are_those_of_the_store(seed_bot: QABot) -> None:
    counts = asyncio.run(Archive(seed_bot).counts())
    status = seed_bot.store.status()
    assert (counts.articles, counts.passages) == (status.articles, status.passages)
