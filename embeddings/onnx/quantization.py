"""A float32 ONNX graph -> the same graph on int8 weights, close enough to be used in its place.

Weights are scaled by output channel, activations at run time and by token, embeddings by row.  A scale for each token
(Yao et al., 2022, "ZeroQuant", https://arxiv.org/abs/2206.01861) is what keeps the answers the same: with one scale for
a whole sequence, as onnxruntime's own `quantize_dynamic` has it, the largest value of `[CLS]` sets the precision of
every word.  The cost is the same, because the matrix products are.

The products are exact on every processor.  One without VNNI adds two neighbouring products in 16 bits, which 255 x 127 + 255 x
127 do not fit; so two neighbouring weights of a column are kept to a sum of 128.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_MIN_ROWS = 64
"""Tables with fewer rows are not worth two more nodes."""


def quantize(source: Path, target: Path, *, keep: tuple[str, ...] = ()) -> None:
    """Quantises the weights of matrix products and embeddings to int8.

    The new graph takes one sequence at a time: its batch size is 1.

    Args:
        source: a float32 ONNX file, opset 13 to 17, with one axis of sequences, one of tokens and one of features.
        target: the file to write.
        keep: names of nodes that stay in float32.
    """
    model = onnx.shape_inference.infer_shapes(onnx.load(str(source)))
    _Quantizer(model.graph, frozenset(keep)).run()
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


class _Quantizer:
    def __init__(self, graph: onnx.GraphProto, keep: frozenset[str]) -> None:
        self._graph = graph
        self._keep = keep
        self._weights = {tensor.name: tensor for tensor in graph.initializer}
        self._ranks = {
            value.name: len(value.type.tensor_type.shape.dim)
            for value in (*graph.value_info, *graph.input, *graph.output)
        }
        self._done: set[str] = set()

    def run(self) -> None:
        self._constant("quantization_step", np.array(1 / 127, np.float32))
        self._constant("quantization_least", np.array(1e-9, np.float32))  # a row of zeros has a scale all the same
        self._constant("quantization_rows", np.array([-1], np.int64))
        self._constant("quantization_zero", np.array(128, np.uint8))
        nodes = [made for node in self._graph.node for made in self._rewritten(node)]
        del self._graph.node[:]
        self._graph.node.extend(nodes)
        used = {name for node in nodes for name in node.input}
        used_weights = [tensor for tensor in self._graph.initializer if tensor.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend(used_weights)

    def _rewritten(self, node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
        if node.name in self._keep:
            yield node
        elif node.op_type == "MatMul" and self._is_table(node.input[1]) and self._ranks.get(node.input[0], 0) >= 2:
            yield from self._by_token(node.input[0])
            yield from self._product(node)
        elif (
            node.op_type == "Gather"
            and self._is_table(node.input[0], _MIN_ROWS)
            and not any(attribute.name == "axis" and attribute.i for attribute in node.attribute)
        ):
            yield from self._lookup(node)
        else:
            yield node

    def _is_table(self, name: str, rows: int = 1) -> bool:
        tensor = self._weights.get(name)
        return (
            tensor is not None
            and tensor.data_type == TensorProto.FLOAT
            and len(tensor.dims) == 2
            and tensor.dims[0] >= rows
        )

    def _by_token(self, values: str) -> Iterator[onnx.NodeProto]:
        """`values`, shape (1, tokens, features), as uint8 around 128, with a scale per token; made once for all its users."""
        if values in self._done:
            return
        self._done.add(values)
        axis = self._ranks[values] - 1
        yield helper.make_node("Abs", [values], [f"{values}/abs"])
        yield helper.make_node("ReduceMax", [f"{values}/abs"], [f"{values}/max"], axes=[axis], keepdims=1)
        yield helper.make_node("Mul", [f"{values}/max", "quantization_step"], [f"{values}/step"])
        yield helper.make_node("Max", [f"{values}/step", "quantization_least"], [f"{values}/scale"])
        yield helper.make_node("Reshape", [f"{values}/scale", "quantization_rows"], [f"{values}/scales"])
        yield helper.make_node("Shape", [f"{values}/scales"], [f"{values}/tokens"])
        zero = helper.make_tensor("zero", TensorProto.UINT8, [1], [128])
        yield helper.make_node("ConstantOfShape", [f"{values}/tokens"], [f"{values}/zeros"], value=zero)
        inputs = [values, f"{values}/scales", f"{values}/zeros"]
        yield helper.make_node("QuantizeLinear", inputs, [f"{values}/uint8"], axis=axis - 1)

    def _product(self, node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
        values, weight, output = node.input[0], node.input[1], node.output[0]
        self._store(weight, axis=0, in_products=True)
        inputs = [f"{values}/uint8", f"{weight}/int8", "quantization_zero"]
        yield helper.make_node("MatMulInteger", inputs, [f"{output}/int32"], name=node.name)
        yield helper.make_node("Cast", [f"{output}/int32"], [f"{output}/float"], to=TensorProto.FLOAT)
        yield helper.make_node("Mul", [f"{output}/float", f"{values}/scale"], [f"{output}/scaled"])
        yield helper.make_node("Mul", [f"{output}/scaled", f"{weight}/scale"], [output])

    def _lookup(self, node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
        table, ids, output = node.input[0], node.input[1], node.output[0]
        self._store(table, axis=1)
        yield helper.make_node("Gather", [f"{table}/int8", ids], [f"{output}/row"], name=node.name)
        yield helper.make_node("Cast", [f"{output}/row"], [f"{output}/row_float"], to=TensorProto.FLOAT)
        yield helper.make_node("Gather", [f"{table}/scale", ids], [f"{output}/row_scale"])
        yield helper.make_node("Mul", [f"{output}/row_float", f"{output}/row_scale"], [output])

    def _store(self, name: str, axis: int, *, in_products: bool = False) -> None:
        """Adds a table in int8 and its scales, which belong to the remaining axis."""
        if f"{name}/int8" in self._done:
            return
        self._done.add(f"{name}/int8")
        table = numpy_helper.to_array(self._weights[name])
        largest = np.abs(table).max(axis, keepdims=True)
        if in_products:
            pairs = table[: len(table) // 2 * 2]
            largest = np.maximum(largest, np.abs(pairs[::2] + pairs[1::2]).max(0, initial=0, keepdims=True))
        scale = np.maximum(largest / 127, 1e-12).astype(np.float32)
        self._constant(f"{name}/int8", np.clip(np.rint(table / scale), -127, 127).astype(np.int8))
        self._constant(f"{name}/scale", scale.reshape(-1) if axis == 0 else scale)

    def _constant(self, name: str, value: NDArray[np.generic]) -> None:
        self._graph.initializer.append(numpy_helper.from_array(value, name))
