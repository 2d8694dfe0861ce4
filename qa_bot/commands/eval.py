"""`qa-bot eval`: figures on question files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from qa_bot.commands import add_command, count, note, print_json
from qa_bot.settings import Settings

EXAMPLES = """\
examples:
  qa-bot eval dev-v2.0.json                         read the given paragraphs, search them, and both
  qa-bot eval --mode reader --json dev-v1.1.json.gz
  qa-bot eval --limit 500 --report out dev-v2.0.json   out/report.md, report.json, predictions.jsonl
"""


def register(commands: Any) -> None:
    """Adds `eval`."""
    evaluation = add_command(commands, "eval", _eval, "measure answers on question files in SQuAD format", EXAMPLES)
    evaluation.add_argument("file", nargs="+", type=Path, metavar="FILE", help="SQuAD v1.1 or v2.0, .json or .json.gz")
    evaluation.add_argument(
        "--mode",
        action="append",
        choices=["reader", "retrieval", "end-to-end"],
        help="reader: the paragraph is given; retrieval: it is searched; end-to-end: as in use; (default: all three)",
    )
    evaluation.add_argument("--limit", type=count, metavar="N", help="ask only this many questions, spread evenly")
    evaluation.add_argument("--report", type=Path, metavar="DIR", help="write the report and each answer there")
    evaluation.add_argument("--json", action="store_true", help="print the figures as JSON")


def _eval(options: argparse.Namespace, settings: Settings) -> int:
    import json

    from qa_bot.evaluation.modes import Mode, evaluate
    from qa_bot.evaluation.report import prepare_folder, text_table, write_report
    from qa_bot.terminal.progress import ProgressLine

    if options.report:
        prepare_folder(options.report)
    modes = tuple(Mode(name) for name in dict.fromkeys(options.mode or list(Mode)))
    with ProgressLine(sys.stderr) as line:
        report = evaluate(
            options.file, settings=settings, modes=modes, limit=options.limit, progress=line.steps, say=note
        )
    if options.report:
        write_report(report, options.report)
    if options.json:
        print_json(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        print(text_table(report))
    return 0
