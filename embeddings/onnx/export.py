"""A torch module -> an ONNX file.  The only place, with the compilers that call it, where torch is imported."""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from embeddings.errors import ModelError


def export(module: Any, inputs: Mapping[str, Any], outputs: Mapping[str, int], path: Path) -> None:
    """Writes a module as an ONNX graph in float32, with free batch size and sequence length.

    Args:
        module: a torch module whose `forward` takes `inputs` in their order.
        inputs: sample tensors by name, each of shape (batch, length).
        outputs: the names of the outputs and their number of dimensions: 2 for (batch, x), 3 for (batch, length, x).
        path: the file to write.
    """
    import torch

    axes = {name: {0: "batch", 1: "length"} for name in inputs}
    axes |= {name: ({0: "batch", 1: "length"} if rank == 3 else {0: "batch"}) for name, rank in outputs.items()}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            tuple(inputs.values()),
            str(path),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )


def weights_digest(state: Mapping[str, Any]) -> str:
    """SHA-256 over the names, shapes and values of a torch state: the identity of a model, wherever its files are."""
    import torch

    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().to(torch.float32).contiguous()
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def run_as_command(compile_model: Callable[[str, Path], None], argv: Sequence[str]) -> int:
    """Compiles the model ``argv[0]`` into the empty folder ``argv[1]``; makes the folder if it is missing.

    Returns:
        0; or 2, with one line on stderr, if that cannot be done.
    """
    warnings.simplefilter("ignore")
    if len(argv) != 2:
        print(
            "two arguments are needed: the model's name or folder, and the folder to compile it into", file=sys.stderr
        )
        return 2
    try:
        Path(argv[1]).mkdir(parents=True, exist_ok=True)
        compile_model(argv[0], Path(argv[1]))
    except ModelError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{argv[1]}: cannot be written ({error.strerror or error})", file=sys.stderr)
        return 2
    return 0
