"""Training is a product feature: it can be repeated, killed and gone on with, and says what is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForQuestionAnswering

from qa_bot.evaluation.datasets import Question, Reference, load_questions
from qa_bot.reader.model import Reader, ReadingPassage
from qa_bot.reader.windows import SequenceTemplate, Window, make_windows, tokenize
from qa_bot.training.__main__ import main
from qa_bot.training.data import (
    Example,
    as_typed,
    cut_like_the_index,
    gold_example,
    join_punctuation,
    load_data,
    write_held_out,
)
from qa_bot.training.teachers import Teacher, span_scores
from qa_bot.training.windows import LabelledWindow, collate

SMALL = [
    *("--batch-size", "4", "--warmup-steps", "2", "--decay-steps", "4", "--learning-rate", "1e-3"),
    *("--max-tokens", "128", "--stride", "32", "--threads", "1", "--held-out-percent", "20"),
]
PLAIN = ["--held-out-percent", "0", "--question-noise", "0", "--title-share", "0"]


def train(data: Path, work: Path, base: Path, steps: int, *more: str) -> int:
    options = ["--data", str(data), "--work", str(work), "--base", str(base), "--steps", str(steps)]
    return main(["train", *options, *SMALL, *more])


def weights(work: Path) -> dict[str, torch.Tensor]:
    return load_file(work / "model" / "model.safetensors")


def equal(state: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return state.keys() == other.keys() and all(torch.equal(state[name], other[name]) for name in state)


@pytest.mark.slow
def test_the_same_seed_makes_the_same_reader_and_another_seed_another(
    question_files: Path, tiny_reader: Callable[[str], Path], tmp_path: Path
) -> None:
    base = tiny_reader("bert")
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert train(question_files, tmp_path / name, base, 6, "--seed", str(seed)) == 0
    assert equal(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not equal(weights(tmp_path / "a"), weights(tmp_path / "c"))
    evaluations = [json.loads(line) for line in (tmp_path / "a" / "log.jsonl").read_text().splitlines()]
    assert evaluations[-1]["step"] == 6
    assert 0 <= evaluations[-1]["held_out"]["seeds"]["f1"] <= 100


@pytest.mark.slow
def test_a_killed_run_continues_and_ends_where_an_undisturbed_one_does(
    question_files: Path, tiny_reader: Callable[[str], Path], tmp_path: Path
) -> None:
    base = tiny_reader("bert")
    assert train(question_files, tmp_path / "whole", base, 60) == 0
    work = tmp_path / "killed"
    options = ["--data", str(question_files), "--work", str(work), "--base", str(base), "--steps", "60"]
    command = [sys.executable, "-m", "qa_bot.training", "train", *options, *SMALL, "--checkpoint-seconds", "0.01"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (work / "checkpoint.pt").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (work / "model").exists()
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
    assert equal(weights(work), weights(tmp_path / "whole"))


PASSAGE = "The bridge was opened in 1904. Maria Oliveira leads the committee. Shares fell by 4 percent."
ANSWERS = {"When was the bridge opened?": "1904", "Who leads the committee?": "Maria Oliveira"}


def write_few(folder: Path, answers: dict[str, str]) -> Path:
    """A data folder of a handful of questions on `PASSAGE`."""
    asked = [
        {"id": q, "question": q, "answers": [{"text": a, "answer_start": PASSAGE.find(a)}]} for q, a in answers.items()
    ]
    document = {"data": [{"title": "t", "paragraphs": [{"context": PASSAGE, "qas": asked}]}]}
    folder.mkdir()
    (folder / "few.json").write_text(json.dumps(document))
    return folder


def answers_of(model: Path, compiled: Path) -> dict[str, str]:
    """What a reader answers to the questions of `ANSWERS`; those with a score above that of no answer."""
    from qa_bot.reader.compiler import compile_reader
    from qa_bot.reader.model import Reader, ReadingPassage

    compiled.mkdir()
    compile_reader(str(model), compiled)
    reader = Reader(compiled, json.loads((compiled / "compiled.json").read_text()))
    best = {question: reader.read(question, [ReadingPassage(PASSAGE)])[0] for question in ANSWERS}
    return {question: PASSAGE[span.start : span.end] for question, span in best.items() if span.score > 0}


@pytest.mark.slow
@pytest.mark.parametrize("more", ["", "--dropout 0.05"])
def test_a_reader_learns_what_it_is_shown(more: str, tiny_reader: Callable[[str], Path], tmp_path: Path) -> None:
    """On a handful of questions, seen often, even a tiny reader must come to find the words."""
    data = write_few(tmp_path / "data", ANSWERS)
    options = [*PLAIN, "--average-decay", "0.9", *more.split()]
    assert train(data, tmp_path / "work", tiny_reader("bert"), 150, *options) == 0
    assert answers_of(tmp_path / "work" / "model", tmp_path / "compiled") == ANSWERS


@pytest.mark.slow
def test_a_reader_learns_what_its_teachers_know(tiny_reader: Callable[[str], Path], tmp_path: Path) -> None:
    base, options = tiny_reader("bert"), [*PLAIN, "--average-decay", "0.9"]
    right = write_few(tmp_path / "right", ANSWERS)
    wrong = write_few(tmp_path / "wrong", dict.fromkeys(ANSWERS, "4 percent"))
    teachers = [tmp_path / "first" / "model", tmp_path / "second" / "model"]
    for seed, teacher in enumerate(teachers):
        assert train(right, teacher.parent, base, 150, *options, "--seed", str(seed)) == 0
    named = ["--teachers", ",".join(map(str, teachers)), "--teaching", "1"]
    assert train(wrong, tmp_path / "student", base, 150, *options, *named) == 0
    assert answers_of(tmp_path / "student" / "model", tmp_path / "compiled") == ANSWERS


@pytest.mark.slow
def test_a_teacher_of_another_family_is_understood(tiny_reader: Callable[[str], Path], tmp_path: Path) -> None:
    options = [*PLAIN, "--average-decay", "0.9"]
    right = write_few(tmp_path / "right", ANSWERS)
    wrong = write_few(tmp_path / "wrong", dict.fromkeys(ANSWERS, "4 percent"))
    assert train(right, tmp_path / "teacher", tiny_reader("mpnet"), 200, *options) == 0
    teacher = ["--teachers", str(tmp_path / "teacher" / "model"), "--teaching", "1"]
    assert train(wrong, tmp_path / "student", tiny_reader("bert"), 200, *options, *teacher) == 0
    assert answers_of(tmp_path / "student" / "model", tmp_path / "compiled") == ANSWERS


def test_what_a_teacher_of_another_family_says_stands_at_the_students_tokens(
    tiny_reader: Callable[[str], Path],
) -> None:
    student = Tokenizer.from_file(str(tiny_reader("bert") / "tokenizer.json"))
    own = Tokenizer.from_file(str(tiny_reader("mpnet") / "tokenizer.json"))
    device = torch.device("cpu")
    teacher = Teacher(str(tiny_reader("mpnet")), student, device)
    question, title, passage = "When was the bridge opened?", "The Weser", PASSAGE

    def window(tokenizer: Tokenizer) -> Window:
        asked, read, under = tokenize(tokenizer, [question, passage, title])
        return make_windows(SequenceTemplate.of(tokenizer), asked.ids, [read], [under.ids])[0]

    ours, theirs = ([LabelledWindow(window(tokenizer), 0, 0)] for tokenizer in (student, own))
    model = AutoModelForQuestionAnswering.from_pretrained(tiny_reader("mpnet")).eval()
    with torch.no_grad():
        expected = span_scores(model, collate([theirs], 1), device).softmax(1)[0]
    probabilities = teacher.probabilities([ours], collate([ours], 0))[0]
    first, count = ours[0].window.first, len(ours[0].window.offsets)
    assert torch.allclose(probabilities[0], expected[0])
    assert torch.allclose(probabilities[first : first + count], expected[theirs[0].window.first :][:count])
    assert float(probabilities.sum()) == pytest.approx(2)


def test_a_teacher_that_cannot_teach_is_named(
    question_files: Path, tiny_reader: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for teacher in (tmp_path, tiny_reader("roberta")):
        assert train(question_files, tmp_path / "work", tiny_reader("bert"), 2, "--teachers", str(teacher)) == 2
        assert f"--teachers {teacher}: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--steps", "0"], "--steps"),
        (["--learning-rate", "fast"], "--learning-rate"),
        (["--base", "/nowhere/at/all"], "--base /nowhere/at/all"),
        (["--config", "missing.json"], "missing.json"),
    ],
)
def test_a_wrong_option_is_named_on_one_line(
    options: list[str], expected: str, question_files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--data", str(question_files), "--work", str(tmp_path / "work"), *options]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert expected in lines[0]


def test_a_folder_without_questions_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", str(tmp_path), "--work", str(tmp_path / "work")]) == 2
    assert f"--data {tmp_path}: nothing to train on; name a SQuAD-format file" in capsys.readouterr().err


def test_an_article_that_is_held_out_of_one_file_is_held_out_of_all(tmp_path: Path) -> None:
    def write(name: str, titles: list[str]) -> None:
        paragraphs = [{"context": "Some text.", "qas": [{"id": name, "question": "Why?", "answers": []}]}]
        data = [{"title": title, "paragraphs": paragraphs} for title in titles]
        (tmp_path / f"{name}.json").write_text(json.dumps({"data": data}))

    titles = [f"Article {number}" for number in range(100)]
    write("first", titles)
    write("second", [title.replace(" ", "_") for title in titles[50:]])
    first, second = load_data(tmp_path, 20)
    held_out = {question.title for question in [*first.held_out, *second.held_out]}
    assert 20 < len(held_out) < 50
    assert not held_out & {question.title for question in [*first.train, *second.train]}


def test_articles_are_held_out_whole(question_files: Path) -> None:
    [data] = load_data(question_files, 30)
    trained, held_out = {q.title for q in data.train}, {q.title for q in data.held_out}
    assert trained
    assert held_out
    assert not trained & held_out
    assert load_data(question_files, 30) == [data]


def test_the_held_out_questions_can_be_evaluated_on(question_files: Path, tmp_path: Path) -> None:
    [data] = load_data(question_files, 30)
    write_held_out([data], tmp_path)
    assert sorted(load_questions(tmp_path / "seeds.json")) == sorted(data.held_out)


def test_spaces_around_punctuation_go_and_the_answers_move_along() -> None:
    text = "Bill Cobbs ( as Mr. Randolph ) , it was said , did n't come ."
    start = text.index("Mr. Randolph )")
    example = Example("who", "", text, ((0, 10), (start, start + len("Mr. Randolph )"))))
    joined = join_punctuation(example)
    assert joined.passage == "Bill Cobbs (as Mr. Randolph), it was said, didn't come."
    assert [joined.passage[a:b] for a, b in joined.answers] == ["Bill Cobbs", "Mr. Randolph)"]


def test_a_long_paragraph_is_cut_as_the_index_cuts_it() -> None:
    before = "The council met on Monday to talk about the old harbour and what is to become of it. " * 12
    text = before + "The bridge over the Weser was opened in 1904. " + before
    example = Example("When was it opened?", "Weser", text, ((text.index("1904"), text.index("1904") + 4),))
    for seed in range(20):
        answerable, other = cut_like_the_index(example, np.random.default_rng(seed))
        assert [answerable.passage[start:end] for start, end in answerable.answers] == ["1904"]
        assert answerable.passage in text
        assert len(answerable.passage) <= 800 < len(text)
        assert "1904" not in other.passage
        assert other == answerable._replace(passage=other.passage, answers=())
    short = example._replace(passage=text[len(before) :][:45], answers=((40, 44),))
    assert cut_like_the_index(short, np.random.default_rng(0)) == [short]
    [unanswerable] = cut_like_the_index(example._replace(answers=()), np.random.default_rng(0))
    assert len(unanswerable.passage) <= 800


def _question(text: str, paragraph: str, answer: str, title: str = "t") -> Question:
    return Question(text, text, title, paragraph, (Reference(answer, paragraph.find(answer)),))


def test_an_answer_without_a_known_place_is_not_trained_on() -> None:
    unplaced = Question("q", "q", "t", "Some text.", (Reference("text", -1),))
    assert gold_example(unplaced) is None
    unanswerable = Question("q", "q", "t", "Some text.", ())
    assert gold_example(unanswerable) == Example("q", "t", "Some text.", ())


def test_typing_noise_keeps_most_of_the_question() -> None:
    rng = np.random.default_rng(3)
    typed = {as_typed("Where did Mattis speak?", rng, 0.5) for _ in range(200)}
    assert "Where did Mattis speak?" in typed
    assert "where did mattis speak" in typed
    assert len(typed) > 10
    assert all(abs(len(question) - 22) <= 3 for question in typed)


@pytest.mark.slow
def test_a_batch_in_parts_teaches_the_same_as_in_one_piece(
    question_files: Path, tiny_reader: Callable[[str], Path], tmp_path: Path
) -> None:
    for name, tokens in (("whole", "100000"), ("parts", "200")):
        assert train(question_files, tmp_path / name, tiny_reader("bert"), 3, "--tokens-at-once", tokens) == 0
    for key, tensor in weights(tmp_path / "whole").items():
        assert torch.allclose(tensor, weights(tmp_path / "parts")[key], atol=1e-3), key


@pytest.mark.slow
def test_training_goes_on_from_the_packaged_reader_and_the_result_answers_at_once(
    question_files: Path, cache_dir: Path, tmp_path: Path
) -> None:
    feedback = question_files / "seeds.json"
    options = ["--base", "packaged", "--steps", "2", "--learning-rate", "1e-6", "--threads", "1", "--batch-size", "2"]
    assert main(["train", "--data", str(feedback), "--work", str(tmp_path), *options]) == 0
    packaged = Reader.load("packaged", cache_dir)
    mine = Reader.load(str(tmp_path / "model"), tmp_path / "cache")
    assert mine.calibration == packaged.calibration
    passage = ReadingPassage("James Mattis spoke to reporters at the NATO headquarters in Brussels.", "Mattis on NATO")
    for question in ("Who spoke to reporters?", "Where did Mattis speak?"):
        before, after = (reader.read(question, [passage])[0] for reader in (packaged, mine))
        assert before[:3] == after[:3]
        assert after.score == pytest.approx(before.score, abs=0.5)
