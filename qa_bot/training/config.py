"""What a training is told."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TrainingConfig(BaseModel):
    """What is trained, on what, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: str = Field("", description="folder, hub name or packaged to start from; empty for MiniLM-L6")
    seed: int = Field(1, ge=0, description="seed of every random choice")
    steps: int = Field(8000, ge=1, description="optimiser steps in all")
    batch_size: int = Field(32, ge=1, description="windows in a step")
    learning_rate: float = Field(1e-4, gt=0, description="learning rate after the warm-up (AdamW)")
    warmup_steps: int = Field(300, ge=0, description="steps in which the learning rate rises from zero")
    decay_steps: int = Field(2000, ge=0, description="last steps, in which it falls to zero; in between it is constant")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's weight decay")
    dropout: float = Field(0.0, ge=0, lt=1, description="dropout of hidden layers; attention has none")
    average_decay: float = Field(0.999, ge=0, lt=1, description="decay of the moving average of the weights")
    teachers: str = Field("", description="folders of models whose mean is taught, separated by commas")
    teaching: float = Field(0.5, ge=0, le=1, description="weight of what the teachers say, if there are any")
    candidates: str = Field("", description="folder from `candidates`: search's passages are read as a group")
    group_passages: int = Field(6, ge=2, description="passages in a group")
    group_share: float = Field(0.5, ge=0, le=1, description="weight of the loss over a group, beside that on windows")
    group_empty_share: float = Field(0.15, ge=0, lt=1, description="share of groups without a passage that answers")
    max_tokens: int = Field(384, ge=64, description="longest window, in tokens")
    stride: int = Field(96, ge=0, description="tokens by which windows of one passage overlap")
    passage_share: float = Field(0.3, ge=0, le=1, description="share of long paragraphs to cut into passages")
    title_share: float = Field(0.5, ge=0, le=1, description="share of examples that are read with the article's title")
    unanswerable_repeats: int = Field(2, ge=1, description="how often a pass sees a data set's own unanswerable ones")
    question_noise: float = Field(0.3, ge=0, le=1, description="probability of each kind of careless typing")
    held_out_percent: float = Field(5.0, ge=0, lt=100, description="share of each set's articles to hold out")
    evaluate_steps: int = Field(1000, ge=1, description="steps between evaluations on held-out questions")
    evaluate_questions: int = Field(150, ge=1, description="held-out questions of each set in such an evaluation")
    checkpoint_seconds: float = Field(240, gt=0, description="time between checkpoints, in seconds")
    tokens_at_once: int = Field(3072, ge=64, description="tokens, padding included, in the model at once")
    threads: int = Field(0, ge=0, description="CPU threads; 0 for all cores")
