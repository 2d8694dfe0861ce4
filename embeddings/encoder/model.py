"""Texts -> unit vectors, by a compiled sentence-transformers model.  No torch here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.onnx.model_cache import PACKAGED_ENCODER, compiled_folder, packaged_model
from embeddings.onnx.sessions import CompiledModel, Feed

Vectors = NDArray[np.float32]

COMPILER_VERSION = 4


class Encoder:
    """A compiled encoder.

    The vector of a text does not depend on the texts that it is encoded with.  A text that is longer than the model's
    window is encoded in overlapping windows, whose vectors are averaged.

    Args:
        folder: what `embeddings.encoder.compiler` wrote.
        facts: the contents of its `compiled.json`.
        threads: texts to encode at once; 0 = one per core.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any], threads: int = 0) -> None:
        self.identity = str(facts["identity"])
        self.dimension = int(facts["dimension"])
        self.passage_prompt = str(facts["passage_prompt"])
        self._question_prompt = str(facts["question_prompt"])
        self._max_tokens = int(facts["max_tokens"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._frame = _special_tokens(self._tokenizer)
        self._model = CompiledModel(folder / "model.onnx", threads)

    @classmethod
    def load(cls, name: str, cache: Path, *, threads: int = 0, say: Callable[[str], None] = lambda _: None) -> Encoder:
        """Loads an encoder by name; compiles it first if it is neither ours nor in the cache.

        Args:
            name: the packaged encoder's name, a folder, or a name on the Hugging Face hub.
            cache: folder of compiled models.
            threads: texts to encode at once; 0 = one per core.
            say: called when a compilation begins.

        Raises:
            ModelError: there is no such model or it cannot be compiled.
        """
        if name == PACKAGED_ENCODER:
            folder = Path(__file__).parent / "packaged"
            return cls(folder, packaged_model(folder, "encoder"), threads)
        folder, facts = compiled_folder(
            name,
            cache=cache,
            compiler="embeddings.encoder.compiler",
            version=COMPILER_VERSION,
            description="encoder",
            say=say,
        )
        return cls(folder, facts, threads)

    def encode_question(self, question: str) -> Vectors:
        """The unit vector of a question, shape (dimension,), float32."""
        vector: Vectors = self._encode([self._question_prompt + question])[0]
        return vector

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, shape (texts, dimension), float32."""
        return self._encode([self.passage_prompt + text for text in texts])

    def _encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        windows: list[tuple[int, Feed]] = []
        for owner, encoding in enumerate(self._tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            windows += [(owner, window) for window in self._windows(np.asarray(encoding.ids, np.int64))]
        # The longest first, so that no core is left alone with one at the end.
        windows.sort(key=lambda window: -window[1]["input_ids"].shape[1])
        owners = [owner for owner, _ in windows]
        vectors = np.stack([outputs[0][0] for outputs in self._model.run([window for _, window in windows])])
        total = np.zeros((len(texts), vectors.shape[1]), np.float32)
        np.add.at(total, owners, vectors)
        norms = np.linalg.norm(total, axis=1, keepdims=True)
        return np.asarray(total / np.maximum(norms, 1e-12), np.float32)

    def _windows(self, ids: NDArray[np.int64]) -> list[Feed]:
        before, after = self._frame
        room = max(1, self._max_tokens - len(before) - len(after))
        step = max(1, room - room // 4)
        starts = range(0, max(1, len(ids) - room + step), step)
        rows = [np.concatenate([before, ids[start : start + room], after])[None, :] for start in starts]
        return [
            {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
            for row in rows
        ]


def _special_tokens(tokenizer: Tokenizer) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ids of the special tokens before and after a text."""
    template = tokenizer.encode("a")
    inner = template.special_tokens_mask.index(0)
    special = [i for i, is_special in zip(template.ids, template.special_tokens_mask, strict=True) if is_special]
    return np.asarray(special[:inner], np.int64), np.asarray(special[inner:], np.int64)
