"""The training loop: checkpoints, evaluation as it goes, progress, and the averaged model at the end."""

from __future__ import annotations

import ctypes
import json
import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from transformers.utils import logging as transformers_logging

from embeddings.errors import SettingsError
from qa_bot.evaluation.datasets import Question
from qa_bot.evaluation.metrics import best_over_references
from qa_bot.reader.decoding import best_spans
from qa_bot.reader.model import PACKAGED
from qa_bot.reader.windows import SequenceTemplate, make_windows, tokenize
from qa_bot.terminal.progress import ProgressLine
from qa_bot.training.bodies import unpack_packaged
from qa_bot.training.config import TrainingConfig
from qa_bot.training.curriculum import Curriculum
from qa_bot.training.data import load_data, write_held_out
from qa_bot.training.model import Run, packaged_weights
from qa_bot.training.teachers import span_scores
from qa_bot.training.windows import LabelledWindow, batches, collate


def _keep_freed_memory() -> None:
    """Tells glibc to keep the memory of freed tensors: giving it back and faulting it in again is half of a CPU step."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        trim_threshold, top_pad, mmap_max, arena_max = -1, -2, -4, -8
        for option, value in ((mmap_max, 0), (trim_threshold, 2**31 - 1), (top_pad, 2**28), (arena_max, 1)):
            libc.mallopt(option, value)


def evaluate(run: Run, questions: Sequence[Question]) -> dict[str, float]:
    """EM and F1 (percent) on answerable questions, each read on its own paragraph; the best span is forced."""
    run.model.eval()
    template = SequenceTemplate.of(run.tokenizer)
    texts = tokenize(run.tokenizer, [question.text for question in questions])
    paragraphs = tokenize(run.tokenizer, [question.paragraph for question in questions])
    windows = [
        window._replace(passage=number)
        for number, (question, passage) in enumerate(zip(texts, paragraphs, strict=True))
        for window in make_windows(template, question.ids, [passage], max_tokens=run.config.max_tokens)
    ]
    order = np.argsort([len(window.ids) for window in windows], kind="stable")
    best: dict[int, tuple[float, str]] = {}
    for at in range(0, len(order), 64):
        chosen = [LabelledWindow(windows[i], 0, 0) for i in order[at : at + 64]]
        with torch.no_grad():
            batch = span_scores(run.model, collate([chosen], run.pad_id), run.device).cpu().numpy()
        for (window, _, _), scores in zip(chosen, batch, strict=True):
            inside = slice(window.first, window.first + len(window.offsets))
            for span in best_spans(scores[inside, 0], scores[inside, 1], count=1):
                margin = span.score - float(scores[0].sum())
                text = questions[window.passage].paragraph[window.offsets[span.first, 0] : window.offsets[span.last, 1]]
                best[window.passage] = max(best.get(window.passage, (-math.inf, "")), (margin, text))
    run.model.train()
    references = [[reference.text for reference in question.references] for question in questions]
    scored = [best_over_references(best[i][1], texts) for i, texts in enumerate(references) if texts]
    means = [float(100 * value) for value in np.mean(scored, axis=0)] if scored else []
    return {"questions": float(len(questions)), **dict(zip(("em", "f1"), means, strict=False))}


def train(data: Path, work: Path, config: TrainingConfig) -> None:
    """Trains a reader and writes it to ``work/model``; continues from ``work/checkpoint.pt`` if there is one.

    Args:
        data: a SQuAD-format file, or a folder of them, searched recursively.
        work: folder for `checkpoint.pt`, `config.json`, `log.jsonl` (one evaluation a line), `held_out/` (the questions
            that are not trained on, one SQuAD-format file a set) and `model/`.
        config: what to train and how.  A run that continues may be given other steps; the rest should stay.

    Raises:
        SettingsError: the data folder holds nothing to train on.
        ModelError: the base model or the checkpoint cannot be used.
    """
    sets = load_data(data, config.held_out_percent)
    if not any(data_set.train for data_set in sets):
        raise SettingsError(
            f"--data {data}: nothing to train on; name a SQuAD-format file (.json, .json.gz) or a folder of them"
        )
    work.mkdir(parents=True, exist_ok=True)
    write_held_out(sets, work / "held_out")
    (work / "config.json").write_text(config.model_dump_json(indent=1))
    _keep_freed_memory()
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(config.threads or os.cpu_count() or 1)
    base = unpack_packaged(work / "base") if config.base == PACKAGED else config.base or packaged_weights()
    run = Run(config, base, torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        run.load(checkpoint)
        print(f"continuing from step {run.step}", file=sys.stderr)
    curriculum = Curriculum(sets, run.tokenizer, config)
    rng = np.random.default_rng(config.seed)
    held_out = {s.name: [s.held_out[i] for i in rng.permutation(len(s.held_out))] for s in sets if s.held_out}
    with ProgressLine(sys.stderr, every=30) as progress:
        _loop(run, curriculum, held_out, work, progress)
    run.swap_average()
    run.model.save_pretrained(work / "model")
    run.tokenizer.save(str(work / "model" / "tokenizer.json"))
    _write_own_facts(base, work / "model", config)
    _log(work, run, held_out, config.evaluate_questions * 10)
    run.swap_average()
    run.save(checkpoint)


def _write_own_facts(base: Path | str, model: Path, config: TrainingConfig) -> None:
    """Writes what the compiler cannot know; a calibration is the base's until `calibrate` makes a new one."""
    inherited = Path(base, "qa_bot.json")
    facts = json.loads(inherited.read_text()) if inherited.is_file() else {}
    (model / "qa_bot.json").write_text(json.dumps({**facts, "reads_titles": config.title_share > 0}) + "\n")


def _loop(
    run: Run, curriculum: Curriculum, held_out: dict[str, list[Question]], work: Path, progress: ProgressLine
) -> None:
    config, first, saved = run.config, run.step, time.monotonic()
    loss = math.nan
    while run.step < config.steps:
        steps = batches(
            curriculum.groups(run.number), config.batch_size, np.random.default_rng([config.seed, run.number, 1])
        )
        while run.position < len(steps) and run.step < config.steps:
            latest = run.update(steps[run.position])
            loss = latest if math.isnan(loss) else 0.98 * loss + 0.02 * latest
            run.position += 1
            progress.steps(run.step - first, config.steps - first, f"steps in pass {run.number + 1}, loss {loss:.3f}")
            if run.step % config.evaluate_steps == 0:
                run.swap_average()
                _log(work, run, held_out, config.evaluate_questions)
                run.swap_average()
            if time.monotonic() - saved > config.checkpoint_seconds:
                run.save(work / "checkpoint.pt")
                saved = time.monotonic()
        if run.position >= len(steps):
            run.number, run.position = run.number + 1, 0


def _log(work: Path, run: Run, held_out: dict[str, list[Question]], count: int) -> None:
    figures = {name: evaluate(run, questions[:count]) for name, questions in held_out.items()}
    line = json.dumps({"step": run.step, "held_out": figures})
    with (work / "log.jsonl").open("a") as log:
        log.write(line + "\n")
    print(line, file=sys.stderr, flush=True)
