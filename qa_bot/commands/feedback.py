"""`qa-bot feedback`: what people said of answers."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from qa_bot.commands import add_command, add_group, note, print_json
from qa_bot.settings import Settings

EXAMPLES = """\
examples:
  qa-bot feedback export                     SQuAD v2.0 on stdout, to train and to measure with
  qa-bot feedback export -o feedback.json    the same, in a file
  qa-bot eval feedback.json                  how good the answers are to what people asked
"""


def register(commands: Any) -> None:
    """Adds `feedback`."""
    verbs = add_group(commands, "feedback", "what people said of answers", EXAMPLES)
    export = add_command(verbs, "export", _export, "print what people said of answers as SQuAD v2.0", EXAMPLES)
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="write a file instead")


def _export(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.feedback import FeedbackLog, squad

    log = FeedbackLog(settings.data_dir)
    try:
        judgements = log.judgements()
    finally:
        log.close()
    data = squad(judgements)
    questions = sum(len(paragraph["qas"]) for article in data["data"] for paragraph in article["paragraphs"])
    note(f"{len(judgements)} judgements, {questions} questions that say what the answer is")
    text = json.dumps(data, ensure_ascii=False, indent=1)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")
    else:
        print_json(text)
    return 0
