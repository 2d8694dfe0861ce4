"""Which passages a question brings: by meaning, by words, by date, and by filter; the real store and encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from embeddings.filters import EVERYTHING, ArticleFilter
from qa_bot import QABot, load_settings
from qa_bot.retrieval.retriever import RetrievedPassage, Retriever

REPORT = (
    "The central bank published its weekly report on the money supply. The broad measure rose by {} billion dollars in the "
    "week, more than analysts had expected, and the bank left its rates as they were."
)
WEEKS = {"2024-03-04": "1.2", "2024-03-11": "2.5", "2024-03-18": "0.7", "2024-04-01": "3.1", "2023-03-06": "4.4"}


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path, seeds_folder: Path) -> Iterator[QABot]:
    folder = tmp_path_factory.mktemp("weekly")
    for day, rise in WEEKS.items():
        facts = f"---\ntitle: Money supply\ndate: {day}\npublisher: Reuters\n---\n"
        (folder / f"{day}.txt").write_text(facts + REPORT.format(rise))
    (folder / "undated.txt").write_text("---\ntitle: Money supply\n---\n" + REPORT.format("9.9"))
    with QABot(load_settings(data_dir=tmp_path_factory.mktemp("store"), cache_dir=cache_dir)) as bot:
        bot.reindex([str(folder), str(seeds_folder)])
        yield bot


@pytest.fixture(scope="module")
def retrieve(bot: QABot) -> Callable[..., list[RetrievedPassage]]:
    retriever = Retriever()

    def search(question: str, count: int = 8, only: ArticleFilter = EVERYTHING) -> list[RetrievedPassage]:
        with bot.store.view(only) as view:
            return retriever.retrieve(view, question, bot.encoder.encode_question(question), count)

    return search


def published(bot: QABot, hit: RetrievedPassage) -> str:
    stored = bot.store.articles.get(hit.passage.article_id)
    assert stored is not None
    return str(stored.article.published_at)


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("By how much did the money supply rise in the latest week?", "2024-04-01"),
        ("What is the most recent rise of the money supply?", "2024-04-01"),
        ("By how much did the money supply rise on 11 March 2024?", "2024-03-11"),
        ("By how much did the money supply rise in April 2024?", "2024-04-01"),
        ("By how much did the money supply rise in 2023?", "2023-03-06"),
    ],
)
def test_of_reports_that_say_the_same_the_one_of_the_right_day_is_first(
    bot: QABot, retrieve: Callable[..., list[RetrievedPassage]], question: str, day: str
) -> None:
    assert published(bot, retrieve(question)[0]) == day


@pytest.mark.parametrize(
    "when", ["the latest on", "the most recent report on", "known today about", "said in 2024 about"]
)
def test_a_date_puts_no_other_story_in_front_of_the_one_that_is_asked_for(
    bot: QABot, retrieve: Callable[..., list[RetrievedPassage]], when: str
) -> None:
    hits = retrieve(f"What is {when} the bottom of the sea, the Challenger Deep?")
    stored = bot.store.articles.get(hits[0].passage.article_id)
    assert stored is not None
    assert "Challenger Deep" in stored.article.title


@pytest.mark.parametrize(
    "only",
    [
        ArticleFilter(publishers=("reuters",)),
        ArticleFilter(sources=("*seeds",)),
        ArticleFilter(since=date(2024, 3, 10), until=date(2024, 3, 31)),
        ArticleFilter(publishers=("nobody",)),
    ],
)
@pytest.mark.parametrize(
    "question", ["How did the money supply rise?", "the latest money supply", "money in March 2024"]
)
def test_no_passage_is_brought_that_the_filter_shuts_out(
    bot: QABot, retrieve: Callable[..., list[RetrievedPassage]], only: ArticleFilter, question: str
) -> None:
    hits = retrieve(question, 50, only)
    for hit in hits:
        stored = bot.store.articles.get(hit.passage.article_id)
        assert stored is not None
        assert only.admits(stored.article, bot.store.articles.origin(stored.article.id) or "")
    assert bool(hits) == (only.publishers != ("nobody",))


def test_nothing_outside_a_filter_is_quoted_even_as_an_alternative(bot: QABot) -> None:
    only = ArticleFilter(publishers=("reuters",))
    answer = bot.ask("Who first walked on the moon?", only=only)
    assert not answer.answered
    assert {other.article.publisher for other in answer.alternatives} <= {"Reuters"}


def test_words_that_stand_together_count_more_than_words_that_are_scattered(
    new_bot: Callable[..., QABot], tmp_path: Path
) -> None:
    (tmp_path / "together.txt").write_text(
        "In May the harbour bridge of Lund was closed. Rain fell on the hills and the town."
    )
    (tmp_path / "apart.txt").write_text(
        "The bridge of the town fell in May. Rain closed Lund, and the hills; the harbour was wet."
    )
    bot = new_bot()
    bot.reindex([str(tmp_path)])
    question = "When was the harbour bridge of Lund closed?"
    with bot.store.view() as view:
        hits = Retriever().retrieve(view, question, bot.encoder.encode_question(question), 2)
    assert hits[0].passage.text.startswith("In May the harbour bridge")
    assert hits[0].overlap > hits[1].overlap


def test_the_same_question_brings_the_same_passages_with_the_same_scores(
    retrieve: Callable[..., list[RetrievedPassage]],
) -> None:
    question = "By how much did the money supply rise last week?"
    first = retrieve(question)
    assert all(retrieve(question) == first for _ in range(3))
    assert retrieve(question, 3) == first[:3]


@pytest.mark.parametrize(
    "question", ["the of and", "!!! ???", "🙂", "東京タワーの高さは?", "title:AND (NOT *", "a " * 500]
)
def test_any_question_brings_something_or_nothing(
    retrieve: Callable[..., list[RetrievedPassage]], question: str
) -> None:
    assert len(retrieve(question, 5)) <= 5
