"""`qa-bot index`: brings the store up to date with its sources."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from embeddings.errors import SourceError
from qa_bot.commands import add_command, note, open_bot
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from embeddings.reindex import ReindexReport

EXAMPLES = """\
examples:
  qa-bot index ~/articles            index a folder, and remember it
  qa-bot index                       bring all remembered sources up to date
  qa-bot index --rebuild             embed everything anew, after another encoder was set
  qa-bot index --json ~/articles     the report as JSON on stdout
"""


def register(commands: Any) -> None:
    """Adds `index`."""
    index = add_command(commands, "index", _index, "bring the store up to date with its sources", EXAMPLES)
    index.add_argument("path", nargs="*", metavar="PATH", help="files and folders; none for those that are remembered")
    index.add_argument("--rebuild", action="store_true", help="cut and embed all that the store holds anew")
    index.add_argument("--quiet", action="store_true", help="say nothing if all went well")
    index.add_argument("--json", action="store_true", help="print the report as JSON")


def _index(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.progress import ProgressLine
    from qa_bot.terminal import render_report

    with open_bot(settings) as bot:
        if not options.path and not bot.store.sources() and not options.rebuild:
            raise SourceError(
                "qa-bot index", "no sources are remembered yet; name a file or a folder: qa-bot index FOLDER"
            )
        try:
            if options.quiet:
                report = bot.reindex(options.path, rebuild=options.rebuild)
            else:
                with ProgressLine(sys.stderr) as line:
                    report = bot.reindex(options.path, rebuild=options.rebuild, progress=line.articles)
        except KeyboardInterrupt:
            note(
                f"stopped; {bot.store.status().articles} articles are committed, and the same command goes on from there"
            )
            return 130
    for failure in report.failed:
        note(f"not indexed: {failure.source}: {failure.reason}")
    if options.json:
        print(report.model_dump_json())
    elif not options.quiet:
        print(render_report(report), file=sys.stderr)
    return 2 if _nothing_read(report) else 0


def _nothing_read(report: ReindexReport) -> bool:
    return bool(report.failed) and not report.new + report.changed + report.unchanged
