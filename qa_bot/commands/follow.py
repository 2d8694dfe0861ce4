"""`qa-bot index --watch`: reads what is new in the sources, for as long as it is let."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from embeddings.errors import QABotError
from embeddings.indexing.reindexer import ReindexReport
from embeddings.indexing.watch import Pending, Watch, is_address
from qa_bot.bot import QABot

_LONGEST_PAUSE = 60.0
"""Seconds between two attempts at what goes wrong each time."""


def follow(
    bot: QABot,
    named: Sequence[str],
    first: Callable[[], ReindexReport],
    again: Callable[[Pending], ReindexReport],
    tell: Callable[[ReindexReport], object],
    wrong: Callable[[str], None],
) -> NoReturn:
    """Brings the store up to date, and again whenever a source has something new; until Ctrl-C.

    Args:
        bot: whose store it is.
        named: sources that are named the first time.
        first: brings the store up to date with sources, and may add some.
        again: brings it up to date with what is new.
        tell: is given each report that says something.
        wrong: is told what does not work; it is tried again, later each time.

    Raises:
        QABotError: the first time did not work.
        KeyboardInterrupt: at last.
    """
    # Before anything is read: what changes meanwhile must be seen.
    absolute = [name if is_address(name) else os.path.realpath(os.path.expanduser(name)) for name in named]
    remembered = [source.location for source in bot.store.sources.list()]
    watch = Watch([*remembered, *absolute], bot.settings.watch_seconds)
    tell(first())
    failed = ""
    pause = 0.0
    while True:
        time.sleep(max(watch.pause, pause))
        try:
            pending = watch.check([source.location for source in bot.store.sources.list()])
            if pending.changes:
                report = again(pending)
                watch.read(pending)
                if report.new or report.changed or report.removed or report.failed:
                    tell(report)
            failed, pause = "", 0.0
        except QABotError as error:
            if str(error) != failed:
                wrong(f"{error}; trying again")
            failed, pause = str(error), min(max(2 * pause, 1.0), _LONGEST_PAUSE)


@contextmanager
def stopping_on_sigterm() -> Iterator[Callable[[], bool]]:
    """Makes SIGTERM stop the process as Ctrl-C does; gives what tells whether it was SIGTERM."""
    came = False

    def stop(*_: object) -> NoReturn:
        nonlocal came
        came = True
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield lambda: came
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield lambda: came
    finally:
        signal.signal(signal.SIGTERM, before)
