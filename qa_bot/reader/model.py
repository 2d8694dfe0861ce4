"""The reader: a question and passages in, scored spans of each passage out."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embeddings.errors import ModelError
from embeddings.onnx.model_cache import compiled_folder, packaged_model
from embeddings.onnx.sessions import CompiledModel, Feed
from embeddings.sentences import Span
from embeddings.words import split_words
from qa_bot.reader.confidence import Calibration
from qa_bot.reader.decoding import best_spans, null_score
from qa_bot.reader.windows import Ints, SequenceTemplate, Window, make_windows, tokenize

COMPILER_VERSION = 3
PACKAGED = "packaged"
MAX_WINDOWS = 20
"""Windows of one passage that are read at most: a sentence of the longest that there is has fewer."""
_CHECKED_WINDOWS = 32
"""Windows that are read between two checks: a fifth of a second."""

Logits = NDArray[np.float32]


class Runtime(StrEnum):
    """What a compiled reader runs on: ONNX Runtime with int8 weights, or float32; or torch, where it cannot be exported."""

    INT8 = "int8"
    FLOAT32 = "float32"
    TORCH = "torch"


class ReadingPassage(NamedTuple):
    """What is read: a text, its article's title, and its sentences (none: a span may lie anywhere in the text)."""

    text: str
    title: str = ""
    sentences: Sequence[Span] = ()


class ScoredSpan(NamedTuple):
    """A span of one passage.

    Attributes:
        passage: which of the passages.
        start, end: characters of the passage's text, end exclusive.
        score: log-odds, before calibration, of this span against "no answer here"; comparable between passages.
    """

    passage: int
    start: int
    end: int
    score: float


class TorchModel:
    """Runs a model that cannot be exported, in float32: slower than `CompiledModel`, and it needs the memory of torch.

    Args:
        folder: with `config.json` and `model.safetensors`.
        inputs: names of the tensors that the model takes.

    Raises:
        ModelError: the folder holds no such model.
    """

    def __init__(self, folder: Path, inputs: Sequence[str]) -> None:
        from transformers import AutoModelForQuestionAnswering
        from transformers.utils import logging

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            self._model = AutoModelForQuestionAnswering.from_pretrained(folder, attn_implementation="eager").eval()
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"{folder}: cannot be loaded into torch ({error}); delete the folder") from error
        self.inputs = list(inputs)
        self._guard = threading.Lock()

    def run(self, feeds: Sequence[Feed]) -> list[list[Logits]]:
        """Runs each feed by itself; see `CompiledModel.run`."""
        import torch

        outputs = []
        for feed in feeds:
            tensors = {name: torch.from_numpy(np.asarray(feed[name])) for name in self.inputs}
            with self._guard, torch.inference_mode():
                output = self._model(**tensors)
            outputs.append([output.start_logits.float().numpy(), output.end_logits.float().numpy()])
        return outputs


class Reader:
    """A compiled extractive-QA model.

    A passage's scores do not depend on the passages that it is read with.

    Args:
        folder: what `qa_bot.reader.compiler` wrote.
        facts: the contents of its `compiled.json`.
        threads: windows to read at once; 0 for one per core.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any], threads: int = 0) -> None:
        self.identity = str(facts["identity"])
        self.calibration = Calibration(**facts.get("calibration", {}))
        self._max_tokens = int(facts["max_tokens"])
        self._stride = int(facts["stride"])
        self._max_answer_tokens = int(facts["max_answer_tokens"])
        self._reads_titles = bool(facts["reads_titles"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._template = SequenceTemplate.of(self._tokenizer)
        self.runtime = Runtime(facts.get("runtime", Runtime.INT8))
        self._model: CompiledModel | TorchModel
        if self.runtime is Runtime.TORCH:
            self._model = TorchModel(folder, facts["inputs"])
        else:
            self._model = CompiledModel(folder / "model.onnx", threads)

    @classmethod
    def load(cls, name: str, cache: Path, *, threads: int = 0, say: Callable[[str], None] = lambda _: None) -> Reader:
        """Loads a reader by name; compiles it first if it is neither ours nor in the cache.

        Args:
            name: "packaged", a folder, or a name on the Hugging Face hub.
            cache: folder of compiled models.
            threads: windows to read at once; 0 for one per core.
            say: is told when a compilation begins.

        Raises:
            ModelError: there is no such model or it cannot be compiled.
        """
        if name == PACKAGED:
            folder = Path(__file__).parent / "packaged"
            return cls(folder, packaged_model(folder, "reader"), threads)
        notes: list[str] = []

        def note(line: str) -> None:
            notes.append(line)
            say(line)

        compiler = "qa_bot.reader.compiler"
        folder, facts = compiled_folder(
            name, cache=cache, compiler=compiler, version=COMPILER_VERSION, description="reader", say=note
        )
        reader = cls(folder, facts, threads)
        if notes and reader.runtime is not Runtime.INT8:
            say(f"the reader {name} runs in {reader.runtime}, as its int8 form does not agree with it; it is slower so")
        return reader

    def read(
        self,
        question: str,
        passages: Sequence[ReadingPassage],
        *,
        spans_each: int = 4,
        check: Callable[[], None] = lambda: None,
    ) -> list[ScoredSpan]:
        """Reads passages, each in full.

        Args:
            question: as asked.
            passages: what to read.
            spans_each: spans to return for each window of a passage.
            check: called now and then; what it raises ends the reading.

        Returns:
            Spans of all passages, best first; none crosses the end of a sentence.  Ties by place.
        """
        if not passages:
            return []
        texts = [question, *(p.text for p in passages), *(p.title if self._reads_titles else "" for p in passages)]
        asked, *rest = tokenize(self._tokenizer, texts)
        read, titles = rest[: len(passages)], [title.ids for title in rest[len(passages) :]]
        lengths = {"max_tokens": self._max_tokens, "stride": self._stride}
        windows = _first_windows(make_windows(self._template, asked.ids, read, titles, **lengths))
        windows.sort(key=lambda window: len(window.ids), reverse=True)
        outputs: list[list[Logits]] = []
        for at in range(0, len(windows), _CHECKED_WINDOWS):
            check()
            outputs += self._model.run(list(map(_feed, windows[at : at + _CHECKED_WINDOWS])))
        spans: dict[tuple[int, int, int], float] = {}
        for window, (start, end) in zip(windows, outputs, strict=True):
            for span in self._spans(window, passages[window.passage], start[0], end[0], spans_each):
                place = span[:3]
                spans[place] = max(spans.get(place, -math.inf), span.score)
        return sorted((ScoredSpan(*p, score) for p, score in spans.items()), key=lambda s: (-s.score, s[:3]))

    def pieces_per_word(self, text: str) -> float:
        """Word pieces that a word is cut into, on average; 1 if the reader knows every word as a whole.

        A text in another language than the one that the vocabulary was made of is cut into many small pieces.
        """
        words = split_words(text)
        return len(self._tokenizer.encode(" ".join(words), add_special_tokens=False).ids) / max(1, len(words))

    def _spans(
        self, window: Window, passage: ReadingPassage, start: Logits, end: Logits, count: int
    ) -> list[ScoredSpan]:
        offsets, inside = window.offsets, slice(window.first, window.first + len(window.offsets))
        limits, null = _sentence_limits(offsets, passage.sentences), null_score(start, end)
        longest = self._max_answer_tokens
        best = best_spans(start[inside], end[inside], limits, max_answer_tokens=longest, count=count)
        return [
            ScoredSpan(window.passage, int(offsets[first, 0]), int(offsets[last, 1]), score - null)
            for first, last, score in best
        ]


def _first_windows(windows: Sequence[Window]) -> list[Window]:
    """The windows without those beyond `MAX_WINDOWS` of a passage, which only a store of an older version has."""
    counts: Counter[int] = Counter()
    kept = []
    for window in windows:
        counts[window.passage] += 1
        if counts[window.passage] <= MAX_WINDOWS:
            kept.append(window)
    return kept


def _feed(window: Window) -> Feed:
    ids = window.ids[None, :]
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": window.type_ids[None, :]}


def _sentence_limits(offsets: Ints, sentences: Sequence[Span]) -> Ints | None:
    """For each token the last token of its sentence."""
    if not sentences:
        return None
    ends = np.array([sentence.end for sentence in sentences], np.int64)
    sentence_of = np.searchsorted(ends, offsets[:, 0], side="right")
    return np.searchsorted(sentence_of, sentence_of, side="right").astype(np.int64) - 1
