"""Trains the reader: ``python -m qa_bot.training.train --data DATA --work FOLDER``.

DATA is a SQuAD-format file or a folder of them, with questions that are answered or not.  The run is a function of the
configuration and the seed; it can be killed at any moment and goes on from its last checkpoint when started again.  When it
ends, the work folder holds `model/`, an ordinary transformers model: name it in the setting `reader` to be answered by it.

To go on training the reader that qa_bot comes with on questions of your own, such as your team's feedback::

    python -m qa_bot.training.train --base packaged --data feedback.json --work mine --learning-rate 3e-5 --steps 500
    python -m qa_bot.training.calibrate mine/model --data feedback.json
    QA_BOT_READER=mine/model qa-bot repl
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from embeddings.errors import QABotError, SettingsError


class TrainingConfig(BaseModel):
    """What is trained, on what, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str = Field(
        "", description="model to start from: a folder, a hub name, or packaged for our reader; empty for MiniLM-L6"
    )
    seed: int = Field(1, ge=0, description="seed of every random choice")
    steps: int = Field(8000, ge=1, description="optimiser steps in all")
    batch_size: int = Field(32, ge=1, description="windows a step")
    learning_rate: float = Field(1e-4, gt=0, description="learning rate after the warm-up (AdamW)")
    warmup_steps: int = Field(300, ge=0, description="steps in which the learning rate rises from zero")
    decay_steps: int = Field(2000, ge=0, description="last steps, in which it falls to zero; in between it is constant")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's weight decay")
    dropout: float = Field(0.0, ge=0, lt=1, description="dropout of hidden layers; that of attention is off")
    word_dropout: float = Field(0.0, ge=0, lt=1, description="share of tokens that the model sees as masks")
    span_loss: Literal["independent", "joint"] = Field(
        "independent",
        description="first and last token each among all tokens (independent), or the span among all (joint)",
    )
    answerable_head: float = Field(
        0.0,
        ge=0,
        description="weight of a second task in training, whether the window holds an answer; its head is not kept",
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="share of the target that is spread evenly over all tokens"
    )
    teachers: str = Field(
        "", description="folders of trained models to learn from, separated by commas; their mean is taught"
    )
    teaching: float = Field(0.5, ge=0, le=1, description="weight of what the teachers say, if there are any")
    average_decay: float = Field(0.999, ge=0, lt=1, description="decay of the moving average of the weights")
    max_tokens: int = Field(384, ge=64, description="longest window, in tokens")
    stride: int = Field(96, ge=0, description="tokens by which windows of one passage overlap")
    passage_share: float = Field(
        0.3, ge=0, le=1, description="share of long paragraphs that are cut into passages as the index cuts articles"
    )
    title_share: float = Field(0.5, ge=0, le=1, description="share of examples that are read with the article's title")
    hard_negative_share: float = Field(0.25, ge=0, description="passages without the answer, per answerable question")
    dense_negative_share: float = Field(
        0.5, ge=0, le=1, description="of those passages, how many the encoder finds rather than BM25"
    )
    near_miss_share: float = Field(
        0.2, ge=0, description="questions altered so that their passage does not answer them, per answerable question"
    )
    unanswerable_repeats: int = Field(2, ge=1, description="how often a pass sees a data set's own unanswerable ones")
    question_noise: float = Field(0.3, ge=0, le=1, description="probability of each kind of careless typing")
    held_out_percent: float = Field(
        5.0, ge=0, lt=100, description="share of each set's articles that is not trained on"
    )
    evaluate_steps: int = Field(1000, ge=1, description="steps between evaluations on held-out questions")
    evaluate_questions: int = Field(150, ge=1, description="held-out questions of each set in such an evaluation")
    checkpoint_seconds: float = Field(240, gt=0, description="time between checkpoints, in seconds")
    tokens_at_once: int = Field(
        3072, ge=64, description="tokens, padding counted, that go through the model at once; bounds memory"
    )
    threads: int = Field(0, ge=0, description="CPU threads; 0 for all cores")


def _parse(argv: list[str] | None) -> tuple[argparse.Namespace, TrainingConfig]:
    parser = argparse.ArgumentParser(
        prog="python -m qa_bot.training.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="a SQuAD-format file, or a folder of them")
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints, the log and the model")
    parser.add_argument("--config", type=Path, help="JSON file with any of the options below")
    for name, field in TrainingConfig.model_fields.items():
        parser.add_argument(f"--{name.replace('_', '-')}", help=f"{field.description} (default: {field.default!r})")
    options = parser.parse_args(argv)
    values: dict[str, object] = {}
    if options.config is not None:
        try:
            values = json.loads(options.config.read_text())
        except (OSError, ValueError) as error:
            raise SettingsError(f"{options.config}: cannot be read as JSON ({error})") from error
    values.update({name: v for name in TrainingConfig.model_fields if (v := getattr(options, name)) is not None})
    try:
        return options, TrainingConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = "--" + str(first["loc"][0]).replace("_", "-") if first["loc"] else str(options.config)
        raise SettingsError(f"{name}: {first['msg']}; see --help") from error


def main(argv: list[str] | None = None) -> int:
    """Runs the command; 0 when the model is trained, 2 on a setting or file that cannot be used, 130 on Ctrl-C."""
    try:
        options, config = _parse(argv)
        from qa_bot.training.loop import train

        train(options.data, options.work, config)
    except QABotError as error:
        print(f"train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("train: stopped; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
