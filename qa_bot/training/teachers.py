"""Trained readers that a reader learns from, of its own vocabulary or of another with the same word pieces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForQuestionAnswering

from embeddings.errors import ModelError
from qa_bot.reader.windows import Ints, SequenceTemplate, Window
from qa_bot.training.losses import UNREADABLE
from qa_bot.training.windows import Batch, Group, LabelledWindow, collate


def span_scores(model: Any, batch: Batch, device: torch.device) -> torch.Tensor:
    """Start and end scores of each token, shape (windows, longest, 2), float32; in bfloat16 inside where that is usable."""
    tensors = {
        "input_ids": torch.from_numpy(batch.ids).to(device),
        "attention_mask": torch.from_numpy(batch.mask).to(device),
    }
    if getattr(model.config, "type_vocab_size", 0) > 1:
        tensors["token_type_ids"] = torch.from_numpy(batch.type_ids).to(device)
    usable = device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=usable):
        output = model(**tensors)
    scores = torch.stack([output.start_logits, output.end_logits], -1).float()
    readable = torch.from_numpy(batch.readable).to(device).bool()
    return scores.masked_fill(~readable[..., None], UNREADABLE)


class Teacher:
    """A trained reader, as the student's windows see it.

    A teacher of another family (MPNet's `<s> question </s></s> passage </s>` for BERT's `[CLS] question [SEP] passage
    [SEP]`) is taught by token scores all the same if its vocabulary has the student's word pieces, under whatever ids:
    the tokens of question and passage are then the same, one to one.

    Args:
        folder: an extractive-QA model of transformers with a `tokenizer.json`.
        student: the tokenizer of the reader that learns.
        device: to run on.

    Raises:
        ModelError: the folder holds no such model, or its word pieces are others.
    """

    def __init__(self, folder: str, student: Tokenizer, device: torch.device) -> None:
        try:
            self._model = AutoModelForQuestionAnswering.from_pretrained(folder).to(device).eval()
            tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"--teachers {folder}: not a model with a tokenizer.json ({error})") from error
        self._device = device
        self._template = SequenceTemplate.of(tokenizer)
        self._students = SequenceTemplate.of(student)
        self._pad_id = next((at for name in ("[PAD]", "<pad>") if (at := tokenizer.token_to_id(name)) is not None), 0)
        self._id_of = _translation(folder, student, tokenizer, self._students)

    def probabilities(self, groups: Sequence[Group], batch: Batch) -> torch.Tensor:
        """What it holds to be the first and the last token, shape (windows, longest, 2), in the student's positions.

        Args:
            groups: the student's windows.
            batch: the same, collated.
        """
        translated = [LabelledWindow(self._translated(labelled.window), 0, 0) for group in groups for labelled in group]
        with torch.no_grad():
            scores = span_scores(self._model, collate([translated], self._pad_id), self._device)
        own = scores.new_full((*batch.ids.shape, 2), UNREADABLE)
        students = (labelled.window for group in groups for labelled in group)
        for row, (window, (translation, _, _)) in enumerate(zip(students, translated, strict=True)):
            count = len(window.offsets)
            own[row, 0] = scores[row, 0]
            own[row, window.first : window.first + count] = scores[row, translation.first : translation.first + count]
        return own.softmax(1)

    def _translated(self, window: Window) -> Window:
        """The student's window in the teacher's tokens and with its special tokens."""
        student, own = self._students, self._template
        head = window.ids[len(student.prefix) : window.first]
        pieces: list[Ints] = [own.prefix]
        while len(head):  # question, and the title if there is one, each closed by the middle
            ends = np.flatnonzero(head == student.middle[0])
            pieces += [self._id_of[head[: ends[0]]], own.middle]
            head = head[ends[0] + len(student.middle) :]
        first = sum(map(len, pieces))
        passage = self._id_of[window.ids[window.first : window.first + len(window.offsets)]]
        ids = np.concatenate([*pieces, passage, own.suffix])
        types = np.full(len(ids), own.passage_type, np.int64)
        types[: sum(map(len, pieces[:3]))] = own.question_type
        return window._replace(ids=ids, type_ids=types, first=first)


def _translation(folder: str, student: Tokenizer, teacher: Tokenizer, template: SequenceTemplate) -> Ints:
    """The teacher's id of each of the student's tokens, shape (the student's vocabulary,)."""
    vocabulary, own = student.get_vocab(), teacher.get_vocab()
    special = {*template.prefix.tolist(), *template.middle.tolist(), *template.suffix.tolist()}
    unknown = next((own[name] for name in ("[UNK]", "<unk>") if name in own), 0)
    missing = [name for name in vocabulary if name not in own]
    if len(missing) > 0.01 * len(vocabulary):
        raise ModelError(
            f"--teachers {folder}: its word pieces are others ({len(missing):,} of {len(vocabulary):,} are missing); "
            "name models whose vocabulary has the same word pieces"
        )
    ids = np.full(max(vocabulary.values()) + 1, unknown, np.int64)
    for name, at in vocabulary.items():
        if at not in special:
            ids[at] = own.get(name, unknown)
    return ids


def taught(teachers: Sequence[Teacher], groups: Sequence[Group], batch: Batch) -> torch.Tensor:
    """The mean of what some teachers hold, see `Teacher.probabilities`."""
    return torch.stack([teacher.probabilities(groups, batch) for teacher in teachers]).mean(0)
