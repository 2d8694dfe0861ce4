"""Question files in SQuAD format (v1.1 and v2.0), and conversations in JSONL; plain or gzipped."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from embeddings.errors import DatasetError
from qa_bot.conversation.history import Turn

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
    """One question on one paragraph.  `references` is empty when the paragraph does not answer it; `file` is its file's name."""

    id: str
    text: str
    title: str
    paragraph: str
    references: tuple[Reference, ...]
    file: str = ""


class FollowUp(NamedTuple):
    """A question of a conversation.

    Attributes:
        id: of the question.
        question: as typed.
        turns: before it, the oldest first.
        rewrite: the self-contained question that a person wrote; None if nobody did.
        answers: that count as right; None if the file says nothing of answers, empty if the articles have none.
        title, context: of the article, and the paragraph that answers; both may be empty.
    """

    id: str
    question: str
    turns: tuple[Turn, ...]
    rewrite: str | None
    answers: tuple[str, ...] | None
    title: str
    context: str


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
        zipped = file.peek(2).startswith(b"\x1f\x8b")
        raw = (gzip.GzipFile(fileobj=file) if zipped else file).read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise DatasetError(f"{path}: larger than {MAX_BYTES // 10**6} MB; split it into several files")
    if not raw.strip():
        raise DatasetError(f"{path}: is empty; name a SQuAD-format file")
    return raw


def _questions(path: Path, document: Any) -> Iterator[Question]:
    place = "data"
    try:
        for i, article in enumerate(_field(document, "data", list)):
            place = f"data[{i}]"
            title = str(_checked(article, dict).get("title") or "").replace("_", " ").strip()
            for j, paragraph in enumerate(_field(article, "paragraphs", list)):
                place = f"data[{i}].paragraphs[{j}]"
                context = _text(paragraph, "context").replace("\0", " ")  # articles have no NUL
                for k, entry in enumerate(_field(paragraph, "qas", list)):
                    place = f"data[{i}].paragraphs[{j}].qas[{k}]"
                    answers = [] if _checked(entry, dict).get("is_impossible") else _field(entry, "answers", list)
                    references = tuple(_reference(context, answer) for answer in answers)
                    yield Question(str(entry["id"]), _text(entry, "question"), title, context, references)
    except KeyError as error:
        raise DatasetError(f"{path}: not in SQuAD format at {place}: the field {error} is missing") from error
    except TypeError as error:
        raise DatasetError(f"{path}: not in SQuAD format at {place}: {error}") from error


_KINDS = {dict: "an object", list: "a list", str: "text", int: "a whole number"}


def _checked(value: Any, kind: type, field: str = "") -> Any:
    if isinstance(value, kind):
        return value
    where = f" in the field {field!r}" if field else ""
    kinds = _KINDS | {int: "a number", bool: "a truth value", type(None): "null"}
    raise TypeError(f"{_KINDS[kind]} expected{where}, found {kinds.get(type(value), 'a number')}")


def _field(holder: Any, name: str, kind: type) -> Any:
    return _checked(_checked(holder, dict)[name], kind, name)


def _text(holder: Any, name: str) -> str:
    text: str = _field(holder, name, str)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TypeError(f"the text in the field {name!r} holds half a surrogate pair") from None
    return text


def _reference(context: str, answer: Any) -> Reference:
    text, start = _text(answer, "text"), _field(answer, "answer_start", int)
    if answer.get("ambiguous"):
        return Reference(text, -1)
    placed = start >= 0 and context[start : start + len(text)] == text
    return Reference(text, start if placed else -1, misplaced=not placed)


_UNANSWERED = ("", "CANNOTANSWER", "I don't know.")
"""What stands for no answer in the field's conversations."""


def load_follow_ups(path: Path) -> list[FollowUp]:
    """Reads a JSONL file, plain or gzipped, one question a line: `history`, `question`, and `rewrite` or `answers` or both.

    `history` holds `question` and `answer` (or `answer_keywords`) of each turn; `title` and `context` may name the article and
    hold its paragraph.  A file in which each line has `conversation` in place of `history` holds the turns in order.

    Raises:
        DatasetError: the file cannot be read, or a line lacks a field; the message names the line.
    """
    try:
        content = path.read_bytes()
        raw = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        lines = raw[:MAX_BYTES].decode().splitlines()
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be read ({error.strerror or error}); name a file of conversations"
        ) from error
    except (zlib.error, EOFError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: damaged ({error}); fetch the file again") from error
    follow_ups: list[FollowUp] = []
    before: dict[str, tuple[Turn, ...]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            follow_up = _follow_up(json.loads(line), number, before)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"the field {error} is missing" if isinstance(error, KeyError) else error
            raise DatasetError(f"{path}: line {number}: {reason}; see the file of conversations in --help") from error
        follow_ups.append(follow_up)
    if not follow_ups:
        raise DatasetError(f"{path}: holds no questions; a line is an object with history, question, rewrite, answers")
    return follow_ups


def _follow_up(record: dict[str, Any], number: int, before: dict[str, tuple[Turn, ...]]) -> FollowUp:
    question, title = str(record["question"]).strip(), str(record.get("title") or "")
    answers = tuple(_answer_text(answer) for answer in record["answers"]) if "answers" in record else None
    if "history" in record:
        turns = tuple(_turn(turn, title) for turn in record["history"])
    else:
        conversation = str(record["conversation"])
        turns = before.get(conversation, ())
        answer = answers[0] if answers else None
        before[conversation] = (*turns, Turn(question, answer, title if answer and title else None))
    rewrite = record.get("rewrite")
    return FollowUp(
        str(record.get("id", number)),
        question,
        turns,
        None if rewrite is None else str(rewrite).strip(),
        answers,
        title,
        str(record.get("context") or ""),
    )


def _answer_text(answer: Any) -> str:
    return str(answer["text"] if isinstance(answer, dict) else answer)


def _turn(turn: dict[str, Any], title: str) -> Turn:
    answer = str(turn.get("answer") or " ".join(turn.get("answer_keywords", ())))
    title = str(turn.get("title") or title)
    return Turn(str(turn["question"]), *((None, None) if answer in _UNANSWERED else (answer, title or None)))
