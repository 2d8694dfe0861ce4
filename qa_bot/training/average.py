"""Averages readers: ``python -m qa_bot.training average OUT MODEL MODEL...``.

The mean of the weights of models that were trained on from one another is often better than the last of them, most of all on
texts unlike those of the training, and as fast as one.  Izmailov et al., 2018, "Averaging Weights Leads to Wider Optima and
Better Generalization", https://arxiv.org/abs/1803.05407; Wortsman et al., 2022, "Model soups", https://arxiv.org/abs/2203.05482.

OUT becomes a folder like the MODELs (``WORK/model`` of the training); its calibration has to be made anew.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from embeddings.errors import ModelError, SettingsError

_WEIGHTS, _FACTS = "model.safetensors", "qa_bot.json"


def average(models: Sequence[Path], out: Path) -> None:
    """Writes the mean of some models' weights; everything else is the last model's.

    Args:
        models: folders of the same architecture and vocabulary.
        out: must not exist yet.

    Raises:
        SettingsError: `out` exists.
        ModelError: a model cannot be read, or is not like the first.
        OSError: `out` cannot be written.
    """
    if out.exists():
        raise SettingsError(f"{out}: exists already; name a new folder, or delete it")
    mean: dict[str, torch.Tensor] = {}
    for number, folder in enumerate(models, 1):
        weights = _weights(folder)
        if number == 1:
            mean = {name: tensor.double() for name, tensor in weights.items()}
        if {name: tensor.shape for name, tensor in weights.items()} != {name: t.shape for name, t in mean.items()}:
            raise ModelError(
                f"{folder}: its weights have not the shapes of those of {models[0]}; average models of one kind"
            )
        for name, tensor in weights.items():
            mean[name] += (tensor.double() - mean[name]) / number
    facts = _facts(models[-1] / _FACTS)
    shutil.copytree(models[-1], out)
    save_file({name: tensor.to(weights[name].dtype) for name, tensor in mean.items()}, out / _WEIGHTS, {"format": "pt"})
    (out / _FACTS).write_text(json.dumps(facts) + "\n")


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(folder / _WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{folder}: not a model that the training made ({error}); name WORK/model") from error


def _facts(path: Path) -> dict[str, Any]:
    """What the model's own file says of it, without the calibration."""
    try:
        facts = dict(json.loads(path.read_text())) if path.exists() else {}
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: not a JSON object ({error}); delete it, or train the model again") from error
    return {name: fact for name, fact in facts.items() if name != "calibration"}
