"""The packaged reader as an ordinary transformers model again, to go on training from.

Only its int8 form is shipped.  A weight is its int8 value times its scale, at most half a step away from what it was; a few
steps of training make up for that.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from transformers import AutoConfig, BertForQuestionAnswering

from embeddings.errors import ModelError
from embeddings.onnx.model_cache import packaged_weights

PACKAGED = Path(__file__).parents[1] / "reader" / "packaged"


def unpack(folder: Path) -> Path:
    """Writes the packaged reader, with its calibration, into a folder that transformers can load; returns the folder.

    Raises:
        ModelError: the packaged reader is damaged.
    """
    try:
        facts = json.loads((PACKAGED / "compiled.json").read_text())
        weights = _weights(onnx.load(str(PACKAGED / "model.onnx")).graph)
        config = AutoConfig.from_pretrained(packaged_weights())
        config.num_labels = 2
        model = BertForQuestionAnswering(config)
        model.load_state_dict(weights)
        model.save_pretrained(folder)
        shutil.copyfile(PACKAGED / "tokenizer.json", folder / "tokenizer.json")
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"{PACKAGED}: the packaged reader is damaged ({error}); install qa_bot again") from error
    own = {name: facts[name] for name in ("reads_titles", "calibration")}
    (folder / "qa_bot.json").write_text(json.dumps(own) + "\n")
    return folder


def _weights(graph: onnx.GraphProto) -> dict[str, torch.Tensor]:
    """The graph's tables, by the names that they have in torch."""
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = {
        name.removeprefix("reader."): np.asarray(value) for name, value in held.items() if name.startswith("reader.")
    }
    for node in graph.node:
        if node.op_type in ("MatMulInteger", "MatMul") and (table := _table(held, node)) is not None:
            name = node.name.removeprefix("/reader/").removesuffix("/MatMul").replace("/", ".")
            weights[f"{name}.weight"] = table.T
        elif node.op_type == "Gather" and node.input[0].endswith("/int8"):
            name = node.input[0].removesuffix("/int8")
            weights[name.removeprefix("reader.")] = held[f"{name}/int8"] * held[f"{name}/scale"]
    return {
        name: torch.from_numpy(np.array(value, np.float32, order="C"))
        for name, value in weights.items()
        if not name.endswith(("/int8", "/scale"))
    }


def _table(held: dict[str, NDArray[Any]], node: onnx.NodeProto) -> NDArray[Any] | None:
    """A matrix product's weights, shape (inputs, outputs); None for a product of two activations."""
    name = node.input[1]
    if name.endswith("/int8"):
        return np.asarray(held[name] * held[name.removesuffix("int8") + "scale"])
    return held.get(name)
