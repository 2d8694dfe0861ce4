"""Any extractive-QA model of the usual families can be the reader."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from embeddings.errors import ModelError
from qa_bot.reader.model import Reader, ReadingPassage, Runtime

QUESTION = "Where did Mattis speak?"
PASSAGES = [
    "Secretary Mattis told reporters at the NATO headquarters in Brussels that trust must be earned.",
    "The Eagle landed on the Moon with less than a minute of fuel left. " * 30,
]


SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def compiled_bert(tiny_reader: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The folder of a reader, and a cache that holds it compiled."""
    folder, cache = str(tiny_reader("bert")), tmp_path_factory.mktemp("cache")
    Reader.load(folder, cache)
    return folder, cache


@pytest.mark.parametrize(
    "family", ["roberta", *(pytest.param(name, marks=SLOW) for name in ("bert", "distilbert", "electra", "deberta"))]
)
def test_a_reader_of_another_family_reads_as_in_transformers(
    family: str, tiny_reader: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tiny_reader(family)
    messages: list[str] = []
    reader = Reader.load(str(folder), tmp_path, say=messages.append)
    assert len(messages) == 1
    assert str(folder) in messages[0]
    spans = reader.read(QUESTION, [ReadingPassage(text) for text in PASSAGES], spans_each=3)
    assert {span.passage for span in spans} == {0, 1}
    assert max(span.end for span in spans if span.passage == 1) <= len(PASSAGES[1])

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    pair = tokenizer(QUESTION, PASSAGES[0], return_tensors="pt", return_offsets_mapping=True)
    offsets = pair.pop("offset_mapping")[0]
    with torch.no_grad():
        output = model(**pair)
    inside = torch.tensor([owner == 1 for owner in pair.sequence_ids(0)])
    start = output.start_logits[0].masked_fill(~inside, -1e9)
    end = output.end_logits[0].masked_fill(~inside, -1e9)
    null = output.start_logits[0, 0] + output.end_logits[0, 0]
    best = next(span for span in spans if span.passage == 0)
    first = next(i for i in range(len(offsets)) if inside[i] and offsets[i][0] == best.start)
    last = next(i for i in range(len(offsets)) if inside[i] and offsets[i][1] == best.end)
    original = float(start[first] + end[last] - null)
    spread = float(torch.cat([start[inside], end[inside]]).std())
    assert abs(best.score - original) < 0.25 * spread + 0.05
    allowed = torch.ones(len(start), len(start)).triu().tril(39).bool()
    assert original > float((start[:, None] + end[None, :])[allowed].max() - null) - 0.25 * spread


@pytest.mark.slow
def test_a_reader_that_cannot_be_exported_runs_in_torch(tiny_reader: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tiny_reader("fnet")  # its Fourier transform has no counterpart in ONNX
    messages: list[str] = []
    reader = Reader.load(str(folder), tmp_path, say=messages.append)
    assert reader.runtime is Runtime.TORCH
    assert "runs in torch" in messages[-1]
    spans = reader.read(QUESTION, [ReadingPassage(PASSAGES[0])], spans_each=1)

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    pair = tokenizer(QUESTION, PASSAGES[0], return_tensors="pt", return_offsets_mapping=True)
    offsets = pair.pop("offset_mapping")[0].tolist()
    pair.pop("attention_mask")  # which it has no use for
    with torch.no_grad():
        output = model(**pair)
    first = next(i for i, owner in enumerate(pair.sequence_ids(0)) if owner == 1 and offsets[i][0] == spans[0].start)
    last = next(i for i, owner in enumerate(pair.sequence_ids(0)) if owner == 1 and offsets[i][1] == spans[0].end)
    null = output.start_logits[0, 0] + output.end_logits[0, 0]
    score = float(output.start_logits[0, first] + output.end_logits[0, last] - null)
    assert spans[0].score == pytest.approx(score, abs=1e-3)
    messages.clear()
    assert (
        Reader.load(str(folder), tmp_path, say=messages.append).read(QUESTION, [ReadingPassage(PASSAGES[0])])[:1]
        == spans
    )
    assert messages == []


@pytest.mark.slow
def test_a_reader_that_int8_would_change_stays_in_float32(tiny_reader: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    shutil.copytree(tiny_reader("bert"), folder)
    weights = load_file(folder / "model.safetensors")
    # A value so large that a scale that holds it leaves no room for the others; nothing else depends on it.
    weights["bert.encoder.layer.1.intermediate.dense.bias"][0] = 1e5
    weights["bert.encoder.layer.1.output.dense.weight"] *= 50
    weights["bert.encoder.layer.1.output.dense.weight"][:, 0] = 0
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    reader = Reader.load(str(folder), tmp_path / "cache")
    assert reader.runtime is Runtime.FLOAT32
    assert reader.read(QUESTION, [ReadingPassage(PASSAGES[0])])


def test_a_compiled_reader_is_taken_from_the_cache(compiled_bert: tuple[str, Path]) -> None:
    messages: list[str] = []
    Reader.load(*compiled_bert, say=messages.append)
    assert messages == []


def test_a_passage_is_read_alike_alone_and_among_others(compiled_bert: tuple[str, Path]) -> None:
    reader = Reader.load(*compiled_bert)
    alone = reader.read(QUESTION, [ReadingPassage(PASSAGES[0])])
    among = reader.read(QUESTION, [ReadingPassage(PASSAGES[1]), ReadingPassage(PASSAGES[0])])
    assert [span[1:] for span in alone] == [span[1:] for span in among if span.passage == 1]


@pytest.mark.parametrize(
    "broken", ["no span head", *(pytest.param(kind, marks=SLOW) for kind in ("no config", "a file", "no weights"))]
)
def test_a_folder_that_holds_no_reader_is_named(
    broken: str, tiny_reader: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "reader"
    shutil.copytree(tiny_reader("bert"), folder)
    if broken == "no config":
        (folder / "config.json").unlink()
    elif broken == "no span head":
        tensors = {k: v for k, v in load_file(folder / "model.safetensors").items() if "qa_outputs" not in k}
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    elif broken == "a file":
        shutil.rmtree(folder)
        folder.write_text("not a model")
    else:
        (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=str(folder)) as caught:
        Reader.load(str(folder), tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "cache").glob("*"))


def test_a_packaged_reader_is_there_and_calibrated() -> None:
    folder = Path(__file__).parents[3] / "qa_bot" / "reader" / "packaged"
    facts = json.loads((folder / "compiled.json").read_text())
    assert hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest() == facts["files"]["model.onnx"]
    assert facts["calibration"]["slope"] > 0
    calibration = facts["calibration"]
    assert 0 < calibration["possible_threshold"] < calibration["threshold"] < 1
