"""`qa-bot sources`: the files, folders, globs and addresses that the store remembers."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from embeddings.errors import SourceError
from qa_bot.commands import add_command, add_group, note, open_bot, print_json
from qa_bot.commands.index import add_source_options, source_options
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from embeddings.store.protocol import Store

EXAMPLES = """\
examples:
  qa-bot sources list
  qa-bot sources add https://news.example/feed.xml    read with the next run
  qa-bot sources add --exclude 'drafts/*' ~/archive   a folder, without some of its files
  qa-bot sources remove ~/archive                     with the articles that came from it
"""


def register(commands: Any) -> None:
    """Adds `sources` and its verbs."""
    verbs = add_group(commands, "sources", "list, add and remove what is indexed", EXAMPLES)
    listing = add_command(verbs, "list", _list, "what a bare `qa-bot index` reads", EXAMPLES)
    listing.add_argument("--json", action="store_true", help="print a JSON array")
    add = add_command(verbs, "add", _add, "remember sources, to be read at the next `qa-bot index`", EXAMPLES)
    add.add_argument("source", nargs="+", metavar="SOURCE", help="files, folders, globs, pages, feeds")
    add_source_options(add)
    remove = add_command(verbs, "remove", _remove, "forget sources, and remove their articles", EXAMPLES)
    remove.add_argument("source", nargs="+", metavar="SOURCE", help="as `qa-bot sources list` shows them")


def _list(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.terminal.render import clean

    with open_bot(settings) as bot:
        found = [(source, len(bot.store.articles.known(source.location))) for source in bot.store.sources.list()]
    if options.json:
        facts = [
            source._asdict() | {"options": json.loads(source.options), "articles": count} for source, count in found
        ]
        print_json(json.dumps(facts, ensure_ascii=False))
        return 0
    if not found:
        note("no sources are remembered yet; run: qa-bot index FOLDER")
    for source, count in found:
        when = f"{source.last_indexed_at[:16].replace('T', ' ')} UTC" if source.last_indexed_at else "not read yet"
        result = f": {source.last_result}" if source.last_result else ""
        print(f"{clean(source.location)}\n    {count:,} articles; {when}{clean(result)}")
    return 0


def _add(options: argparse.Namespace, settings: Settings) -> int:
    from embeddings.sources import SourceContext, SourceOptions, open_source

    how = source_options(options)
    with open_bot(settings) as bot:
        context = SourceContext(options=how or SourceOptions())
        found = [open_source(location, context) for location in options.source]
        for source in found:
            bot.store.sources.add(source.location, how.model_dump_json() if how else None)
    note(f"remembered {len(found)}; read them with: qa-bot index")
    return 0


def _remove(options: argparse.Namespace, settings: Settings) -> int:
    with open_bot(settings) as bot:
        locations = [_find(bot.store, named) for named in options.source]
        removed = sum(bot.store.sources.remove(location) for location in locations)
        bot.store.refresh()
        bot.store.writing.save_caches()
    print(f"forgot {len(locations)}, removed {removed:,} articles that came from nowhere else", file=sys.stderr)
    return 0


def _find(store: Store, named: str) -> str:
    """The remembered source that a person means; the folder or file itself need not be there any more."""
    known = [source.location for source in store.sources.list()]
    path = os.path.expanduser(named)
    for location in (named, os.path.abspath(path), os.path.realpath(path)):
        if location in known:
            return location
    raise SourceError(named, "no such source is remembered; see: qa-bot sources list")
