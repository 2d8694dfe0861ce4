"""`qa-bot articles`: what is in the store."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from embeddings.errors import StoreError
from qa_bot.commands import add_command, add_group, count, note, open_bot, print_json
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from qa_bot.bot import QABot

EXAMPLES = """\
examples:
  qa-bot articles list --limit 20
  qa-bot articles show 1f0c2a9b77de
  qa-bot articles remove 1f0c2a9b77de
"""


def register(commands: Any) -> None:
    """Adds `articles` and its verbs."""
    verbs = add_group(commands, "articles", "list, show and remove articles", EXAMPLES)
    listing = add_command(verbs, "list", _list, "the articles in the store, newest first", EXAMPLES)
    listing.add_argument("--limit", type=count, metavar="N", help="at most this many")
    listing.add_argument("--json", action="store_true", help="print a JSON array")
    show = add_command(verbs, "show", _show, "one article with its text", EXAMPLES)
    show.add_argument("id", metavar="ID", help="the article's id, or its first digits")
    show.add_argument("--json", action="store_true", help="print JSON")
    remove = add_command(verbs, "remove", _remove, "take articles out of the store", EXAMPLES)
    remove.add_argument("id", nargs="+", metavar="ID", help="the articles' ids, or their first digits")


def _list(options: argparse.Namespace, settings: Settings) -> int:
    import json

    from qa_bot.answering.results import reference
    from qa_bot.terminal.render import clean

    with open_bot(settings) as bot:
        articles = [reference(article) for article in bot.store.articles.list(limit=options.limit)]
    if options.json:
        print_json(json.dumps([article.model_dump(mode="json") for article in articles], ensure_ascii=False))
        return 0
    if not articles:
        note(f"the store in {settings.data_dir} is empty; run: qa-bot index FOLDER")
    for article in articles:
        published = str(article.published_at or "")[:10]
        print(f"{article.id}  {published:10}  {clean(article.title)}")
    return 0


def _find(bot: QABot, prefix: str) -> str:
    """The id of the one article whose id begins so."""
    found = [known.id for known in bot.store.articles.known() if known.id.startswith(prefix.lower())]
    if len(found) != 1:
        what = "several articles have ids" if found else "no article has an id"
        raise StoreError(f"{prefix}: {what} that begins so; see: qa-bot articles list")
    return found[0]


def _show(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.terminal.render import clean

    with open_bot(settings) as bot:
        held = bot.store.articles.get(_find(bot, options.id))
    if held is None:
        raise StoreError(f"{options.id}: the article has just been removed; see: qa-bot articles list")
    article = held.article
    if options.json:
        print_json(article.model_dump_json())
        return 0
    print(clean(article.title))
    by = f"by {article.author}" if article.author else None
    facts = (by, article.publisher, article.published_at, article.url, article.source)
    print(" · ".join(clean(str(fact)) for fact in facts if fact))
    print()
    print("\n".join(clean(line) for line in article.text.splitlines()))
    return 0


def _remove(options: argparse.Namespace, settings: Settings) -> int:
    with open_bot(settings) as bot:
        found = [_find(bot, prefix) for prefix in options.id]
        removed = bot.store.writing.remove(found)
        bot.store.refresh()
    print(
        f"removed {removed}; an article whose file is still there comes back when its source is indexed",
        file=sys.stderr,
    )
    return 0
