"""What kind of answer a question wants, and what it gets: a few words, the sentence that decides, or the articles on a topic."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.words import split_words
from qa_bot import QABot
from qa_bot.answering.overview import topic_of
from qa_bot.answering.question_kind import QuestionKind, QuestionKinds
from qa_bot.answering.results import iterate
from qa_bot.terminal.render import render_answer

QUESTIONS = Path(__file__).parents[2] / "benchmarks" / "questions"
KINDS = QuestionKinds.packaged()


def lines(name: str) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in (QUESTIONS / f"{name}.jsonl").read_text().splitlines()]
    return [entry for entry in entries if entry["half"] == "report"]


def share(questions: list[str], kind: QuestionKind) -> float:
    return sum(KINDS.kind_of(question) is kind for question in questions) / len(questions)


def test_most_questions_of_the_other_kinds_are_known_by_their_words() -> None:
    kinds = lines("kinds")
    asked = {sort: [line["question"] for line in kinds if line["kind"] == sort] for sort in ("what's new", "yes/no")}
    assert share(asked["what's new"], QuestionKind.ARTICLES) >= 0.7
    assert share(asked["yes/no"], QuestionKind.YES_NO) >= 0.8


@pytest.mark.parametrize("name", ["news_quiz", "near_misses", "as_people_ask"])
def test_few_ordinary_questions_are_taken_for_another_kind(name: str) -> None:
    assert share([line["question"] for line in lines(name)], QuestionKind.SPAN) >= 0.97


@given(st.text(max_size=80))
def test_any_text_has_a_kind_and_a_topic(text: str) -> None:
    assert KINDS.kind_of(text) in QuestionKind
    assert set(split_words(topic_of(text, KINDS))) <= set(split_words(text))


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("what's new about Hong Kong?", "Hong Kong"),
        ("tell me about the reef", "reef"),
        ("Which articles mention the Tippu Express?", "Tippu Express"),
        ("What's the latest on Navalny?", "Navalny"),
    ],
)
def test_the_topic_is_what_is_left_of_the_request(question: str, topic: str) -> None:
    assert topic_of(question, KINDS).removeprefix("the ") == topic


@pytest.fixture
def harbour(tmp_path: Path, new_bot: Callable[..., QABot]) -> QABot:
    texts = {
        "2024-01-01": "The harbour of Tolva froze in the night. Ships had to wait.",
        "2024-03-01": "Workers have begun to dredge the harbour of Tolva. It will take a year.",
        "2024-02-01": "A whale was seen in the harbour of Tolva. Children cheered.",
        "2023-01-01": "The price of butter has risen again, the ministry said on Monday.",
    }
    for day, text in texts.items():
        (tmp_path / f"{day}.txt").write_text(f"---\ntitle: Report of {day}\ndate: {day}\n---\n{text}")
    bot = new_bot()
    bot.reindex([str(tmp_path)])
    return bot


def test_a_request_for_articles_brings_those_on_the_topic_newest_first(harbour: QABot) -> None:
    answer = harbour.ask("What's new about the harbour of Tolva?")
    assert (answer.kind, answer.verdict) == ("articles", "answered")
    quotations = list(iterate(answer))
    assert [str(q.article.published_at) for q in quotations] == ["2024-03-01", "2024-02-01", "2024-01-01"]
    for quotation in quotations:
        stored = harbour.store.articles.get(quotation.article.id)
        assert stored is not None
        span = quotation.answer
        assert stored.article.text[span.start : span.end] == span.text == quotation.sentence.text
    shown = render_answer(answer, colour=False).splitlines()
    assert shown[:3] == ["The newest articles on this:", "", " 1. Workers have begun to dredge the harbour of Tolva."]
    assert "**" not in "".join(shown)


def test_a_request_for_what_there_is_not_is_refused(harbour: QABot) -> None:
    answer = harbour.ask("What's new about Venezuela?")
    assert answer.verdict == "unanswered"
    assert answer.missing is not None
    assert answer.missing.words == ("Venezuela",)


def test_a_yes_or_no_question_gets_the_sentence_and_no_yes(harbour: QABot) -> None:
    answer = harbour.ask("Was a whale seen in the harbour of Tolva?").at_threshold(0.0)
    assert answer.kind == "yes_no"
    assert answer.answer is not None
    assert answer.sentence is not None
    assert answer.answer.text == answer.sentence.text == "A whale was seen in the harbour of Tolva."
    shown = render_answer(answer, colour=False).splitlines()
    assert shown[0].startswith("The articles say (")
    assert shown[1] == "A whale was seen in the harbour of Tolva."
