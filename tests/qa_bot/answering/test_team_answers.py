"""What a team itself answers: saved once for each question, found by questions that mean the same, kept apart by workspace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings.encoder.model import Encoder
from embeddings.errors import QuestionError, SettingsError, StoreError
from qa_bot.answering.team_answers import FILE_NAME, TeamAnswers
from qa_bot.settings import load_settings


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    settings = load_settings()
    return Encoder.load(settings.encoder, settings.cache_dir / "models")


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[TeamAnswers]:
    answers = TeamAnswers(tmp_path)
    yield answers
    answers.close()


@pytest.mark.parametrize(
    ("saved", "asked"),
    [
        ("Who signs for parcels?", "who signs for parcels"),
        ("Who signs for parcels at the front desk?", "Who's signing for parcels at the front desk?"),
        ("Where is the key to the archive?", "where's the archive key"),
    ],
)
def test_a_question_that_means_the_same_gets_it(answers: TeamAnswers, encoder: Encoder, saved: str, asked: str) -> None:
    answers.save(saved, "Dana does.", by="Ann")
    found = answers.find([asked], encoder)
    assert found
    assert (found.text, found.by) == ("Dana does.", "Ann")


@pytest.mark.parametrize(
    ("saved", "asked"),
    [
        ("Who won the 2023 election in Riverton?", "Who won the 2024 election in Riverton?"),
        ("Who signs for parcels?", "Who signs for letters?"),
        ("When does the night shift begin?", "When does the night shift end?"),
        ("Does Ann report to Bob?", "Does Bob report to Ann?"),
        ("Who signs for parcels?", "What is the capital of Peru?"),
    ],
)
def test_another_question_does_not(answers: TeamAnswers, encoder: Encoder, saved: str, asked: str) -> None:
    answers.save(saved, "Dana does.", by="Ann")
    assert answers.find([asked], encoder) is None
    assert answers.find([saved], encoder) is not None


def test_saving_again_replaces_it(answers: TeamAnswers, encoder: Encoder) -> None:
    first = answers.save("Who signs for parcels?", "Dana.", by="Ann")
    assert answers.find(["Who signs for parcels?"], encoder) == first
    second = answers.save("who signs  for parcels?", "Eve.", by="Bob", link="https://wiki.example/parcels")
    assert second.id == first.id
    assert answers.list() == [second]
    assert answers.find(["Who signs for parcels?"], encoder) == second


def test_another_process_sees_it_at_once(tmp_path: Path, answers: TeamAnswers, encoder: Encoder) -> None:
    assert answers.find(["Who signs for parcels?"], encoder) is None
    other = TeamAnswers(tmp_path)
    saved = other.save("Who signs for parcels?", "Dana.", by="Ann")
    assert answers.find(["Who signs for parcels?"], encoder) == saved
    assert other.remove(saved.id)
    other.close()
    assert answers.find(["Who signs for parcels?"], encoder) is None
    assert not answers.remove(saved.id)


def test_a_workspace_sees_its_own_and_those_for_everybody(answers: TeamAnswers, encoder: Encoder) -> None:
    question = "Who signs for parcels?"
    own = answers.save(question, "Dana.", by="Ann", workspace="T1")
    assert answers.find([question], encoder, "T1") == own
    assert answers.find([question], encoder, "T2") is None
    assert answers.find([question], encoder, "") is None
    assert answers.find([question], encoder) == own
    assert answers.list("T2") == []
    everybody = answers.save("Who waters the plants?", "Nobody.", by="Ann")
    assert answers.find(["Who waters the plants?"], encoder, "T2") == everybody


@pytest.mark.parametrize(
    ("question", "text", "link"),
    [
        ("Who?", "", ""),
        ("Who?", " \u200b\n", ""),
        ("Who?", "x" * 2001, ""),
        ("Who?", "x", "javascript:alert(1)"),
        ("Who?", "x", "https://user:password@example.org"),
        ("Who?", "x", "https://example.org/a b"),
    ],
)
def test_what_cannot_be_saved_is_said(answers: TeamAnswers, question: str, text: str, link: str) -> None:
    with pytest.raises(SettingsError, match=r"answer|link"):
        answers.save(question, text, by="Ann", link=link)
    assert answers.list() == []


def test_a_question_without_words_is_refused(answers: TeamAnswers) -> None:
    with pytest.raises(QuestionError):
        answers.save(" ?! ", "Dana.", by="Ann")


def test_a_broken_file_is_named(tmp_path: Path, encoder: Encoder) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match=re.escape(FILE_NAME)):
        TeamAnswers(tmp_path)
