"""`qa-bot articles`: what is in the store."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from embeddings.errors import StoreError
from embeddings.text import visible
from qa_bot.commands import Group, as_json, count, note, open_bot, print_json
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from qa_bot.bot import QABot

EXAMPLES = """\
Examples:
  qa-bot articles list --limit 20
  qa-bot articles show 1f0c2a9b77de
  qa-bot articles remove 1f0c2a9b77de
"""

_SHOWN_DIGITS = 12
_NAMED_IDS = 5


@click.group("articles", cls=Group, epilog=EXAMPLES)
def command() -> None:
    """List, show and remove articles."""


@command.command("list", epilog=EXAMPLES)
@click.option("--limit", type=count, metavar="N", help="list at most N articles")
@as_json
def _list(settings: Settings, limit: int | None, as_json: bool) -> int:
    """List the articles in the store, newest first."""
    from qa_bot.answering.results import reference

    with open_bot(settings) as bot:
        articles = [reference(article) for article in bot.store.articles.list(limit=limit)]
    if as_json:
        print_json(json.dumps([article.model_dump(mode="json") for article in articles], ensure_ascii=False))
        return 0
    if not articles:
        note(f"the store in {settings.data_dir} is empty; run: qa-bot index FOLDER")
    for article in articles:
        published = str(article.published_at or "")[:10]
        print(f"{article.id[:_SHOWN_DIGITS]}  {published:10}  {visible(article.title)}")
    return 0


def _article_id(bot: QABot, prefix: str) -> str:
    """The id of the article whose id begins with the prefix."""
    ids = [article.id for article in bot.store.articles.known() if article.id.startswith(prefix.lower())]
    if len(ids) != 1:
        if ids:
            raise StoreError(f"{prefix}: more than one article has an id that begins so: {' '.join(ids[:_NAMED_IDS])}")
        raise StoreError(f"{prefix}: no article has an id that begins so; see: qa-bot articles list")
    return ids[0]


@command.command("show", epilog=EXAMPLES)
@click.argument("prefix", metavar="ID", help="the article's id, or its first digits")
@as_json
def _show(settings: Settings, prefix: str, as_json: bool) -> int:
    """Show an article with its text."""
    with open_bot(settings) as bot:
        stored = bot.store.articles.get(_article_id(bot, prefix))
    if stored is None:
        raise StoreError(f"{prefix}: the article has just been removed; see: qa-bot articles list")
    article = stored.article
    if as_json:
        print_json(article.model_dump_json())
        return 0
    by = f"by {article.author}" if article.author else None
    facts = (by, article.publisher, article.published_at, article.url, article.source)
    print(visible(article.title))
    print(" · ".join(visible(str(fact)) for fact in facts if fact))
    print()
    print("\n".join(map(visible, article.text.splitlines())))
    return 0


@command.command("remove", epilog=EXAMPLES)
@click.argument("prefixes", nargs=-1, required=True, metavar="ID...", help="the articles' ids, or their first digits")
def _remove(settings: Settings, prefixes: tuple[str, ...]) -> int:
    """Remove articles from the store."""
    with open_bot(settings) as bot:
        removed = bot.store.writing.remove([_article_id(bot, prefix) for prefix in prefixes])
        bot.store.refresh()
    print(f"removed {removed:,}; if the source still has an article, the next index run adds it again", file=sys.stderr)
    return 0
