"""The rewriter is trained on conversations, compiled, and says which words are missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qa_bot.conversation.history import Turn
from qa_bot.conversation.rewriter import Rewriter
from qa_bot.training.__main__ import main
from qa_bot.training.followups import held_out, read_examples, with_whole_questions

NAMES = ("Ada Lovelace", "Alan Turing", "Grace Hopper", "Emmy Noether", "Kurt Goedel", "Sofia Kovalevskaya")


def record(dialog: int, split: str = "train") -> dict[str, Any]:
    name = NAMES[dialog % len(NAMES)]
    history = [{"question": f"who was {name}?", "answer_keywords": [*name.lower().split(), "mathematician"]}]
    return {
        "split": split,
        "dialog": str(dialog),
        "history": history,
        "question": "when was the person born?",
        "rewrite": f"when was {name} born, the person?",
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "canard.jsonl"
    lines = [record(number) for number in range(200)] + [record(900, "dev")]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_only_the_training_split_is_read_and_some_dialogues_are_kept(data: Path) -> None:
    examples = read_examples([data], "train")
    assert {example.dialog for example in examples} == {str(number) for number in range(200)}
    assert 0 < sum(map(held_out, examples)) < 30
    assert [example.dialog for example in read_examples([data], "dev")] == ["900"]


def test_whole_questions_are_put_among_the_others(data: Path) -> None:
    import numpy as np

    examples = read_examples([data], "train")
    made = with_whole_questions(examples, np.random.default_rng(0))
    whole = [example for example in made if example.question == example.rewrite]
    assert len(made) == len(examples) + len(whole)
    assert 10 < len(whole) < 60


def test_a_file_of_something_else_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": 1}\n')
    assert main(["rewriter", "--data", str(path), "--work", str(tmp_path), "--folder", str(tmp_path / "out")]) == 2
    assert "no conversations in JSONL" in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_trained_is_compiled_and_reads(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work, folder = tmp_path / "work", tmp_path / "compiled"
    options = ["--data", str(data), "--work", str(work), "--folder", str(folder), "--examples", "160"]
    assert main(["rewriter", *options, "--learning-rate", "5e-4"]) == 0
    assert json.loads(capsys.readouterr().out)["held_out_f1"] > 0.5
    facts = json.loads((folder / "compiled.json").read_text())
    rewriter = Rewriter(folder, {**facts, "question_threshold": 0.0})
    phrases = rewriter.missing("when was the person born?", [Turn("who was Ada Lovelace?", "mathematician")])
    assert "Ada Lovelace" in [phrase.text for phrase in phrases]
