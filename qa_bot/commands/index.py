"""`qa-bot index`: brings the store up to date with its sources, once or for as long as it runs."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from embeddings.errors import QABotError, SettingsError, StoreError
from qa_bot.commands import (
    LOCATION,
    STORE,
    Command,
    as_json,
    check_narrowing,
    note,
    open_bot,
    print_json,
    reading_options,
    source_options,
)
from qa_bot.commands.verbosity import StderrHandler, is_quiet
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from embeddings.indexing.reindexer import Progress, ReindexReport
    from qa_bot.bot import QABot

EXAMPLES = """\
Examples:
  qa-bot index ~/articles            index a folder, and remember it
  qa-bot index 'news/*.jsonl.gz' https://news.example/feed.xml
  qa-bot index                       bring all remembered sources up to date
  qa-bot index --dry-run ~/articles  show what is new, changed and removed
  qa-bot index --watch               keep running and index changes, until Ctrl-C
  qa-bot index --exclude 'drafts/*' --field title=headline ~/archive
  qa-bot index --rebuild             embed everything again, after you set another encoder

Exit codes: 0 done, 2 an error or nothing could be read, 3 some sources could not be read, 130 stopped
"""

INDEXING = (
    *(
        *STORE,
        "cache_dir",
        "encoder",
        "passage_chars",
        "passage_overlap",
        "allow_private_addresses",
        "document_seconds",
    ),
    *("watch_seconds", "dense_index", "threads"),
)
"""The settings that concern an index run."""

SOME_FAILED = 3
"""The exit code if some sources or articles could not be read, and the rest was indexed."""

_LONGEST_PAUSE = 60.0
"""Seconds between two attempts while every attempt fails."""


class _Output(NamedTuple):
    """What an index run prints."""

    quiet: bool
    as_json: bool
    timed: bool

    def with_progress(self, run: Callable[[Callable[[Progress], None]], ReindexReport]) -> ReindexReport:
        """Runs with a progress line."""
        from qa_bot.terminal.progress import ProgressLine

        if self.quiet:
            return run(lambda _: None)
        with ProgressLine(sys.stderr, prefix=_now if self.timed else str) as line:
            return run(line.articles)

    def note(self, line: str) -> None:
        """Prints a line on stderr, in watch mode with its time."""
        note(f"{_now()}{line}" if self.timed else line)

    def print_report(self, report: ReindexReport) -> int:
        """Prints a report; returns the exit code."""
        from qa_bot.terminal.report import render_report, render_summary

        for failure in report.failed:
            self.note(f"not indexed: {failure.source}: {failure.reason}")
        if self.as_json:
            print_json(report.model_dump_json())
        elif self.timed and not self.quiet:
            self.note(render_summary(report))
        elif not self.quiet:
            print(render_report(report, named=True), file=sys.stderr)
        if not report.failed:
            return 0
        return SOME_FAILED if report.new + report.changed + report.unchanged + report.retracted else 2


@click.command("index", cls=Command, settings=INDEXING, epilog=EXAMPLES)
@click.argument(
    "sources",
    nargs=-1,
    metavar="[SOURCE]...",
    type=LOCATION,
    help="files, folders, globs, pages, feeds; without any, the remembered sources",
)
@click.option("--dry-run", is_flag=True, help="show what would change, and change nothing")
@click.option("--watch", is_flag=True, help="keep running and index changes, until Ctrl-C or SIGTERM")
@click.option("--rebuild", is_flag=True, help="cut and embed the whole store again")
@click.option("--yes", is_flag=True, help="do not ask before new options remove articles")
@as_json
@reading_options
def command(
    settings: Settings,
    sources: tuple[str, ...],
    dry_run: bool,
    watch: bool,
    rebuild: bool,
    yes: bool,
    as_json: bool,
    **reading: Any,
) -> int:
    """Bring the store up to date with its sources."""
    options = source_options(**reading)
    if options and not sources:
        raise SettingsError("--include, --exclude, --field, --format: name the sources that they are for")
    if dry_run and (watch or rebuild):
        raise SettingsError("--dry-run: does not work with --watch or --rebuild")
    output = _Output(is_quiet(), as_json, watch)
    with open_bot(settings) as bot, _sigterm_as_ctrl_c() as terminated:
        if not sources and not bot.store.sources.list() and not rebuild:
            raise StoreError(f"the store in {settings.data_dir} has no sources yet; run: qa-bot index FOLDER")
        if options and not dry_run:
            check_narrowing(bot, sources, options, yes=yes, command="qa-bot index")

        def index(progress: Callable[[Progress], None]) -> ReindexReport:
            if dry_run:
                return bot.reindexer(progress).preview(sources, options)
            return bot.reindex(sources, options=options, rebuild=rebuild, progress=progress)

        try:
            if watch:
                if not output.quiet:
                    _log_changes()
                _watch(bot, sources, index, output)
            return output.print_report(output.with_progress(index))
        except KeyboardInterrupt:
            articles = bot.store.status().articles
            output.note(f"stopped; {articles:,} articles are committed, and the same command continues from there")
            return 0 if watch and terminated() else 130


def _watch(
    bot: QABot, sources: Sequence[str], index: Callable[[Callable[[Progress], None]], ReindexReport], output: _Output
) -> NoReturn:
    """Indexes, and again whenever a source changes; until Ctrl-C.  After a failure it waits longer each time."""
    from embeddings.indexing.watch import Watch
    from embeddings.sources.web.addresses import is_web_address

    # The watch begins before anything is read, so that it sees what changes meanwhile.
    absolute = [name if is_web_address(name) else os.path.realpath(os.path.expanduser(name)) for name in sources]
    remembered = [source.location for source in bot.store.sources.list()]
    watch = Watch([*remembered, *absolute], bot.settings.watch_seconds)
    output.print_report(output.with_progress(index))
    failure, pause = "", 0.0
    while True:
        time.sleep(max(watch.pause, pause))
        try:
            pending = watch.check([source.location for source in bot.store.sources.list()])
            if pending.changes:
                report = output.with_progress(partial(bot.catch_up, pending))
                watch.read(pending)
                if report.new or report.changed or report.removed or report.failed:
                    output.print_report(report)
            failure, pause = "", 0.0
        except QABotError as error:
            if str(error) != failure:
                output.note(f"{error}; trying again")
            failure, pause = str(error), min(max(2 * pause, 1.0), _LONGEST_PAUSE)


def _now() -> str:
    """The time, to stand before a line."""
    return f"{datetime.now():%Y-%m-%d %H:%M:%S} "


def _log_changes() -> None:
    """Prints each article that is new, changed, gone or left out, with the time; with `-v`, the log does."""
    logger = logging.getLogger("embeddings.indexing.diff")
    if not logger.isEnabledFor(logging.INFO):
        handler = StderrHandler()
        handler.setFormatter(logging.Formatter("qa-bot: %(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Makes SIGTERM stop the process as Ctrl-C does; yields a function that tells whether SIGTERM came."""
    came = threading.Event()

    def stop(*_: object) -> NoReturn:
        came.set()
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield came.is_set
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield came.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
