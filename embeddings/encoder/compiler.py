"""``python -m embeddings.encoder.compiler NAME FOLDER``: any sentence-transformers model -> a compiled encoder.

The graph is the model's own chain of modules (transformer, pooling, dense layers, normalisation), so that it does
everything that the model's folder asks for.  The compiled encoder must agree with the original on `SAMPLE`.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.encoder.model import Encoder
from embeddings.errors import ModelError
from embeddings.onnx.export import export, run_as_command, weights_digest
from embeddings.onnx.model_cache import PACKAGED_ENCODER, packaged_weights, write_manifest
from embeddings.onnx.quantization import quantize

MIN_MEAN_COSINE = 0.99
_OFFSET_POSITIONS = {"roberta", "xlm-roberta", "camembert", "mpnet", "longformer"}
"""Families that number positions from the padding token's id on, and so have fewer than their tables have rows."""

SAMPLE = (
    "The committee will publish its findings on Thursday.",
    "Who wrote the report on river pollution?",
    "Shares in the shipping company fell 4.2% to $31.05 after the storm closed two ports.",
    "“We have never seen a season like this one,” the head of the ski association said.",
    "The museum, founded in 1871, holds about 12,000 paintings; fewer than a tenth of them are on show.",
    "when was the bridge opened",
    "Parliament approved the budget by 214 votes to 190 after a debate that lasted until 3 a.m.",
    "A comet's tail always points away from the Sun, because the solar wind blows the gas outwards.",
    "Dr. Müller's team in Zürich found no difference between the two groups of patients.",
    "The vaccine is given in two doses, four weeks apart, and protects for at least ten years. " * 4,
    "How many people live in the delta?",
    "The striker scored twice in the second half, and the visitors won 3-1 in front of 41,000 people.",
)


def compile_encoder(name: str, folder: Path) -> None:
    """Compiles a model into an empty folder.

    Args:
        name: the packaged encoder's name, a folder, or a name on the Hugging Face hub.
        folder: receives `model.onnx`, `tokenizer.json` and `compiled.json`.

    Raises:
        ModelError: there is no such model, it has no fast tokenizer, or the compiled model disagrees with it.
    """
    model = _load(name)
    import torch

    tokenizer = model.tokenizer
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(f"encoder {name}: has no fast tokenizer (tokenizer.json); choose another model")
    sample = tokenizer(["a sample of text", "of two lengths, padded"], padding=True, return_tensors="pt")
    taken = inspect.signature(model[0].auto_model.forward).parameters
    names = ("input_ids", "attention_mask", "token_type_ids")
    inputs: dict[str, Any] = {key: sample[key] for key in names if key in sample and key in taken}

    class Chain(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.chain = model

        def forward(self, *tensors: Any) -> Any:
            features = dict(zip(inputs, tensors, strict=True))
            for module in self.chain:
                features = module(features)
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)

    with torch.no_grad():
        dimension = int(Chain().eval()(*inputs.values()).shape[-1])
    export(Chain(), inputs, {"embedding": 2}, folder / "float.onnx")
    quantize(folder / "float.onnx", folder / "model.onnx")
    (folder / "float.onnx").unlink()
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    facts: dict[str, Any] = {
        "dimension": dimension,
        "max_tokens": _max_tokens(model),
        "question_prompt": _prompt(model, "query"),
        "passage_prompt": _prompt(model, "document", "passage", "corpus"),
    }
    facts["identity"] = f"{Path(name).name or name}:{_digest(model, facts)}"
    write_manifest(folder, facts)
    cosine = _agreement(model, Encoder(folder, facts), facts["max_tokens"])
    if cosine < MIN_MEAN_COSINE:
        raise ModelError(
            f"encoder {name}: the compiled model disagrees with the original (mean cosine {cosine:.4f}, at least "
            f"{MIN_MEAN_COSINE} is needed); choose another model"
        )
    write_manifest(folder, {**facts, "mean_cosine": round(cosine, 5)})


def _load(name: str) -> Any:
    if name == PACKAGED_ENCODER:
        path = str(packaged_weights())
    else:
        local = Path(os.path.expanduser(name))
        path = str(local) if local.exists() else name
        if local.exists() and not any((local / file).exists() for file in ("config.json", "modules.json")):
            raise ModelError(f"encoder {name}: holds no model (no modules.json or config.json in it)")
    try:
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(path, device="cpu", model_kwargs={"attn_implementation": "eager"})
    except Exception as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise ModelError(
            f"encoder {name}: no such model; name {PACKAGED_ENCODER}, a folder, or a sentence-transformers model of the "
            f"hub, and check that the hub can be reached ({type(error).__name__}: {reason})"
        ) from error


def _max_tokens(model: Any) -> int:
    """The longest sequence that the model takes: as its folder says, but no more than it has positions."""
    config = model[0].auto_model.config
    positions = int(getattr(config, "max_position_embeddings", 0) or 512)
    if config.model_type in _OFFSET_POSITIONS:
        positions -= int(config.pad_token_id) + 1
    return min(int(model.get_max_seq_length() or positions), positions)


def _digest(model: Any, facts: dict[str, Any]) -> str:
    """What the vectors depend on: the weights, what the modules do with them, and the prompts."""
    activations = [type(getattr(module, "activation_function", None)).__name__ for module in model]
    pooling = [str(getattr(module, "pooling_mode", "")) for module in model]
    steps = list(zip([type(module).__name__ for module in model], pooling, activations, strict=True))
    described = json.dumps([weights_digest(model.state_dict()), steps, facts], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:12]


def _prompt(model: Any, *names: str) -> str:
    prompts = model.prompts or {}
    return next((str(prompts[name]) for name in (*names, model.default_prompt_name) if prompts.get(name)), "")


def _agreement(model: Any, encoder: Encoder, max_tokens: int) -> float:
    """Mean cosine between the original's vectors of `SAMPLE`, as passages, and the compiled encoder's.

    The texts are cut to one window: the original model would cut them there, the compiled encoder would read on.
    """
    prompt = encoder.passage_prompt
    limit = {"truncation": True, "max_length": max_tokens - 2, "return_offsets_mapping": True}
    ends = [max(end for _, end in model.tokenizer(prompt + text, **limit)["offset_mapping"]) for text in SAMPLE]
    texts = [(prompt + text)[len(prompt) : end] for text, end in zip(SAMPLE, ends, strict=True)]
    model.max_seq_length = max_tokens
    original = model.encode(texts, prompt=prompt or None, normalize_embeddings=True)
    return float(np.mean(np.sum(original * encoder.encode_passages(texts), axis=1)))


if __name__ == "__main__":
    sys.exit(run_as_command(compile_encoder, sys.argv[1:]))
