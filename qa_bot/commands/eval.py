"""`qa-bot eval`: figures on question files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from embeddings.text import visible
from qa_bot.commands import ANSWERING, PATH, Command, as_json, count, note, print_json
from qa_bot.settings import Settings

EXAMPLES = """\
Examples:
  qa-bot eval dev-v2.0.json                            reading, searching, and both
  qa-bot eval questions.csv                            your archive: columns question, answers (a|b), article
  qa-bot eval --mode conversation follow-ups.jsonl     a line: history, question, and rewrite or answers or both
  qa-bot eval --mode reader --compare out --tune --json dev-v2.0.json
  qa-bot eval --limit 500 --report out dev-v2.0.json   out/report.html, report.json, predictions.jsonl
"""


@click.command("eval", cls=Command, settings=ANSWERING, epilog=EXAMPLES)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=PATH,
    help="SQuAD v1.1 or v2.0, .json or .json.gz; or your own questions to your own archive, .jsonl or .csv",
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
@click.option("--baselines", is_flag=True, help="also say what is got end to end without reading")
@click.option("--compare", type=PATH, metavar="DIR", help="say what got better and worse since the report in DIR")
@click.option("--tune", is_flag=True, help="propose a threshold for the share of right answers that --precision names")
@click.option(
    "--precision", type=click.FloatRange(0, 1, min_open=True), default=0.9, help="see --tune; from 0 to 1, default: 0.9"
)
@as_json
def command(
    settings: Settings,
    files: tuple[Path, ...],
    mode: tuple[str, ...],
    limit: int | None,
    folder: Path | None,
    baselines: bool,
    compare: Path | None,
    tune: bool,
    precision: float,
    as_json: bool,
) -> int:
    """Measure answers on question files, or on your own questions."""
    from qa_bot.evaluation import comparison
    from qa_bot.evaluation.html_report import html_page
    from qa_bot.evaluation.modes import QUESTION_MODES, Mode, evaluate
    from qa_bot.evaluation.report import prepare_folder, text_table, write_report
    from qa_bot.terminal.progress import ProgressLine

    if folder:
        prepare_folder(folder)
    before = comparison.earlier_predictions(compare) if compare else {}
    modes = tuple(map(Mode, dict.fromkeys(mode))) or QUESTION_MODES
    with ProgressLine(sys.stderr) as line:
        report = evaluate(
            files, settings=settings, modes=modes, limit=limit, progress=line.steps, say=note, with_baselines=baselines
        )
    if folder:
        write_report(report, folder, {"report.html": html_page(report)})
    print_json(json.dumps(report.to_json(), ensure_ascii=False)) if as_json else print(text_table(report))
    after = {Mode.READER: report.reader_predictions, Mode.END_TO_END: report.end_to_end_predictions}
    told: list[str] = []
    for kind, predictions in after.items():
        if predictions and kind in before:
            told += ["", *comparison.compare(kind, before[kind], predictions).lines()]
        if predictions and tune:
            told += ["", f"{kind}: {comparison.propose(predictions, precision).line()}"]
    for text in told:
        note(text) if as_json else print(visible(text))
    return 0
