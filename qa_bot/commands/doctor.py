"""`qa-bot doctor`: checks the installation, the store, the indexes, the models and the sources, and says what to do."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from embeddings.errors import QABotError
from embeddings.text import visible
from qa_bot import __version__
from qa_bot.commands import ANSWERING, Command, as_json, open_bot, print_models
from qa_bot.findings import Finding
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from qa_bot.bot import QABot

EXAMPLES = """\
Examples:
  qa-bot doctor
  qa-bot doctor --json

Exit codes: 0 all is well, 2 something must be mended; nothing is changed, but an index that is missing is made anew
"""

LEAST_FREE = 200_000_000
"""Bytes on the disk of the store below which the next index run may not finish."""
ASKED = 5
"""Articles that the indexes are asked for."""
LOOKED_AT = 20
SLACK_TOKENS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")

_DATABASES = ("qa_bot.sqlite3", "feedback.sqlite3", "team-answers.sqlite3", "slack.sqlite3")


@click.command("doctor", cls=Command, settings=ANSWERING, epilog=EXAMPLES)
@as_json
def command(settings: Settings, as_json: bool) -> int:
    """Check everything, and say what is wrong and what to do."""
    findings: list[Finding] = []
    for finding in examine(settings):
        findings.append(finding)
        if not as_json:
            print(visible(finding.line()), flush=True)
    wrong = sum(finding.right is False for finding in findings)
    if as_json:
        from qa_bot.commands.outputs import DoctorFinding

        print_models([DoctorFinding(**finding._asdict()) for finding in findings])
    else:
        print(f"{wrong} of these must be mended" if wrong else "all is well")
    return 2 if wrong else 0


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, in the order in which one rests on the other."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding(True, "installation", f"qa-bot {__version__}, Python {python}, SQLite {sqlite3.sqlite_version}")
    yield from _data_folder(settings.data_dir)
    sound = True
    for name in _DATABASES:
        if (settings.data_dir / name).is_file():
            finding = _database(settings.data_dir / name)
            sound &= finding.right is not False
            yield finding
    if not sound:
        yield Finding(None, "store, models, sources", "cannot be checked before the damage is mended")
        return
    with open_bot(settings) as bot:
        yield from _steps(bot)
    if any(os.environ.get(token) for token in SLACK_TOKENS):
        yield Finding(None, "Slack", "not checked here; run: qa-bot slack --check")


def _steps(bot: QABot) -> Iterator[Finding]:
    """What needs the store and the models; what rests on something that is wrong is left out."""
    for subject, step in (("store", _store), ("encoder", _encoder), ("reader", _reader), ("rewriter", _rewriter)):
        finding = _tried(subject, step, bot)
        yield finding
        if finding.right is False and subject == "store":
            return
    if bot.store.encoder is not None:
        yield _tried("indexes", _indexes, bot)
    yield from _sources(bot)


def _tried(subject: str, step: Callable[[QABot], Finding], bot: QABot) -> Finding:
    try:
        return step(bot)
    except QABotError as error:
        return Finding(False, subject, str(error))


def _data_folder(folder: Path) -> Iterator[Finding]:
    place = folder if folder.is_dir() else next(parent for parent in folder.absolute().parents if parent.is_dir())
    if not os.access(place, os.W_OK):
        yield Finding(
            False,
            "data folder",
            f"{place} cannot be written to; set QA_BOT_DATA_DIR to another, or mend its permissions",
        )
    elif not folder.is_dir():
        yield Finding(None, "data folder", f"{folder} is not there yet; run: qa-bot index FOLDER")
    else:
        yield Finding(True, "data folder", str(folder))
    free = shutil.disk_usage(place).free
    words = f"{free / 1e9:.1f} GB free"
    yield Finding(
        free >= LEAST_FREE, "disk", words if free >= LEAST_FREE else f"{words}; make room before the next index run"
    )


def _database(path: Path) -> Finding:
    """Looks through a whole SQLite file, which takes some seconds a gigabyte."""
    mend = "put back a backup of it (qa-bot restore), or move it away and run: qa-bot index"
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=10)) as connection:
            problem = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        return Finding(None, path.name, f"cannot be checked ({error}); is its disk read-only?")
    except sqlite3.DatabaseError as error:
        problem = str(error)
    if problem != "ok":
        return Finding(False, path.name, f"{path} is damaged ({problem.splitlines()[-1]}); {mend}")
    return Finding(True, path.name, f"sound, {path.stat().st_size / 1e6:.1f} MB")


def _store(bot: QABot) -> Finding:
    bot.store.refresh()
    status = bot.store.status()
    if not status.articles:
        return Finding(None, "store", "there are no articles yet; run: qa-bot index FOLDER")
    with bot.store.view() as view:
        newest = view.newest()
    dated = f", the newest of {newest}" if newest else ""
    return Finding(
        True, "store", f"{status.articles:,} articles{dated}, {status.passages:,} passages, {status.dense_index}"
    )


def _encoder(bot: QABot) -> Finding:
    from embeddings.indexing.chunking import check_encoder

    identity = bot.encoder.identity
    check_encoder(bot.store, identity)
    return Finding(
        True, "encoder", f"{identity} loads, and made the vectors of the store" if bot.store.encoder else identity
    )


def _reader(bot: QABot) -> Finding:
    from qa_bot.reader.model import ReadingPassage

    passage = ReadingPassage("The lighthouse of Merrow was built in 1843 by the engineer Una Callister.")
    best = bot.reader.read("When was the lighthouse of Merrow built?", [passage])
    words = passage.text[best[0].start : best[0].end] if best else ""
    if words != "1843":
        return Finding(
            False, "reader", f"{bot.reader.identity} reads {words!r} where 1843 stands; install qa-bot again"
        )
    return Finding(True, "reader", f"{bot.reader.identity} loads and reads")


def _rewriter(bot: QABot) -> Finding:
    _ = bot.rewriter
    return Finding(True, "rewriter", "loads; it completes follow-up questions")


def _indexes(bot: QABot) -> Finding:
    """Whether both indexes find articles by their own words."""
    bot.store.refresh()
    lost: list[str] = []
    with bot.store.view() as view:
        for article in bot.store.articles.list(limit=ASKED):
            words = " ".join(article.text.split()[:40])
            hits = {
                "dense": view.dense_search(bot.encoder.encode_question(words), LOOKED_AT),
                "lexical": view.lexical_search(words, LOOKED_AT),
            }
            for name, found in hits.items():
                passages = view.passages([hit.passage_id for hit in found]).values()
                lost += [] if any(passage.article_id == article.id for passage in passages) else [name]
    if len(lost) > ASKED // 2:  # of one article, copies may come first
        return Finding(
            False, "indexes", f"do not find articles by their own words ({lost[0]}); delete the files dense* and lexical* "
            f"in {bot.settings.data_dir}, which are made anew"
        )  # fmt: skip
    return Finding(True, "indexes", "dense and lexical follow the store, and find articles by their own words")


def _sources(bot: QABot) -> Iterator[Finding]:
    for source in bot.store.sources.list():
        location, result = source.location, source.last_result or "not read yet; run: qa-bot index"
        is_path = not location.startswith(("http://", "https://")) and not any(c in location for c in "*?[")
        if is_path and not Path(location).exists():
            advice = f"bring it back, or run: qa-bot sources remove {location}"
            yield Finding(False, "source", f"{location} is not there; {advice}")
            continue
        yield Finding(True if source.last_result else None, "source", f"{location}: {result}")
