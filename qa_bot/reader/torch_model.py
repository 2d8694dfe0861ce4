"""Runs a reader in torch: for a model that cannot be exported.  Slower, and it needs the memory of torch; the same answers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForQuestionAnswering
from transformers.utils import logging as transformers_logging

from embeddings.errors import ModelError
from embeddings.onnx.sessions import Feed


class TorchModel:
    """A span model in float32, with the interface of `embeddings.onnx.sessions.CompiledModel`.

    Args:
        folder: with `config.json` and `model.safetensors`.
        inputs: names of the tensors that the model takes.

    Raises:
        ModelError: the folder holds no such model.
    """

    def __init__(self, folder: Path, inputs: Sequence[str]) -> None:
        transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = AutoModelForQuestionAnswering.from_pretrained(folder, attn_implementation="eager").eval()
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"{folder}: cannot be loaded into torch ({error}); delete the folder") from error
        self.inputs = list(inputs)
        self._guard = threading.Lock()

    def run(self, feeds: Sequence[Feed]) -> list[list[NDArray[np.float32]]]:
        """Runs each feed by itself; see `CompiledModel.run`."""
        return [self._one(feed) for feed in feeds]

    def _one(self, feed: Feed) -> list[NDArray[np.float32]]:
        tensors = {name: torch.from_numpy(np.asarray(feed[name])) for name in self.inputs}
        with self._guard, torch.inference_mode():
            output = self._model(**tensors)
        return [output.start_logits.float().numpy(), output.end_logits.float().numpy()]
