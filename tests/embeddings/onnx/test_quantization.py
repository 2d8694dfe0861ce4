"""Quantised graphs compute what the originals do, at a precision that one large value does not spoil."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from embeddings.onnx.quantization import quantize

RNG = np.random.default_rng(5)
TABLE = RNG.normal(size=(200, 48)).astype(np.float32)
WEIGHT = RNG.normal(size=(48, 24)).astype(np.float32)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """Looks words up, multiplies their vectors with a matrix, and that with another."""
    head = RNG.normal(size=(24, 2)).astype(np.float32)
    made = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "ids"], ["words"], name="lookup"),
            helper.make_node("MatMul", ["words", "weight"], ["product"], name="product"),
            helper.make_node("MatMul", ["product", "head"], ["logits"], name="head"),
        ],
        "graph",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "length"])],
        [
            helper.make_tensor_value_info("product", TensorProto.FLOAT, [1, "length", 24]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "length", 2]),
        ],
        [
            numpy_helper.from_array(value, name)
            for value, name in ((TABLE, "table"), (WEIGHT, "weight"), (head, "head"))
        ],
    )
    path = tmp_path / "float.onnx"
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    return path


def run(path: Path, ids: list[int]) -> list[NDArray[np.float32]]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return [np.asarray(output) for output in session.run(None, {"ids": np.array([ids], np.int64)})]


def test_a_quantised_graph_computes_nearly_the_same_with_a_quarter_of_the_bytes(graph: Path, tmp_path: Path) -> None:
    quantize(graph, tmp_path / "int8.onnx", keep=("head",))
    ids = [3, 199, 0, 57]
    for before, after in zip(run(graph, ids), run(tmp_path / "int8.onnx", ids), strict=True):
        assert np.abs(before - after).max() < 0.02 * np.abs(before).max()
    weights = {tensor.name for tensor in onnx.load(str(tmp_path / "int8.onnx")).graph.initializer}
    assert {"table/int8", "weight/int8", "head"} <= weights
    assert not {"table", "weight", "head/int8"} & weights


def test_two_neighbouring_weights_fit_the_sixteen_bits_in_which_older_processors_add_them(
    graph: Path, tmp_path: Path
) -> None:
    quantize(graph, tmp_path / "int8.onnx")
    tables = {tensor.name: tensor for tensor in onnx.load(str(tmp_path / "int8.onnx")).graph.initializer}
    for name in ("weight/int8", "head/int8"):
        weights = numpy_helper.to_array(tables[name]).astype(int)
        most = np.abs(weights[::2] + weights[1::2]).max()
        assert most > 100
        assert 255 * most < 2**15


def test_a_token_with_large_values_leaves_the_others_as_precise_as_they_were(graph: Path, tmp_path: Path) -> None:
    loud = onnx.load(str(graph))
    table = TABLE.copy()
    table[0] *= 1000
    loud.graph.initializer[0].CopyFrom(numpy_helper.from_array(table, "table"))
    onnx.save(loud, str(graph))
    quantize(graph, tmp_path / "int8.onnx")
    alone, beside = run(tmp_path / "int8.onnx", [7])[0][0, 0], run(tmp_path / "int8.onnx", [0, 7])[0][0, 1]
    assert np.array_equal(alone, beside)
    assert np.abs(beside - run(graph, [7])[0][0, 0]).max() < 0.02 * np.abs(beside).max()


def test_a_token_of_zeros_stays_zero(graph: Path, tmp_path: Path) -> None:
    silent = onnx.load(str(graph))
    table = TABLE.copy()
    table[5] = 0
    silent.graph.initializer[0].CopyFrom(numpy_helper.from_array(table, "table"))
    onnx.save(silent, str(graph))
    quantize(graph, tmp_path / "int8.onnx")
    assert not run(tmp_path / "int8.onnx", [5, 6])[0][0, 0].any()
