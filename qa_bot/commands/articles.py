"""`qa-bot articles`: what is in the store."""

from __future__ import annotations

import sys

import click

from embeddings.errors import SettingsError, StoreError
from embeddings.text import visible
from qa_bot.commands import Group, as_json, count, hint, open_bot, print_json, print_models
from qa_bot.commands.article_names import article_id_of
from qa_bot.commands.retractions import restore, retract, retracted
from qa_bot.settings import Settings
from qa_bot.terminal.wrapping import wrap

EXAMPLES = """\
Examples:
  qa-bot articles list --limit 20
  qa-bot articles list --publisher Reuters --since 2024-01 --search "press conference"
  qa-bot articles list --source '~/news/*' --count
  qa-bot articles show 1f0c2a9b77de
  qa-bot articles remove 1f0c2a9b77de
  qa-bot articles retract 1f0c2a9b77de --reason "the figures were invented"
"""

_SHOWN_DIGITS = 12


@click.group("articles", cls=Group, epilog=EXAMPLES)
def command() -> None:
    """List, show, remove and retract articles."""


@command.command("list", epilog=EXAMPLES)
@click.option("--publisher", multiple=True, metavar="NAME", help="of this publisher; can be repeated")
@click.option("--since", metavar="DATE", help="of this day or later: 2024-01-31, 2024-01 or 2024")
@click.option("--until", metavar="DATE", help="of this day or earlier")
@click.option(
    "--source", multiple=True, metavar="LOCATION", help="from this source; * matches anything; can be repeated"
)
@click.option("--search", metavar="WORDS", help="whose title and text have all these words")
@click.option("--limit", type=count, metavar="N", help="list at most N articles")
@click.option("--count", "count_only", is_flag=True, help="only say how many there are")
@as_json
def _list(
    settings: Settings,
    publisher: tuple[str, ...],
    since: str | None,
    until: str | None,
    source: tuple[str, ...],
    search: str | None,
    limit: int | None,
    count_only: bool,
    as_json: bool,
) -> int:
    """List the articles in the store, newest first."""
    from qa_bot.answering.results import reference
    from qa_bot.commands.outputs import ArticleCount
    from qa_bot.retrieval.filter_names import check_names
    from qa_bot.retrieval.filter_syntax import make_filter

    only, words = make_filter(publisher, source, since, until), tuple((search or "").split())
    if search is not None and not words:
        raise SettingsError("--search: the words are missing")
    if count_only and limit:
        raise SettingsError("--count, --limit: use one of them")
    with open_bot(settings) as bot:
        check_names(only, bot.store)
        if count_only:
            number = bot.store.articles.count(only, words)
            print_json(ArticleCount(count=number).model_dump_json()) if as_json else print(number)
            return 0
        articles = [reference(article) for article in bot.store.articles.list(limit=limit, only=only, words=words)]
        is_empty = not articles and bot.store.status().articles == 0
    if as_json:
        print_models(articles)
        return 0
    if is_empty:
        hint(f"the store in {settings.data_dir} is empty; run: qa-bot index FOLDER")
    elif not articles:
        hint("no article is like this")
    for article in articles:
        print_listed(article.id, str(article.published_at or "")[:10], article.title)
    return 0


def print_listed(article_id: str, day: str, title: str) -> None:
    """Prints an article of a list; at a terminal, a long title is broken between words."""
    from qa_bot.terminal.render import terminal_width

    start = f"{article_id[:_SHOWN_DIGITS]}  {day:10}  "
    if not sys.stdout.isatty():
        return print(f"{start}{visible(title)}")
    first, *rest = wrap(title, colour=False, width=terminal_width(sys.stdout), indent=" " * len(start)) or [start]
    return print("\n".join([start + first[len(start) :], *rest]))


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
