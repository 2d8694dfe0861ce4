"""`qa-bot sources`: the files, folders, globs and addresses that the store remembers."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from embeddings.errors import SourceError
from embeddings.text import visible
from qa_bot.commands import (
    LOCATION,
    Group,
    as_json,
    check_narrowing,
    hint,
    open_bot,
    print_models,
    reading_options,
    source_options,
)
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from embeddings.store.protocol import SourceRecord, Store

EXAMPLES = """\
Examples:
  qa-bot sources list
  qa-bot sources add https://news.example/feed.xml    the next index run reads it
  qa-bot sources add --exclude 'drafts/*' ~/archive   a folder, without some of its files
  qa-bot sources remove ~/archive                     with the articles that came from it
"""


@click.group("sources", cls=Group, epilog=EXAMPLES)
def command() -> None:
    """List, add and remove sources."""


@command.command("list", epilog=EXAMPLES)
@as_json
def _list(settings: Settings, as_json: bool) -> int:
    """List the sources that `qa-bot index` reads."""
    with open_bot(settings) as bot:
        sources = [(source, len(bot.store.articles.known(source.location))) for source in bot.store.sources.list()]
    if as_json:
        from qa_bot.commands.outputs import ListedSource

        rows = [source._asdict() | {"options": _options(source), "articles": n} for source, n in sources]
        print_models([ListedSource(**row) for row in rows])
        return 0
    if not sources:
        hint("no sources yet; run: qa-bot index FOLDER")
    for source, articles in sources:
        when = f"{source.last_indexed_at[:16].replace('T', ' ')} UTC" if source.last_indexed_at else "not read yet"
        result = f": {source.last_result}" if source.last_result else ""
        print(f"{visible(source.location)}\n    {articles:,} articles; {when}{visible(result)}")
    return 0


def _options(source: SourceRecord) -> dict[str, Any]:
    try:
        options = json.loads(source.options)
    except ValueError:
        options = None
    if not isinstance(options, dict):
        reason = f"its options in the store are no JSON object; name it again: qa-bot index {source.location}"
        raise SourceError(source.location, reason)
    return options


@command.command("add", epilog=EXAMPLES)
@click.argument(
    "sources", nargs=-1, required=True, metavar="SOURCE...", type=LOCATION, help="files, folders, globs, pages, feeds"
)
@click.option("--yes", is_flag=True, help="do not ask before new options remove articles")
@reading_options
def _add(settings: Settings, sources: tuple[str, ...], *, yes: bool, **reading: Any) -> int:
    """Add sources; the next `qa-bot index` reads them."""
    from embeddings.sources import SourceContext, SourceOptions
    from embeddings.sources.opening import open_source

    options = source_options(**reading)
    with open_bot(settings) as bot:
        if options:
            check_narrowing(bot, sources, options, yes=yes, command="qa-bot index")
        context = SourceContext(options=options or SourceOptions())
        for source in [open_source(location, context) for location in sources]:
            bot.store.sources.add(source.location, options.model_dump_json() if options else None)
    hint(f"added {len(sources)}; to read them, run: qa-bot index")
    return 0


@command.command("remove", epilog=EXAMPLES)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", help="as `qa-bot sources list` shows them")
def _remove(settings: Settings, sources: tuple[str, ...]) -> int:
    """Remove sources and their articles."""
    with open_bot(settings) as bot:
        locations = [_location(bot.store, source) for source in sources]
        removed = sum(bot.store.sources.remove(location) for location in locations)
        bot.store.refresh()
        bot.store.writing.save_caches()
    print(f"sources removed: {len(locations)}; articles that no other source has: {removed:,}", file=sys.stderr)
    return 0


def _location(store: Store, name: str) -> str:
    """The location of a remembered source, by the name that a person gives it; the file itself may be gone."""
    locations = [source.location for source in store.sources.list()]
    if not name.strip():
        raise SourceError(repr(name), "a source without a name; see: qa-bot sources list")
    path = os.path.expanduser(name)
    for location in (name, os.path.abspath(path), os.path.realpath(path)):
        if location in locations:
            return location
    raise SourceError(name, "no such source; see: qa-bot sources list")
