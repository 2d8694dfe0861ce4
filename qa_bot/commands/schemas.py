"""The JSON Schema of what each command prints with `--json`, made from the models: `docs/json`."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from embeddings.articles import Article
from embeddings.indexing.report import ReindexReport
from qa_bot.answering.explanation import Explanation
from qa_bot.answering.results import Answer, ArticleReference, TeamAnswer
from qa_bot.backup import Manifest
from qa_bot.commands.outputs import (
    ArticleCount,
    DoctorFinding,
    ListedSource,
    QuestionProblem,
    RetractedArticle,
    SetValue,
    Status,
)
from qa_bot.evaluation.report import EvaluationReport
from qa_bot.unanswered import UnansweredReport

VERSION = 1
"""Of all schemas.  A field may be added; one that goes, or changes its meaning, makes this number another one."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class ExplainedAnswer(Answer):
    """What `qa-bot ask` prints; `explanation` is there with `--explain`."""

    explanation: Explanation | None = None


class Printed(NamedTuple):
    """What a command prints.

    Attributes:
        command: with its options.
        type: of the value.
        per_line: whether there may be several values, one a line.
        without_nulls: whether fields that are null are left out.
    """

    command: str
    type: Any
    per_line: bool = False
    without_nulls: bool = False


PRINTED = {
    "ask": Printed("qa-bot ask --json", ExplainedAnswer | QuestionProblem, per_line=True),
    "repl": Printed("qa-bot repl --json", Answer, per_line=True),
    "index": Printed("qa-bot index --json", ReindexReport, per_line=True),
    "articles-list": Printed("qa-bot articles list --json", list[ArticleReference] | ArticleCount),
    "answers-list": Printed("qa-bot answers list --json", list[TeamAnswer]),
    "articles-show": Printed("qa-bot articles show --json", Article),
    "articles-retracted": Printed("qa-bot articles retracted --json", list[RetractedArticle]),
    "sources-list": Printed("qa-bot sources list --json", list[ListedSource]),
    "status": Printed("qa-bot status --json", Status),
    "config": Printed("qa-bot config --json", list[SetValue]),
    "doctor": Printed("qa-bot doctor --json", list[DoctorFinding]),
    "feedback-report": Printed("qa-bot feedback report --json", UnansweredReport),
    "backup": Printed("qa-bot backup --json", Manifest),
    "restore": Printed("qa-bot restore --json", Manifest),
    "eval": Printed("qa-bot eval --json", EvaluationReport, without_nulls=True),
}
"""What there is, by the name of the schema's file."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of what a command prints.

    Args:
        name: one of `PRINTED`.
    """
    printed = PRINTED[name]
    body = TypeAdapter(printed.type).json_schema(mode="serialization")
    if printed.without_nulls:
        _let_nulls_be_left_out(body)
    lines = ", one object a line" if printed.per_line else ""
    about = {
        "$schema": DIALECT,
        "$id": f"urn:qa-bot:json:{VERSION}:{name}",
        "title": f"{printed.command}{lines}, version {VERSION}",
    }
    return about | {key: value for key, value in body.items() if key != "title"}


def schema_text(name: str) -> str:
    """The same as a file."""
    return json.dumps(schema(name), indent=1, ensure_ascii=False) + "\n"


def _let_nulls_be_left_out(body: dict[str, Any]) -> None:
    for model in (body, *body.get("$defs", {}).values()):
        properties = model.get("properties", {})
        nullable = {field for field, kind in properties.items() if {"type": "null"} in kind.get("anyOf", ())}
        if "required" in model:
            model["required"] = [field for field in model["required"] if field not in nullable]
