"""What search brings for a question becomes the group that the reader is trained on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from qa_bot.training.__main__ import main
from qa_bot.training.candidates import PASSAGES, QUESTIONS, Candidates
from qa_bot.training.data import load_data


@pytest.fixture(scope="module")
def folder(question_files: Path, seeds_folder: Path, cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("candidates")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QA_BOT_CACHE_DIR", str(cache_dir))
        options = ["--data", str(question_files), "--news", str(seeds_folder), "--folder", str(made)]
        assert main(["candidates", *options, "--questions", "8", "--passages", "12"]) == 0
    return made


def test_the_passages_of_a_question_are_on_its_subject_and_do_not_hold_its_answer(
    folder: Path, question_files: Path
) -> None:
    [data] = load_data(question_files, 5)
    candidates = Candidates.load(folder)
    asked = [question for question in data.train if candidates.of(data.name, question)]
    assert len(asked) >= 6
    for question in asked:
        retrieved = candidates.of(data.name, question)
        assert 0 < len(retrieved) <= 12
        for example in retrieved:
            assert example.question == question.text
            assert example.answers == ()
            assert example.passage not in question.paragraph
            assert not any(reference.text in example.passage for reference in question.references)


def test_a_stopped_search_continues(
    folder: Path, question_files: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_BOT_CACHE_DIR", str(cache_dir))
    whole = (folder / QUESTIONS).read_bytes()
    passages = (folder / PASSAGES).read_bytes()
    lines = whole.splitlines(keepends=True)
    (folder / QUESTIONS).write_bytes(b"".join(lines[:3]) + lines[3][:9])
    options = ["--data", str(question_files), "--folder", str(folder), "--questions", "8", "--passages", "12"]
    assert main(["candidates", *options]) == 0
    assert (folder / QUESTIONS).read_bytes() == whole
    assert (folder / PASSAGES).read_bytes() == passages


def test_a_reader_is_trained_on_groups(
    folder: Path, question_files: Path, tiny_reader: Callable[[str], Path], tmp_path: Path
) -> None:
    options = ["--data", str(question_files), "--work", str(tmp_path), "--base", str(tiny_reader("bert"))]
    more = ["--steps", "3", "--batch-size", "8", "--group-passages", "4", "--max-tokens", "128", "--threads", "1"]
    assert main(["train", *options, *more, "--candidates", str(folder)]) == 0
    [line] = (tmp_path / "log.jsonl").read_text().splitlines()
    assert json.loads(line)["step"] == 3


def test_a_folder_without_candidates_is_named(
    question_files: Path, tiny_reader: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data", str(question_files), "--work", str(tmp_path / "work"), "--base", str(tiny_reader("bert"))]
    assert main(["train", *options, "--candidates", str(tmp_path)]) == 2
    assert f"--candidates {tmp_path}: holds no candidates" in capsys.readouterr().err
