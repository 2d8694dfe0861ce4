"""Trains the follow-up rewriter: which words of the turns before does a question lack?

Voskarides et al., 2020, "Query Resolution for Conversational Search with Limited Supervision" (QuReTeC): the label of a word
of the history is whether a person who rewrote the question put it in.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertForTokenClassification
from transformers.utils import logging as transformers_logging

from embeddings.errors import SettingsError
from embeddings.onnx.export import export, weights_digest
from embeddings.onnx.model_cache import packaged_weights, write_manifest
from embeddings.onnx.quantization import quantize
from embeddings.words import Stemmer, split_words
from qa_bot.conversation.history import TokenSequence, Turn, sequence_of
from qa_bot.conversation.rewriter import Rewriter
from qa_bot.terminal.progress import ProgressLine

IGNORED = -100
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w.'-]*(?: (?:(?:of|the|and) )?[A-Z][\w.'-]*)*")
_TITLE_SHARE, _PRONOUN_SHARE = 0.9, 0.7
_HELD_OUT_PERCENT = 4
_LEFT_ALONE = 0.97
_REPEATED_SHARE, _CHANGED_SHARE = 0.08, 0.08


class Example(NamedTuple):
    """A question, the turns before, and the question that a person made of both."""

    dialog: str
    question: str
    turns: tuple[Turn, ...]
    rewrite: str


class Labelled(NamedTuple):
    """A sequence, and for each token 1, 0 or `IGNORED`."""

    sequence: TokenSequence
    labels: list[int]


def read_examples(data: Sequence[Path], split: str) -> list[Example]:
    """The questions of a split that have turns before them, of files in JSONL such as CANARD and QReCC.

    A line without a split counts as of any.  Where a file says only the answers' keywords, those stand for the answer; where
    it names no article, the name that the dialogue's rewrites have most often stands for its title, in most dialogues.

    Raises:
        SettingsError: a file cannot be read.
    """
    examples: list[Example] = []
    for path in data:
        try:
            opened = gzip.open if path.suffix == ".gz" else open
            with opened(path, "rt", encoding="utf-8") as lines:
                records: list[dict[str, Any]] = [json.loads(line) for line in lines]
            records = [record for record in records if record.get("split", split) == split]
            names: dict[str, Counter[str]] = {}
            for record in records:
                names.setdefault(_dialog(record), Counter()).update(_NAME.findall(record["rewrite"]))
            for record in records:
                dialog = _dialog(record)
                title = record.get("title") or _title(dialog, names[dialog])
                if turns := tuple(_turns(record, title)):
                    examples.append(Example(dialog, record["question"], turns, record["rewrite"]))
        except (OSError, ValueError, KeyError) as error:
            raise SettingsError(
                f"--data {path}: no conversations in JSONL, with history, question and rewrite ({error})"
            ) from error
    return examples


def _dialog(record: dict[str, Any]) -> str:
    return str(record.get("dialog") or str(record["id"]).rpartition("-")[0])


def _title(dialog: str, names: Counter[str]) -> str | None:
    named = random.Random(dialog).random() < _TITLE_SHARE
    return names.most_common(1)[0][0].removesuffix("'s") if names and named else None


def _turns(record: dict[str, Any], title: str | None) -> Iterator[Turn]:
    """The turns before; of an answer's keywords, most of those that the article's title has are left out.

    The keywords were taken from answers that name their subject again and again, where people say "he" or "it".
    """
    rng = random.Random(_dialog(record))
    named = set((title or "").lower().split())
    for turn in record["history"]:
        keywords = [
            word for word in turn.get("answer_keywords", ()) if word not in named or rng.random() > _PRONOUN_SHARE
        ]
        answer = turn.get("answer") or " ".join(keywords)
        answered = bool(answer) and answer != "I don't know."
        yield Turn(turn["question"], answer if answered else None, title if answered else None)


def label(example: Example, tokenizer: Tokenizer, stemmer: Stemmer) -> Labelled:
    """Marks the first token of each content word of the history that the rewrite has and the question has not.

    The first token of all says whether there is such a word.
    """
    sequence = sequence_of(tokenizer, example.question, example.turns)
    added = set(stemmer.stems(split_words(example.rewrite))) - set(stemmer.stems(split_words(example.question)))
    labels = [IGNORED] * len(sequence.ids)
    for word in sequence.words:
        if stemmer.says_something(word.text):
            labels[word.token] = int(stemmer.stem(word.text) in added)
    labels[0] = int(1 in labels)
    return Labelled(sequence, labels)


def train(
    data: Sequence[Path],
    work: Path,
    *,
    base: Path | None = None,
    examples: int,
    passes: int,
    learning_rate: float,
    threads: int,
) -> None:
    """Trains and writes `work/model`: config.json, model.safetensors, tokenizer.json.

    Args:
        data: files in JSONL, such as CANARD and QReCC; only their training split is used.
        work: folder to write.
        base: folder of the body to start from; None for MiniLM-L6.
        examples: to train on, drawn from all of them.
        passes: over these.
        learning_rate: the highest; it rises and falls linearly.
        threads: of torch.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    base = base or packaged_weights()
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    config = BertConfig.from_pretrained(base, num_labels=2, attention_probs_dropout_prob=0.0)
    model = BertForTokenClassification.from_pretrained(base, config=config)
    model.bert.embeddings.requires_grad_(False)
    rng, stemmer = np.random.default_rng(1), Stemmer()
    examples_read = [e for e in read_examples(data, "train") if not held_out(e)]
    drawn = with_whole_questions([examples_read[at] for at in rng.permutation(len(examples_read))[:examples]], rng)
    labelled = [label(example, tokenizer, stemmer) for example in drawn]
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=learning_rate, weight_decay=0.01, fused=True)
    steps = [batch for _ in range(passes) for batch in _batches(labelled, rng)]
    rate = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (0.08 * len(steps)), 1 - step / len(steps))
    )
    model.train()
    mean = 0.0
    with ProgressLine(sys.stderr, every=30) as progress:
        for step, batch in enumerate(steps):
            loss = _loss(model, batch)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            rate.step()
            mean = float(loss.detach()) if not step else 0.98 * mean + 0.02 * float(loss.detach())
            progress.steps(step + 1, len(steps), f"steps, loss {mean:.3f}")
    model.save_pretrained(work / "model")
    tokenizer.save(str(work / "model" / "tokenizer.json"))


def compile_rewriter(model: Path, folder: Path, data: Sequence[Path]) -> dict[str, float]:
    """Compiles a trained rewriter to int8, and chooses its thresholds on dialogues that were held out.

    A question is completed if the chance that it lacks a word is so high that 97 of 100 whole questions are left alone; a
    word is added from the threshold that is best for F1.

    Args:
        model: folder that `train` wrote.
        folder: receives `model.onnx`, `tokenizer.json` and `compiled.json`.
        data: as in the training.

    Returns:
        The thresholds, and the figures at them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    classifier: Any = BertForTokenClassification.from_pretrained(model, attn_implementation="eager")
    classifier.eval().float()
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    names = ("input_ids", "attention_mask", "token_type_ids")

    class WordHead(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.classifier = classifier

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.classifier(**dict(zip(names, tensors, strict=True))).logits
            return logits

    original = folder / "float.onnx"
    sample = torch.ones((1, 16), dtype=torch.int64)
    export(WordHead(), dict.fromkeys(names, sample), {"logits": 3}, original)
    quantize(original, folder / "model.onnx", keep=_head_nodes(original))
    original.unlink()
    tokenizer.save(str(folder / "tokenizer.json"))
    facts: dict[str, Any] = {"identity": f"rewriter:{weights_digest(classifier.state_dict())[:12]}"}
    undecided = Rewriter(folder, {"word_threshold": 0.5, "question_threshold": 0.5})
    chosen = _thresholds(undecided, tokenizer, data)
    write_manifest(folder, {**facts, **chosen})
    return chosen


def _head_nodes(path: Path) -> tuple[str, ...]:
    """The last matrix product: two columns of weights, whose precision is worth more than their bytes."""
    graph = onnx.load(str(path), load_external_data=False).graph
    return tuple(node.name for node in graph.node if node.op_type == "MatMul")[-1:]


def _thresholds(rewriter: Rewriter, tokenizer: Tokenizer, data: Sequence[Path]) -> dict[str, float]:
    rng, stemmer = np.random.default_rng(2), Stemmer()
    kept = [example for example in read_examples(data, "train") if held_out(example)]
    whole, words, labels, gates = [], [], [], []
    for example in with_whole_questions(kept, rng):
        labelled = label(example, tokenizer, stemmer)
        chances = rewriter.probabilities(labelled.sequence)
        marks = np.array(labelled.labels)
        if not marks[0]:
            whole.append(float(chances[0]))
        at = np.flatnonzero(marks[1:] != IGNORED) + 1
        words.append(chances[at])
        labels.append(marks[at])
        gates.append(np.full(len(at), chances[0]))
    gate = round(float(np.quantile(whole, _LEFT_ALONE)), 3)
    scores = np.where(np.concatenate(gates) >= gate, np.concatenate(words), 0)
    truth = np.concatenate(labels).astype(bool)
    best = (0.0, 0.5, 0.0, 0.0)
    for threshold in np.arange(0.2, 0.9, 0.02):
        chosen = scores >= threshold
        right = float((chosen & truth).sum())
        precision, recall = right / max(1, chosen.sum()), right / max(1, truth.sum())
        best = max(best, (2 * precision * recall / max(1e-9, precision + recall), float(threshold), precision, recall))
    return {
        "question_threshold": gate,
        "word_threshold": round(best[1], 3),
        "held_out_f1": round(best[0], 4),
        "held_out_precision": round(best[2], 4),
        "held_out_recall": round(best[3], 4),
    }


def with_whole_questions(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    """Puts questions that lack nothing among the others: a person's rewrite, after its own dialogue or after another one.

    In CANARD one follow-up in fifteen stands by itself; where a person asks a bot, many more do.
    """
    others = [examples[at] for at in rng.permutation(len(examples))]
    made = list(examples)
    for example, other in zip(examples, others, strict=True):
        draw = rng.random()
        if draw < _REPEATED_SHARE:
            made.append(example._replace(question=example.rewrite))
        elif draw < _REPEATED_SHARE + _CHANGED_SHARE and other.dialog != example.dialog:
            made.append(example._replace(question=other.rewrite, rewrite=other.rewrite))
    return made


def held_out(example: Example) -> bool:
    """Whether a dialogue of the training split is kept for choosing the threshold."""
    return random.Random(f"held out {example.dialog}").random() * 100 < _HELD_OUT_PERCENT


def _batches(labelled: Sequence[Labelled], rng: np.random.Generator, size: int = 24) -> list[list[Labelled]]:
    """Batches of sequences of like length, in random order."""
    lengths = np.array([len(item.sequence.ids) for item in labelled]) + rng.uniform(0, 8, len(labelled))
    order = np.argsort(lengths)
    batches = [[labelled[i] for i in order[at : at + size]] for at in range(0, len(order), size)]
    return [batches[at] for at in rng.permutation(len(batches))]


def _loss(model: Any, batch: Sequence[Labelled]) -> torch.Tensor:
    longest = max(len(item.sequence.ids) for item in batch)

    def padded(rows: list[list[int]], value: int) -> torch.Tensor:
        return torch.tensor([row + [value] * (longest - len(row)) for row in rows])

    mask = padded([[1] * len(item.sequence.ids) for item in batch], 0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(
            input_ids=padded([item.sequence.ids for item in batch], 0),
            attention_mask=mask,
            token_type_ids=padded([item.sequence.type_ids for item in batch], 0),
        ).logits
    labels = padded([item.labels for item in batch], IGNORED)
    return torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
