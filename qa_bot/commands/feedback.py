"""`qa-bot feedback`: what people say of answers."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import click

from qa_bot.commands import PATH, Group, note, print_json
from qa_bot.settings import Settings

EXAMPLES = """\
Examples:
  qa-bot feedback export                     SQuAD v2.0 on stdout, for training and evaluation
  qa-bot feedback export -o feedback.json    the same, in a file
  qa-bot eval feedback.json                  how good the answers to these questions are
"""


@click.group("feedback", cls=Group, epilog=EXAMPLES)
def command() -> None:
    """Export what people say of answers."""


@command.command("export", epilog=EXAMPLES)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="write to a file instead of stdout")
def _export(settings: Settings, *, output: Path | None) -> int:
    """Export what people say of answers, as SQuAD v2.0."""
    from qa_bot.feedback import FeedbackLog, squad

    with closing(FeedbackLog(settings.data_dir)) as log:
        judgements = log.judgements()
    data = squad(judgements)
    questions = sum(len(paragraph["qas"]) for article in data["data"] for paragraph in article["paragraphs"])
    note(f"{len(judgements):,} judgements, {questions:,} questions exported")
    text = json.dumps(data, ensure_ascii=False, indent=1)
    if output:
        output.write_text(text + "\n", encoding="utf-8")
    else:
        print_json(text)
    return 0
