"""`qa-bot eval --mode conversation`: files of follow-up questions and their figures."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from embeddings.errors import DatasetError, SettingsError
from qa_bot.cli import main
from qa_bot.evaluation.datasets import load_follow_ups
from qa_bot.evaluation.modes import Mode, evaluate
from qa_bot.settings import Settings

PARAGRAPH = (
    "The ferry Amalia sank off the island of Vess in March 1981. Its captain, Olav Brekke, had left the harbour in a storm. "
    "Sixty people were rescued by fishermen."
)
LINES: list[dict[str, Any]] = [
    {"id": "1", "history": [], "question": "When did the ferry Amalia sink?", "answers": ["March 1981"]},
    {
        "id": "2",
        "history": [{"question": "When did the ferry Amalia sink?", "answer": "March 1981"}],
        "question": "who was its captain?",
        "rewrite": "Who was the captain of the ferry Amalia?",
        "answers": [{"text": "Olav Brekke"}],
        "title": "The ferry Amalia",
        "context": PARAGRAPH,
    },
    {
        "history": [{"question": "When did the ferry Amalia sink?", "answer": "CANNOTANSWER"}],
        "question": "What is the capital of France?",
        "rewrite": "What is the capital of France?",
        "answers": [],
        "context": PARAGRAPH,
    },
]


def written(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_follow_ups_are_read_with_their_turns(tmp_path: Path) -> None:
    first, second, third = load_follow_ups(written(tmp_path / "file.jsonl", LINES))
    assert (first.turns, first.rewrite, first.answers) == ((), None, ("March 1981",))
    assert second.turns[0] == ("When did the ferry Amalia sink?", "March 1981", "The ferry Amalia")
    assert second.answers == ("Olav Brekke",)
    assert (third.id, third.turns[0].answer, third.answers) == ("3", None, ())


def test_turns_of_a_conversation_may_stand_on_lines_of_their_own(tmp_path: Path) -> None:
    lines = [
        {"conversation": "a", "question": "Who won?", "answers": ["Ann"]},
        {"conversation": "b", "question": "Where?", "answers": []},
        {"conversation": "a", "question": "when?", "answers": ["in May"], "rewrite": "When did Ann win?"},
    ]
    path = tmp_path / "file.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    follow_ups = load_follow_ups(path)
    assert [len(follow_up.turns) for follow_up in follow_ups] == [0, 0, 1]
    assert follow_ups[2].turns[0].answer == "Ann"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no questions"),
        (b'{"question": "x"}\n', "line 1: the field 'conversation' is missing"),
        (b'{"history": []}\n', "line 1: the field 'question' is missing"),
        (b'{"history": [], "question": "x"}\nnot json\n', "line 2"),
        (b'{"history": [3], "question": "x"}\n', "line 1"),
        (b"[1]\n", "line 1"),
        (b"\x1f\x8bbroken", "damaged"),
        (b"\xff\xfe", "damaged"),
    ],
)
def test_a_broken_file_is_told_by_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        load_follow_ups(path)


def test_each_wording_is_asked_of_the_paragraphs(tmp_path: Path, settings: Settings) -> None:
    report = evaluate([written(tmp_path / "file.jsonl", LINES)], settings=settings, modes=[Mode.CONVERSATION])
    figures = report.conversation
    assert figures is not None
    assert figures.words is not None
    assert (figures.words.questions, figures.words.self_contained) == (2, 1)
    assert figures.words.recall.value > 0.4
    assert figures.answerable == 1
    assert figures.rewritten is not None
    assert figures.rewritten.right.value == 1
    assert figures.understood is not None
    assert figures.understood.right.value == 1
    assert figures.understood.refused is not None
    assert set(report.to_json()) == {"provenance", "conversation"}


def test_conversations_are_asked_of_the_own_archive_if_they_have_no_paragraphs(
    tmp_path: Path, seed_bot: Any, settings: Settings
) -> None:
    lines = [
        {"conversation": "v", "question": "When was Voyager 2 launched?", "answers": ["20 August 1977"]},
        {"conversation": "v", "question": "And Voyager 1?", "answers": ["5 September 1977"]},
    ]
    report = evaluate([written(tmp_path / "file.jsonl", lines)], settings=settings, modes=[Mode.CONVERSATION])
    assert report.conversation is not None
    assert report.conversation.words is None
    assert report.conversation.answerable == 1
    assert report.conversation.understood is not None
    assert report.conversation.rewritten is None


def test_the_mode_runs_alone(tmp_path: Path, settings: Settings) -> None:
    path = written(tmp_path / "file.jsonl", LINES)
    with pytest.raises(SettingsError, match="run it alone"):
        evaluate([path], settings=settings, modes=[Mode.CONVERSATION, Mode.READER])


def test_the_command_prints_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(
        tmp_path / "file.jsonl", [{key: line[key] for key in line if key != "answers"} for line in LINES[1:]]
    )
    assert main(["eval", "--mode", "conversation", "--report", str(tmp_path / "out"), str(path)]) == 0
    assert "Added words: 2 follow-up questions" in capsys.readouterr().out
    assert "Added words" in (tmp_path / "out" / "report.md").read_text()
