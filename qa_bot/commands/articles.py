"""`qa-bot articles`: what is in the store."""

from __future__ import annotations

import json
import sys

import click

from embeddings.errors import StoreError
from embeddings.text import visible
from qa_bot.commands import Group, as_json, count, hint, open_bot, print_json
from qa_bot.commands.article_names import article_id_of
from qa_bot.commands.retractions import restore, retract, retracted
from qa_bot.settings import Settings

EXAMPLES = """\
Examples:
  qa-bot articles list --limit 20
  qa-bot articles show 1f0c2a9b77de
  qa-bot articles remove 1f0c2a9b77de
  qa-bot articles retract 1f0c2a9b77de --reason "the figures were invented"
"""

_SHOWN_DIGITS = 12


@click.group("articles", cls=Group, epilog=EXAMPLES)
def command() -> None:
    """List, show, remove and retract articles."""


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
        hint(f"the store in {settings.data_dir} is empty; run: qa-bot index FOLDER")
    for article in articles:
        published = str(article.published_at or "")[:10]
        print(f"{article.id[:_SHOWN_DIGITS]}  {published:10}  {visible(article.title)}")
    return 0


@command.command("show", epilog=EXAMPLES)
@click.argument("name", metavar="ID|URL", help="the article's id, its first digits, or its address")
@as_json
def _show(settings: Settings, name: str, as_json: bool) -> int:
    """Show an article with its text."""
    with open_bot(settings) as bot:
        stored = bot.store.articles.get(article_id_of(bot.store, name))
    if stored is None:
        raise StoreError(f"{name}: the article has just been removed; see: qa-bot articles list")
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
@click.argument("names", nargs=-1, required=True, metavar="ID|URL...", help="ids, their first digits, or addresses")
def _remove(settings: Settings, names: tuple[str, ...]) -> int:
    """Remove articles from the store; the next index run may add them again."""
    with open_bot(settings) as bot:
        removed = bot.store.writing.remove([article_id_of(bot.store, name) for name in names])
        bot.store.refresh()
    again = "if the source still has an article, the next index run adds it again"
    print(f"removed {removed:,}; {again}; to keep it out, run: qa-bot articles retract", file=sys.stderr)
    return 0


for _verb in (retract, retracted, restore):
    command.add_command(_verb)
