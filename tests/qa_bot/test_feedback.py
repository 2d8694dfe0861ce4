"""What people say of answers: kept once each, and exported so that a reader can be trained and measured on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Command

from embeddings.errors import StoreError
from qa_bot.evaluation.datasets import load_questions
from qa_bot.feedback import FeedbackLog, Judgement, Verdict, squad, surroundings

CONTEXT = "Ann Reed was elected mayor in 2019. She opened the harbour on Thursday."


def judgement(verdict: Verdict, **facts: Any) -> Judgement:
    given = {
        "question": "Who opened the harbour?",
        "person": "p1",
        "article": "0123456789ab",
        "title": "Harbour",
        "context": CONTEXT,
        "answer": "Thursday",
        "start": CONTEXT.index("Thursday"),
    }
    return Judgement.model_validate(given | facts | {"verdict": verdict})


def questions(*judgements: Judgement) -> list[dict[str, Any]]:
    data = squad(judgements)["data"]
    return [asked for article in data for paragraph in article["paragraphs"] for asked in paragraph["qas"]]


def test_an_answer_that_somebody_calls_right_is_one() -> None:
    (asked,) = questions(judgement(Verdict.RIGHT))
    assert asked["answers"] == [{"text": "Thursday", "answer_start": CONTEXT.index("Thursday")}]
    assert not asked["is_impossible"]


def test_a_correction_that_stands_in_the_article_is_the_answer() -> None:
    (asked,) = questions(judgement(Verdict.WRONG, correction="ann reed"))
    assert asked["answers"] == [{"text": "Ann Reed", "answer_start": 0}], "in the article's own letters"


def test_a_correction_that_does_not_and_a_mere_wrong_say_nothing() -> None:
    assert (
        questions(judgement(Verdict.WRONG, correction="Bob"), judgement(Verdict.NOT_ASKED), judgement(Verdict.WRONG))
        == []
    )


def test_what_the_articles_do_not_say_is_a_question_without_an_answer() -> None:
    (asked,) = questions(judgement(Verdict.UNANSWERABLE))
    assert asked["is_impossible"]
    assert asked["answers"] == []
    assert asked["plausible_answers"][0]["text"] == "Thursday"


def test_the_latest_word_counts() -> None:
    (asked,) = questions(judgement(Verdict.UNANSWERABLE, person="p2"), judgement(Verdict.RIGHT))
    assert asked["answers"]


def test_a_person_has_one_word_on_an_answer(tmp_path: Path) -> None:
    log = FeedbackLog(tmp_path)
    log.add(judgement(Verdict.WRONG))
    log.add(judgement(Verdict.RIGHT))
    log.add(judgement(Verdict.RIGHT, person="p2"))
    log.close()
    again = FeedbackLog(tmp_path)
    assert [(entry.person, entry.verdict) for entry in again.judgements()] == [
        ("p1", Verdict.RIGHT),
        ("p2", Verdict.RIGHT),
    ]
    again.close()


def test_what_is_written_late_does_not_replace_what_was_said_after_it(tmp_path: Path) -> None:
    log = FeedbackLog(tmp_path)
    log.add(judgement(Verdict.WRONG, correction="Ann Reed"), given=2.0)
    log.add(judgement(Verdict.WRONG), given=1.0)
    assert [entry.correction for entry in log.judgements()] == ["Ann Reed"]
    log.close()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="QA_BOT_DATA_DIR"):
        FeedbackLog(tmp_path / "file")


def test_the_sentences_around_an_answer_are_kept_with_it(seed_bot: Any) -> None:
    stored = seed_bot.store.articles.get(seed_bot.store.articles.list(limit=1)[0].id)
    text = stored.article.text
    for start, end in ((0, 5), (len(text) // 2, len(text) // 2 + 9), (len(text) - 5, len(text))):
        context, at = surroundings(stored, start, end)
        assert context[at : at + end - start] == text[start:end]
        assert context in text


def test_the_export_can_be_measured_and_trained_on(tmp_path: Path, cache_dir: Path) -> None:
    log = FeedbackLog(tmp_path / "data")
    log.add(judgement(Verdict.RIGHT))
    log.add(judgement(Verdict.UNANSWERABLE, question="Who sank?"))
    log.close()
    run = Command(tmp_path, cache_dir, tmp_path / "data")
    done = run("feedback", "export", "-o", "feedback.json")
    assert (done.code, done.lines) == (0, ["qa-bot: 2 judgements, 2 questions exported"])
    exported = json.loads((tmp_path / "feedback.json").read_text())
    assert exported == run("feedback", "export").json
    assert [asked.text for asked in load_questions(tmp_path / "feedback.json")] == [
        "Who opened the harbour?",
        "Who sank?",
    ]
