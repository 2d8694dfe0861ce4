"""Question files in SQuAD format (v1.1 and v2.0), plain or gzipped."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from embeddings.errors import DatasetError

MAX_BYTES = 500_000_000
"""Largest file, unpacked; those of the field have 10 to 50 MB."""


class Reference(NamedTuple):
    """One annotator's answer: its text and where it starts, in characters of the paragraph.

    `misplaced`: the file says where it starts, and something else stands there.
    """

    text: str
    start: int
    misplaced: bool = False

    @property
    def end(self) -> int:
        """Where the answer ends (exclusive), in characters of the paragraph."""
        return self.start + len(self.text)


class Question(NamedTuple):
    """One question on one paragraph.  `references` is empty when the paragraph does not answer it."""

    id: str
    text: str
    title: str
    paragraph: str
    references: tuple[Reference, ...]


def load_questions(path: Path) -> list[Question]:
    """Reads a SQuAD-format file.

    Answers whose offset is marked `ambiguous`, or whose text does not stand at their offset, keep their text and are
    given the offset -1.

    Args:
        path: a `.json` or `.json.gz` file with `data[].paragraphs[].qas[]`.

    Raises:
        DatasetError: the file is missing, not JSON, or lacks a field; the message names the place.
    """
    try:
        document = json.loads(_content(path))
    except (zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise DatasetError(f"{path}: the gzip data is damaged ({error}); fetch the file again") from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror or error}); name a SQuAD-format file") from error
    except RecursionError as error:
        raise DatasetError(f"{path}: nested too deeply; name a SQuAD-format file") from error
    except ValueError as error:
        raise DatasetError(f"{path}: not JSON ({error}); name a SQuAD-format file") from error
    questions = list(_questions(path, document))
    if not questions:
        raise DatasetError(f"{path}: holds no questions; a SQuAD-format file has them at data[].paragraphs[].qas[]")
    return questions


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if raw.startswith(b"\x1f\x8b"):
        with gzip.open(io.BytesIO(raw)) as unpacked:
            raw = unpacked.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise DatasetError(f"{path}: larger than {MAX_BYTES // 10**6} MB; split it into several files")
    if not raw.strip():
        raise DatasetError(f"{path}: is empty; name a SQuAD-format file")
    return raw


def _questions(path: Path, document: Any) -> Iterator[Question]:
    place = "data"
    try:
        for i, article in enumerate(_list(_object(document), "data")):
            place = f"data[{i}]"
            title = str(_object(article).get("title") or "").replace("_", " ").strip()
            for j, paragraph in enumerate(_list(article, "paragraphs")):
                place = f"data[{i}].paragraphs[{j}]"
                context = _text(_object(paragraph), "context")
                for k, entry in enumerate(_list(paragraph, "qas")):
                    place = f"data[{i}].paragraphs[{j}].qas[{k}]"
                    references = [] if _object(entry).get("is_impossible") else _list(entry, "answers")
                    yield Question(
                        id=str(entry["id"]),
                        text=_text(entry, "question"),
                        title=title,
                        paragraph=context,
                        references=tuple(_reference(context, answer) for answer in references),
                    )
    except KeyError as error:
        raise DatasetError(f"{path}: not in SQuAD format at {place}: the field {error} is missing") from error
    except TypeError as error:
        raise DatasetError(f"{path}: not in SQuAD format at {place}: {error}") from error


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"an object expected, found {_kind(value)}")
    return value


def _list(holder: dict[str, Any], field: str) -> list[Any]:
    value = holder[field]
    if not isinstance(value, list):
        raise TypeError(f"a list expected in the field {field!r}, found {_kind(value)}")
    return value


def _text(holder: dict[str, Any], field: str) -> str:
    value = holder[field]
    if not isinstance(value, str):
        raise TypeError(f"text expected in the field {field!r}, found {_kind(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise TypeError(f"the text in the field {field!r} holds half a surrogate pair") from None
    return value


def _kind(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")


def _reference(context: str, answer: Any) -> Reference:
    text, start = _text(_object(answer), "text"), answer["answer_start"]
    if not isinstance(start, int):
        raise TypeError(f"a whole number expected in the field 'answer_start', found {_kind(start)}")
    if answer.get("ambiguous"):
        return Reference(text, -1)
    placed = start >= 0 and context[start : start + len(text)] == text
    return Reference(text, start if placed else -1, misplaced=not placed)
