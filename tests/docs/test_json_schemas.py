"""docs/json: the schemas are those of the models, and what each command prints fits its schema."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from commands import Command

from qa_bot.cli import cli
from qa_bot.commands.schemas import PRINTED, VERSION, schema, schema_text
from qa_bot.feedback import FeedbackLog

FOLDER = Path(__file__).parents[2] / "docs" / "json"
README = (FOLDER / "README.md").read_text()
QUESTION, UNANSWERED = "When was Voyager 2 launched?", "Who is the chief executive of Toyota?"
SQUAD = {"version": "v2.0", "data": [{"title": "Bridge", "paragraphs": [{
    "context": "The bridge is 310 metres long. It was opened in 1904.",
    "qas": [{"id": "1", "question": "How long is the bridge?", "is_impossible": False,
             "answers": [{"text": "310 metres", "answer_start": 14}]}],
}]}]}  # fmt: skip


@pytest.mark.parametrize("name", PRINTED)
def test_each_schema_is_up_to_date_and_documented(name: str) -> None:
    path = FOLDER / f"{name}.schema.json"
    assert path.read_text() == schema_text(name), "run: python docs/json/write.py"
    jsonschema.Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$id"] == f"urn:qa-bot:json:{VERSION}:{name}"
    assert f"[{path.name}]({path.name})" in README
    assert f"`{PRINTED[name].command}" in README


def test_there_are_no_other_schemas() -> None:
    assert {path.name.removesuffix(".schema.json") for path in FOLDER.glob("*.json")} == set(PRINTED)


def test_every_command_that_prints_json_has_a_schema() -> None:
    def with_json(group: click.Group, *path: str) -> set[str]:
        context = click.Context(group)
        found: set[str] = set()
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command
            if isinstance(command, click.Group):
                found |= with_json(command, *path, name)
            if any("--json" in parameter.opts for parameter in command.params):
                found.add(" ".join((*path, name)))
        return found

    documented = {re.sub(r"qa-bot | --json", "", printed.command) for printed in PRINTED.values()}
    assert with_json(cli) - {"config show"} == documented


@pytest.fixture(scope="module")
def qa_bot(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path, seeds_folder: Path) -> Command:
    """The command, on an archive with a bit of everything: dates, none, an unreadable file, a retraction and its copy."""
    folder = tmp_path_factory.mktemp("json")
    (folder / "more").mkdir()
    (folder / "more" / "bad.txt").write_bytes(b"\0")
    smallpox = next(path for path in seeds_folder.iterdir() if "smallpox" in path.name)
    (folder / "more" / "copy.txt").write_bytes(smallpox.read_bytes())
    command = Command(folder, cache_dir, folder / "data")
    assert command("index", "--quiet", seeds_folder, folder / "more").code == 3
    assert command("articles", "retract", "https://news.example/never", "--reason", "made up").code == 0
    (smallpox_id, *_) = [one["id"] for one in command("articles", "list", "--json", "--search", "smallpox").json]
    assert command("articles", "retract", smallpox_id).code == 0
    with closing(FeedbackLog(folder / "data")) as log:
        log.note_unanswered("C1:1.1", [UNANSWERED], team="T1", channel="C1")
    (folder / "squad.json").write_text(json.dumps(SQUAD))
    return command


CALLS: dict[str, list[tuple[str, ...]]] = {
    "ask": [
        ("ask", QUESTION),
        ("ask", "--explain", QUESTION),
        ("ask", UNANSWERED),
        ("ask", "what is new about Russia?"),
    ],
    "index": [("index",), ("index", "--dry-run")],
    "articles-list": [("articles", "list"), ("articles", "list", "--count"), ("articles", "list", "--search", "zebra")],
    "articles-retracted": [("articles", "retracted")],
    "sources-list": [("sources", "list")],
    "status": [("status",)],
    "config": [("config",), ("config", "show", "--threshold", "0.5")],
    "doctor": [("doctor",)],
    "feedback-report": [("feedback", "report")],
    "eval": [("eval", "squad.json"), ("eval", "--mode", "reader", "squad.json")],
}


@pytest.mark.parametrize(
    ("name", "arguments"), [(name, call) for name, calls in CALLS.items() for call in calls], ids=lambda v: str(v)[:40]
)
def test_what_a_command_prints_fits_its_schema(qa_bot: Command, name: str, arguments: tuple[str, ...]) -> None:
    check(name, qa_bot(*arguments, "--json").output)


def test_an_article_a_backup_and_lines_from_a_pipe_fit_theirs(qa_bot: Command) -> None:
    first = qa_bot("articles", "list", "--json").json[0]["id"]
    check("articles-show", qa_bot("articles", "show", "--json", first).output)
    check("backup", qa_bot("backup", "--json", "kept").output)
    check("restore", qa_bot("restore", "--json", "kept", "--data-dir", "again").output)
    for name, arguments in (("ask", ("ask", "--json", "-")), ("repl", ("repl", "--json"))):
        done = subprocess.run(
            [sys.executable, "-m", "qa_bot", *arguments],
            input=f"{QUESTION}\n{UNANSWERED}\n???\n".encode(),
            cwd=qa_bot.folder,
            env=qa_bot.environment,
            capture_output=True,
        )
        assert len(done.stdout.splitlines()) == (3 if name == "ask" else 2)
        check(name, done.stdout.decode())


def check(name: str, output: str) -> None:
    """Each value fits the schema, and the schema knows each of its fields."""
    values = [json.loads(line) for line in output.splitlines()] if PRINTED[name].per_line else [json.loads(output)]
    assert values
    known = closed(schema(name))
    for value in values:
        jsonschema.validate(value, known, cls=jsonschema.Draft202012Validator)


def closed(body: Any) -> Any:
    """The schema without room for fields that it does not name."""
    if isinstance(body, list):
        return [closed(part) for part in body]
    if not isinstance(body, dict):
        return body
    inner = {key: closed(part) for key, part in body.items()}
    return inner | ({"additionalProperties": False} if "properties" in body and body.get("type") == "object" else {})


def test_the_check_notices_a_field_too_many_and_one_too_few() -> None:
    good = '{"name": "threads", "value": null, "origin": "default"}'
    check("config", f"[{good}]")
    spoil: list[Callable[[str], str]] = [
        lambda text: text.replace('"value": null, ', ""),
        lambda text: text[:-1] + ', "x": 1}',
    ]
    for change in spoil:
        with pytest.raises(jsonschema.ValidationError):
            check("config", f"[{change(good)}]")
