"""`qa-bot articles retract`, `retracted` and `restore`: articles that must be in no answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from embeddings.errors import SettingsError, StoreError
from embeddings.text import squeeze, visible
from qa_bot.commands import STORE, Command, as_json, hint, open_bot, print_models
from qa_bot.commands.article_names import article_id_of, retraction_of
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from embeddings.store.protocol import Store
    from embeddings.store.retractions import Retraction

EXAMPLES = """\
Examples:
  qa-bot articles retract 1f0c2a9b77de --reason "the figures were invented"
  qa-bot articles retract https://news.example/story    by its address, also before it is indexed
  qa-bot articles retracted                             what is retracted, since when, and why
  qa-bot articles restore 1f0c2a9b77de                  undo it
"""

_SHOWN_DIGITS = 12
_REASON_CHARS = 500


@click.command("retract", cls=Command, epilog=EXAMPLES)
@click.argument("names", nargs=-1, required=True, metavar="ID|URL...", help="ids, their first digits, or addresses")
@click.option("--reason", default="", metavar="TEXT", help="why; people in Slack see it on answers from the article")
def retract(settings: Settings, names: tuple[str, ...], reason: str) -> int:
    """Take articles out of every answer, and keep them out.

    Copies of an article go with it, and no later index run adds them again, from whichever source. In Slack, answers that
    were posted from it are marked.
    """
    from embeddings.indexing.retraction import retract as retract_article

    reason = squeeze(reason)
    if len(reason) > _REASON_CHARS:
        raise SettingsError(f"--reason: longer than {_REASON_CHARS} characters; write a shorter one")
    with open_bot(settings) as bot:
        store = bot.store
        for article_id, url in [_meant(store, name) for name in dict.fromkeys(names)]:
            _say_what_went(retract_article(store, article_id, reason=reason, url=url))
    return 0


def _meant(store: Store, name: str) -> tuple[str, str | None]:
    """The id of an article in the store; or of the page at an address, and that address, if the store does not hold it.

    Raises:
        StoreError: there is no such article, or it is retracted already.
        SourceError: the address cannot be used.
    """
    from embeddings.articles import article_id
    from embeddings.sources.web.addresses import is_web_address, normal_url

    try:
        return article_id_of(store, name, any_at_address=True), None  # the others there are its copies
    except StoreError as error:
        try:
            before = retraction_of(store.retractions.list(), name)
        except StoreError:
            before = None
        if before is not None:
            when = f"{before.retracted_at[:10]}; to undo it, run: qa-bot articles restore {before.id[:_SHOWN_DIGITS]}"
            raise StoreError(f"{name}: has been retracted on {when}") from error
        if not is_web_address(name) or "more than one" in str(error):
            raise
        url = normal_url(name)
        return article_id(url), url


def _say_what_went(retracted: Sequence[Retraction]) -> None:
    for one in retracted:
        if one.article is None:
            hint(f"no article has the address {one.url}; none will be indexed from it")
            continue
        copy = "" if one.id == one.named else ", a copy"
        hint(f"retracted: {one.id[:_SHOWN_DIGITS]} {visible(one.article.title)}{copy}")


@click.command("retracted", cls=Command, epilog=EXAMPLES)
@as_json
def retracted(settings: Settings, as_json: bool) -> int:
    """List the retracted articles, with their copies."""
    with open_bot(settings) as bot:
        retractions = bot.store.retractions.list()
    if as_json:
        from qa_bot.commands.outputs import RetractedArticle

        print_models([RetractedArticle.of(one) for one in retractions])
        return 0
    if not retractions:
        hint("no article is retracted")
    for one in retractions:
        title = one.article.title if one.article else one.url or ""
        copy = "" if one.id == one.named else f" (a copy of {one.named[:_SHOWN_DIGITS]})"
        print(f"{one.id[:_SHOWN_DIGITS]}  {one.retracted_at[:10]}  {visible(title)}{copy}")
        if one.reason and not copy:
            print(f"{'':{_SHOWN_DIGITS + 2}}{visible(one.reason)}")
    return 0


@click.command("restore", cls=Command, settings=(*STORE, "cache_dir", "encoder"), epilog=EXAMPLES)
@click.argument("names", nargs=-1, required=True, metavar="ID|URL...", help="as `qa-bot articles retracted` shows them")
def restore(settings: Settings, names: tuple[str, ...]) -> int:
    """Undo a retraction: the article and its copies are back as they were.

    The id of a copy restores that copy alone.
    """
    from embeddings.indexing.retraction import restore as restore_articles

    with open_bot(settings) as bot:
        listed = bot.store.retractions.list()
        meant = [retraction_of(listed, name) for name in names]
        chosen = {one.id for one in meant} | {one.id for one in listed for other in meant if one.named == other.id}
        back, left_out = restore_articles(
            bot.store, bot.encoder, settings.passage_rule, [one for one in listed if one.id in chosen]
        )
    for article in back:
        hint(f"restored: {article.id[:_SHOWN_DIGITS]} {visible(article.title)}")
    for one in left_out:
        why = "its source is no longer remembered; index it again" if one.article else "the next index run may read it"
        hint(f"no longer retracted: {one.article.title if one.article else one.url}: {why}")
    return 0
