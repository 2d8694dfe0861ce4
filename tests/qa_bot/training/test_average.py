"""The mean of readers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForQuestionAnswering

from qa_bot.training.__main__ import main


@pytest.fixture
def models(tiny_reader: Callable[[str], Path], tmp_path: Path) -> list[Path]:
    """Three models of one kind: as it is, with 1 and with 5 added to its weights."""
    made = []
    for more in (0, 1, 5):
        made.append(tmp_path / f"model-{more}")
        shutil.copytree(tiny_reader("bert"), made[-1])
        weights = load_file(made[-1] / "model.safetensors")
        save_file({name: w + more for name, w in weights.items()}, made[-1] / "model.safetensors", {"format": "pt"})
    (made[-1] / "qa_bot.json").write_text('{"reads_titles": true, "calibration": {"slope": 1}}')
    return made


def test_weights_are_averaged_and_the_calibration_is_left_out(models: list[Path], tmp_path: Path) -> None:
    assert main(["average", str(tmp_path / "mean"), *map(str, models)]) == 0
    first, mean = (load_file(folder / "model.safetensors") for folder in (models[0], tmp_path / "mean"))
    assert first.keys() == mean.keys()
    for name, weights in first.items():
        torch.testing.assert_close(mean[name], weights + 2)
    assert json.loads((tmp_path / "mean" / "qa_bot.json").read_text()) == {"reads_titles": True}
    AutoModelForQuestionAnswering.from_pretrained(tmp_path / "mean")


def test_what_cannot_be_averaged_is_named(
    models: list[Path], tiny_reader: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, out = tiny_reader("electra"), tmp_path / "mean"
    for given, named in (([models[0], other], str(other)), ([models[0], tmp_path / "none"], str(tmp_path / "none"))):
        assert main(["average", str(out), *map(str, given)]) == 2
        assert named in capsys.readouterr().err
        assert not out.exists()
    (models[-1] / "qa_bot.json").write_text("[")
    assert main(["average", str(out), *map(str, models)]) == 2
    assert "qa_bot.json" in capsys.readouterr().err
    assert not out.exists()
    assert main(["average", str(models[0] / "config.json" / "mean"), str(models[0])]) == 2
    assert "config.json" in capsys.readouterr().err
    (tmp_path / "model-1" / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0not json")
    assert main(["average", str(out), *map(str, models)]) == 2
    assert "model-1" in capsys.readouterr().err
    assert main(["average", str(models[0]), *map(str, models)]) == 2
    assert "exists already" in capsys.readouterr().err
