"""`qa-bot eval`: figures on question files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from qa_bot.commands import ANSWERING, PATH, Command, as_json, count, note, print_json
from qa_bot.settings import Settings

EXAMPLES = """\
Examples:
  qa-bot eval dev-v2.0.json                            reading, searching, and both
  qa-bot eval --mode reader --json dev-v1.1.json.gz
  qa-bot eval --mode conversation follow-ups.jsonl     a line: history, question, and rewrite or answers or both
  qa-bot eval --limit 500 --report out dev-v2.0.json   out/report.md, report.json, predictions.jsonl
"""


@click.command("eval", cls=Command, settings=ANSWERING, epilog=EXAMPLES)
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=PATH, help="SQuAD v1.1 or v2.0, .json or .json.gz"
)
@click.option(
    "--mode",
    multiple=True,
    type=click.Choice(["reader", "retrieval", "end-to-end", "conversation"]),
    help="reader: read the given paragraph; retrieval: search for it; end-to-end: both; default: these three; "
    "conversation: complete follow-up questions",
)
@click.option("--limit", type=count, metavar="N", help="ask at most N questions, spread evenly")
@click.option("--report", "folder", type=PATH, metavar="DIR", help="write the report and every answer there")
@as_json
def command(
    settings: Settings,
    files: tuple[Path, ...],
    mode: tuple[str, ...],
    limit: int | None,
    folder: Path | None,
    as_json: bool,
) -> int:
    """Measure answers on question files in SQuAD format."""
    from qa_bot.evaluation.modes import QUESTION_MODES, Mode, evaluate
    from qa_bot.evaluation.report import prepare_folder, text_table, write_report
    from qa_bot.terminal.progress import ProgressLine

    if folder:
        prepare_folder(folder)
    modes = tuple(map(Mode, dict.fromkeys(mode))) or QUESTION_MODES
    with ProgressLine(sys.stderr) as line:
        report = evaluate(files, settings=settings, modes=modes, limit=limit, progress=line.steps, say=note)
    if folder:
        write_report(report, folder)
    print_json(json.dumps(report.to_json(), ensure_ascii=False)) if as_json else print(text_table(report))
    return 0
