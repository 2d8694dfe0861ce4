"""`qa-bot index`: brings the store up to date with its sources, once or for as long as it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from embeddings.errors import SettingsError, SourceError
from qa_bot.commands import add_command, note, open_bot, print_json
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from embeddings.indexing.reindexer import Progress, ReindexReport
    from embeddings.sources import SourceOptions
    from qa_bot.bot import QABot

EXAMPLES = """\
examples:
  qa-bot index ~/articles            index a folder, and remember it
  qa-bot index 'news/*.jsonl.gz' https://news.example/feed.xml
  qa-bot index                       bring all remembered sources up to date
  qa-bot index --dry-run ~/articles  what would be new, changed and removed
  qa-bot index --watch               go on doing so as articles arrive, until Ctrl-C
  qa-bot index --exclude 'drafts/*' --field title=headline ~/archive
  qa-bot index --rebuild             embed everything anew, after another encoder was set
  qa-bot index --json ~/articles     the report as JSON on stdout
"""


def register(commands: Any) -> None:
    """Adds `index`."""
    index = add_command(commands, "index", _index, "bring the store up to date with its sources", EXAMPLES)
    index.add_argument(
        "path", nargs="*", metavar="SOURCE", help="files, folders, globs, pages, feeds; none for those remembered"
    )
    add_source_options(index)
    index.add_argument("--dry-run", action="store_true", help="only say what would be done")
    index.add_argument("--watch", action="store_true", help="go on: follow the sources until Ctrl-C or SIGTERM")
    index.add_argument("--rebuild", action="store_true", help="cut and embed all that the store holds anew")
    index.add_argument("--quiet", action="store_true", help="say nothing if all went well")
    index.add_argument("--json", action="store_true", help="print the report as JSON; with --watch, a line for each")


def add_source_options(parser: Any) -> None:
    """Adds the options that say how sources are read."""
    group = parser.add_argument_group("how the sources are read; remembered with them")
    group.add_argument("--include", action="append", metavar="GLOB", help="in folders, read only files like this")
    group.add_argument("--exclude", action="append", metavar="GLOB", help="in folders, leave out files like this")
    group.add_argument(
        "--field", action="append", metavar="FACT=NAME", help="the column or field of a fact: title=headline"
    )
    group.add_argument("--format", metavar="NAME", help="read the files as this format, whatever they are called")


def source_options(options: argparse.Namespace) -> SourceOptions | None:
    """How a person wants sources to be read; None if that was not said."""
    from pydantic import ValidationError

    from embeddings.sources import SourceOptions

    if not (options.include or options.exclude or options.field or options.format):
        return None
    fields = dict(_field(text) for text in options.field or ())
    try:
        return SourceOptions(
            include=tuple(options.include or ()),
            exclude=tuple(options.exclude or ()),
            fields=fields,
            format=options.format,
        )
    except ValidationError as error:
        first = error.errors()[0]
        name = {"fields": "--field"}.get(str(first["loc"][0]), f"--{first['loc'][0]}")
        raise SettingsError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from error


def _field(text: str) -> tuple[str, str]:
    fact, equals, name = text.partition("=")
    if not (fact and equals and name):
        raise SettingsError(f"--field {text}: not FACT=NAME; write for instance: --field title=headline")
    return fact, name


def _index(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.commands.follow import follow, stopping_on_sigterm

    how = source_options(options)
    if how and not options.path:
        raise SettingsError("--include, --exclude, --field, --format: name the sources that they are for")
    if options.dry_run and (options.watch or options.rebuild):
        raise SettingsError("--dry-run: goes neither with --watch nor with --rebuild")
    with open_bot(settings) as bot, stopping_on_sigterm() as stopped:
        if not options.path and not bot.store.sources.list() and not options.rebuild:
            raise SourceError(
                "qa-bot index", "no sources are remembered yet; name a file, folder or feed: qa-bot index FOLDER"
            )
        try:
            if options.watch:
                follow(
                    bot,
                    options.path,
                    lambda: _run(bot, options, how),
                    lambda due: _with_progress(options, lambda progress: bot.catch_up(due, progress)),
                    lambda report: _tell(report, options),
                    note,
                )
            return _tell(_run(bot, options, how), options)
        except KeyboardInterrupt:
            _say_where_it_stopped(bot)
            return 0 if options.watch and stopped() else 130


def _run(bot: QABot, options: argparse.Namespace, how: SourceOptions | None) -> ReindexReport:
    if options.dry_run:
        return _with_progress(options, lambda progress: bot.reindexer(progress).preview(options.path, how))
    return _with_progress(
        options, lambda progress: bot.reindex(options.path, options=how, rebuild=options.rebuild, progress=progress)
    )


def _with_progress(
    options: argparse.Namespace, work: Callable[[Callable[[Progress], None]], ReindexReport]
) -> ReindexReport:
    from qa_bot.terminal.progress import ProgressLine

    if options.quiet:
        return work(lambda _: None)
    with ProgressLine(sys.stderr) as line:
        return work(line.articles)


def _tell(report: ReindexReport, options: argparse.Namespace) -> int:
    """Prints a report; returns the exit code."""
    from qa_bot.terminal.render import render_report

    for failure in report.failed:
        note(f"not indexed: {failure.source}: {failure.reason}")
    if options.json:
        print_json(report.model_dump_json())
    elif not options.quiet:
        print(render_report(report, named=True), file=sys.stderr)
    return 2 if report.failed and not report.new + report.changed + report.unchanged else 0


def _say_where_it_stopped(bot: QABot) -> None:
    note(f"stopped; {bot.store.status().articles} articles are committed, and the same command goes on from there")
