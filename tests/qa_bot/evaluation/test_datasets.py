"""A question file is read, or refused in one line that says where it is wrong."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from embeddings.errors import DatasetError
from qa_bot.evaluation.datasets import Reference, load_questions


def _document(**changes: Any) -> dict[str, Any]:
    entry = {"id": "q1", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 0}], **changes}
    return {"data": [{"title": "A_title", "paragraphs": [{"context": "Ada wrote it.", "qas": [entry]}]}]}


@pytest.fixture
def refused(tmp_path: Path) -> Any:
    """Writes a file, and returns the line that refuses it."""

    def refuse(content: bytes | dict[str, Any] | list[Any]) -> str:
        path = tmp_path / "questions.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        with pytest.raises(DatasetError) as caught:
            load_questions(path)
        line = str(caught.value)
        assert line.startswith(f"{path}: ")
        assert "\n" not in line
        return line.removeprefix(f"{path}: ")

    return refuse


def test_questions_are_read_plain_and_gzipped(tmp_path: Path, mixed_file: Path) -> None:
    questions = load_questions(mixed_file)
    assert len(questions) == 19
    assert sum(not question.references for question in questions) == 4
    assert questions[0].title == "Eight Days in July, the Flight of Apollo 11"
    for question in questions:
        for reference in question.references:
            assert question.paragraph[reference.start : reference.end] == reference.text
    zipped = tmp_path / "questions.json.gz"
    zipped.write_bytes(gzip.compress(mixed_file.read_bytes()))
    assert load_questions(zipped) == questions


def test_an_answer_that_is_not_where_it_is_said_to_be_keeps_its_text(tmp_path: Path) -> None:
    path = tmp_path / "questions.json"
    path.write_text(json.dumps(_document(answers=[{"text": "Ada", "answer_start": 7}])))
    assert load_questions(path)[0].references == (Reference("Ada", -1, misplaced=True),)


def test_an_offset_that_is_said_to_be_unsure_is_not_misplaced(tmp_path: Path) -> None:
    path = tmp_path / "questions.json"
    path.write_text(json.dumps(_document(answers=[{"text": "Ada", "answer_start": 7, "ambiguous": True}])))
    assert load_questions(path)[0].references == (Reference("Ada", -1),)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_without_an_end_is_refused(refused: Any, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    monkeypatch.setattr("qa_bot.evaluation.datasets.MAX_BYTES", 1_000_000)
    endless = b" " * 1_000_001
    assert refused(gzip.compress(endless) if packed else endless).startswith("larger than 1 MB")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"nowhere\.json: cannot be read \(No such file"):
        load_questions(tmp_path / "nowhere.json")
    with pytest.raises(DatasetError, match="cannot be read"):
        load_questions(tmp_path)


def test_what_is_not_json_is_refused(refused: Any) -> None:
    assert refused(b" \n").startswith("is empty")
    assert refused(b"Who? Ada.").startswith("not JSON")
    assert refused(b"\xff\xfe\xfd").startswith("not JSON")
    assert refused(b"1" * 10_000).startswith("not JSON")
    assert refused(b"[" * 200_000).startswith("nested too deeply")


def test_damaged_gzip_is_refused(refused: Any) -> None:
    whole = gzip.compress(json.dumps(_document()).encode())
    for damaged in (whole[:-12], whole[:6], whole[:20] + b"\0\0\0" + whole[23:], whole[:-8] + b"12345678"):
        assert refused(damaged).startswith("the gzip data is damaged")


def test_no_questions_is_refused(refused: Any) -> None:
    assert refused({"data": []}).startswith("holds no questions")
    assert refused({"data": [{"paragraphs": []}]}).startswith("holds no questions")


def test_a_missing_field_is_named_with_its_place(refused: Any) -> None:
    assert refused({}) == "not in SQuAD format at data: the field 'data' is missing"
    document = _document()
    document["data"].append({"title": "no paragraphs"})
    assert refused(document) == "not in SQuAD format at data[1]: the field 'paragraphs' is missing"
    document = _document()
    del document["data"][0]["paragraphs"][0]["context"]
    assert refused(document) == "not in SQuAD format at data[0].paragraphs[0]: the field 'context' is missing"
    document = _document(answers=[{"text": "Ada"}])
    assert refused(document) == (
        "not in SQuAD format at data[0].paragraphs[0].qas[0]: the field 'answer_start' is missing"
    )


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "at data: an object expected, found a list"),
        ({"data": {}}, "at data: a list expected in the field 'data', found an object"),
        ({"data": ["x"]}, "at data[0]: an object expected, found text"),
        (_document(question=None), "qas[0]: text expected in the field 'question', found null"),
        (_document(question="\ud800"), "qas[0]: the text in the field 'question' holds half a surrogate pair"),
        (_document(answers="Ada"), "qas[0]: a list expected in the field 'answers', found text"),
        (_document(answers=[3]), "qas[0]: an object expected, found a number"),
        (
            _document(answers=[{"text": "Ada", "answer_start": "0"}]),
            "qas[0]: a whole number expected in the field 'answer_start', found text",
        ),
        (
            _document(answers=[{"text": "Ada", "answer_start": float("inf")}]),
            "qas[0]: a whole number expected in the field 'answer_start', found a number",
        ),
    ],
)
def test_a_wrong_type_is_named_with_its_place(refused: Any, document: Any, reason: str) -> None:
    assert refused(document).endswith(reason)
