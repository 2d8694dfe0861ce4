"""``python -m qa_bot.reader.compiler NAME FOLDER``: any extractive-QA model of transformers -> a compiled reader.

The compiled model must rank the tokens of `SAMPLE` as the original does.  If it does not in int8, it is kept in float32; if it
cannot be exported at all, or does not agree even so, it runs in torch.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.errors import ModelError
from embeddings.onnx.export import export, run_as_command, weights_digest
from embeddings.onnx.model_cache import write_manifest
from embeddings.onnx.quantization import quantize
from embeddings.onnx.sessions import CompiledModel
from qa_bot.reader.decoding import MAX_ANSWER_TOKENS
from qa_bot.reader.model import Runtime

MIN_MEAN_CORRELATION = 0.97

SAMPLE = (
    ("When was the bridge opened?", "The old bridge across the Weser was opened in 1904 and closed again in 1961."),
    (
        "who leads the committee",
        "The committee, led by Maria Oliveira since May, will publish its findings on Thursday.",
    ),
    ("How much did the shares lose?", "Shares fell 4.2% to $31.05 after the storm closed two ports. Oil rose by 1.1%."),
    ("What is the capital of the province?", "Ski resorts had a poor season: it rained until the middle of February."),
)


def compile_reader(name: str, folder: Path) -> None:
    """Compiles a model into an empty folder.

    Args:
        name: a folder or a name on the hub.
        folder: receives `model.onnx` (or, to run in torch, `config.json` and `model.safetensors`), `tokenizer.json` and
            `compiled.json`.

    Raises:
        ModelError: there is no such model, or it has no fast tokenizer or no trained span head.
    """
    import torch

    model, tokenizer = _load(name)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    taken = set(inspect.signature(model.forward).parameters)
    samples = [tokenizer(question, passage, return_tensors="pt") for question, passage in SAMPLE]
    made = {"input_ids", "attention_mask", *tokenizer.model_input_names}
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in taken & made]

    class SpanHead(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.reader = model

        def forward(self, *tensors: Any) -> Any:
            output = self.reader(**dict(zip(names, tensors, strict=True)))
            return output.start_logits, output.end_logits

    inputs: dict[str, Any] = {key: samples[0].get(key, torch.zeros_like(samples[0]["input_ids"])) for key in names}
    runtime, correlation = _fastest_that_agrees(model, SpanHead(), inputs, samples, folder)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    longest = int(getattr(model.config, "max_position_embeddings", 512) or 512)
    write_manifest(
        folder,
        {
            "identity": f"{Path(name).name}:{weights_digest(model.state_dict())[:12]}",
            "max_tokens": min(384, longest - 2),
            "stride": 96,
            "max_answer_tokens": MAX_ANSWER_TOKENS,
            "reads_titles": False,
            "runtime": runtime,
            "inputs": names,
            "mean_correlation": round(correlation, 5),
            **_own_facts(name),
        },
    )


def _fastest_that_agrees(
    model: Any, module: Any, inputs: dict[str, Any], samples: list[Any], folder: Path
) -> tuple[Runtime, float]:
    """Leaves in the folder what is to be served; returns how, and the agreement with the original, 1 being perfect."""
    compiled, original = folder / "model.onnx", folder / "float.onnx"
    try:
        export(module, inputs, {"start_logits": 2, "end_logits": 2}, original)
        quantize(original, compiled, keep=_span_head_nodes(original))
        correlation = _agreement(model, CompiledModel(compiled), samples)
        if correlation >= MIN_MEAN_CORRELATION:
            return Runtime.INT8, correlation
        original.replace(compiled)
        correlation = _agreement(model, CompiledModel(compiled), samples)
        if correlation >= MIN_MEAN_CORRELATION:
            return Runtime.FLOAT32, correlation
    except Exception as error:  # what an exporter raises is whatever the model's code stumbled over
        print(f"cannot be exported ({type(error).__name__}: {error})", file=sys.stderr)
    finally:
        original.unlink(missing_ok=True)
    compiled.unlink(missing_ok=True)
    model.save_pretrained(folder)
    return Runtime.TORCH, 1.0


def _own_facts(name: str) -> dict[str, Any]:
    """Facts that a model of ours carries in its folder: its calibration, and whether it reads titles."""
    path = Path(name).expanduser() / "qa_bot.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _load(name: str) -> tuple[Any, Any]:
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer, PreTrainedTokenizerFast

    local = Path(name).expanduser()
    if local.exists() and not (local.is_dir() and (local / "config.json").exists()):
        raise ModelError(f"reader {name}: holds no model (no config.json in it)")
    place = str(local) if local.exists() else name
    try:
        model, info = AutoModelForQuestionAnswering.from_pretrained(
            place, attn_implementation="eager", output_loading_info=True
        )
        own = local / "tokenizer.json"
        if own.exists() and not (local / "tokenizer_config.json").exists():
            tokenizer: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
                tokenizer_file=str(own), model_input_names=["input_ids", "token_type_ids", "attention_mask"]
            )
        else:
            tokenizer = AutoTokenizer.from_pretrained(place)
    except Exception as error:
        reason = str(error).strip().split("\n", 1)[0]
        raise ModelError(
            f"reader {name}: no such model; name packaged, a folder, or an extractive-QA model that the hub can be reached "
            f"for ({type(error).__name__}: {reason})"
        ) from error
    missing = [key for key in info["missing_keys"] if "qa_outputs" in key]
    if missing:
        raise ModelError(f"reader {name}: not trained for question answering (no {missing[0]}); choose another model")
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(f"reader {name}: has no fast tokenizer (tokenizer.json); choose another model")
    return model.eval().float(), tokenizer


def _span_head_nodes(path: Path) -> tuple[str, ...]:
    """The last matrix product: two columns of weights, whose precision is worth more than their bytes."""
    import onnx

    graph = onnx.load(str(path), load_external_data=False).graph
    return tuple(node.name for node in graph.node if "qa_outputs" in node.name)


def _agreement(model: Any, compiled: CompiledModel, samples: list[Any]) -> float:
    """Mean correlation of the start and end logits of the original and the compiled model."""
    import torch

    correlations = []
    for sample in samples:
        feed = {key: value.numpy().astype(np.int64) for key, value in sample.items()}
        feed.setdefault("token_type_ids", np.zeros_like(feed["input_ids"]))
        with torch.no_grad():
            inputs = {k: v for k, v in sample.items() if k in compiled.inputs}
            original = model(**inputs)
        for logits, expected in zip(compiled.run([feed])[0], (original.start_logits, original.end_logits), strict=True):
            correlations.append(np.corrcoef(logits[0], expected[0].numpy())[0, 1])
    return float(np.mean(correlations))


if __name__ == "__main__":
    sys.exit(run_as_command(compile_reader, sys.argv[1:]))
