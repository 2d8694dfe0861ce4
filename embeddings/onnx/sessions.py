"""Runs a compiled model on the CPU: one sequence at a time, one sequence per core at once.

Sequences are never padded or batched together.  That is as fast as batches on a CPU, and it makes the numbers of a
sequence independent of its neighbours: int8 models scale their activations by the whole tensor, so a batch would let
one text change the vector of another.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import ModelError

Feed = Mapping[str, NDArray[np.int64]]

_SLOWER_WHEN_FUSED = ["SkipLayerNormFusion"]
"""The fused kernel takes nine times as long as an addition and a normalisation: a tenth of a whole run."""


def onnx_runtime() -> Any:
    """The module onnxruntime without the reports to its maker that it sends by default; it is told so before the import."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # if somebody else has imported it before
    return onnxruntime


class CompiledModel:
    """An ONNX file and the threads that run it.

    Args:
        path: the ONNX file.
        threads: sequences to run at once; 0 = one per core.

    Raises:
        ModelError: the file is missing, damaged or not an ONNX model.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        onnxruntime = onnx_runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # An arena that grows to the longest sequence ever seen, in each thread, is most of the memory of the process.
        options.enable_cpu_mem_arena = False
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER_WHEN_FUSED
            )
        except Exception as error:
            reason = str(error).strip().partition("\n")[0]
            raise ModelError(f"{path}: cannot be loaded as an ONNX model ({reason})") from error
        self.inputs = [entry.name for entry in self._session.get_inputs()]
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="model")

    def run(self, feeds: Sequence[Feed]) -> list[list[NDArray[np.float32]]]:
        """Runs each feed, arrays of shape (1, length) by the names of `inputs`; the outputs come in the feeds' order."""
        inputs = [{name: feed[name] for name in self.inputs} for feed in feeds]
        return [self._one(inputs[0])] if len(inputs) == 1 else list(self._pool.map(self._one, inputs))

    def _one(self, feed: Any) -> list[NDArray[np.float32]]:
        return [np.asarray(output) for output in self._session.run(None, feed)]
