"""`qa-bot status`: store, index, models, versions, sizes."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import click

from embeddings.text import visible
from qa_bot import __version__
from qa_bot.commands import STORE, Command, as_json, open_bot, print_json
from qa_bot.commands.outputs import Status
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from qa_bot.bot import QABot

EXAMPLES = """\
Examples:
  qa-bot status
  qa-bot status --json
"""

_PUBLISHERS_NAMED = 8
_LIBRARIES = ("sentence-transformers", "onnxruntime", "faiss-cpu", "tantivy")


@click.command("status", cls=Command, settings=(*STORE, "cache_dir", "encoder", "reader"), epilog=EXAMPLES)
@as_json
def command(settings: Settings, as_json: bool) -> int:
    """Show the store, the index, models, versions and sizes."""
    with open_bot(settings) as bot:
        status = collect_status(bot)
    print_json(status.model_dump_json()) if as_json else print(render_status(status.model_dump(mode="json")))
    return 0


def collect_status(bot: QABot) -> Status:
    """The state of a bot.  Loads no model."""
    bot.store.refresh()
    store, summary, sources = bot.store.status(), bot.store.articles.summary(), bot.store.sources.list()
    return Status.model_validate(
        {
            "version": __version__,
            "store": {
                "location": store.location,
                "schema_version": store.schema_version,
                "sources": [source.location for source in sources],
                "source_results": [
                    {
                        "location": source.location,
                        "articles": len(bot.store.articles.known(source.location)),
                        "last_indexed_at": source.last_indexed_at,
                        "last_result": source.last_result,
                    }
                    for source in sources
                ],
                "articles": store.articles,
                "passages": store.passages,
                "passage_rule": store.passage_rule,
                "changes": store.changes,
                "publishers": dict(summary.publishers),
                "oldest": summary.oldest and summary.oldest.isoformat(),
                "newest": summary.newest and summary.newest.isoformat(),
                "undated": summary.undated,
                "retracted": len(bot.store.retractions.list()),
            },
            "index": {"dense": store.dense_index, "lexical": "BM25 (tantivy)", "sizes": dict(store.sizes)},
            "models": {
                "encoder": bot.settings.encoder,
                "encoder_of_store": store.encoder,
                "reader": bot.settings.reader,
                "cache": str(bot.settings.cache_dir),
            },
            "libraries": {name: _version(name) for name in _LIBRARIES},
        }
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def render_status(status: dict[str, Any]) -> str:
    """The status for a person, one fact a line."""
    store, index, models = status["store"], status["index"], status["models"]
    retracted = f"; {store['retracted']:,} articles are retracted" if store["retracted"] else ""
    facts = {
        "qa-bot": status["version"],
        "store": f"{store['location']} (schema {store['schema_version']})",
        "holds": f"{store['articles']:,} articles, {store['passages']:,} passages{retracted}",
        "published": _published(store),
        "publishers": _publishers(store["publishers"]),
        "passages": store["passage_rule"] or "none yet",
        "sources": "" if store["sources"] else "none yet; run: qa-bot index FOLDER",
        "index": f"{index['dense']}; {index['lexical']}",
        "sizes": ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in index["sizes"].items()),
        "encoder": f"{models['encoder']} (the store's: {models['encoder_of_store'] or 'none yet'})",
        "reader": models["reader"],
        "models in": models["cache"],
        "libraries": ", ".join(f"{name} {installed}" for name, installed in status["libraries"].items()),
    }
    lines = []
    for name, fact in facts.items():
        lines.append(f"{name:10} {visible(fact)}".rstrip())
        lines += (
            [f"  {line}" for source in store["source_results"] for line in _source(source)] if name == "sources" else []
        )
    return "\n".join(lines)


def _source(source: dict[str, Any]) -> list[str]:
    """A source with its articles, and how reading it went."""
    last = source["last_indexed_at"]
    when = f"{last[:16].replace('T', ' ')} UTC" if last else "not read yet"
    result = f": {source['last_result']}" if source["last_result"] else ""
    return [visible(source["location"]), visible(f"    {source['articles']:,} articles; {when}{result}")]


def _published(store: dict[str, Any]) -> str:
    if not store["oldest"]:
        return "no article has a date" if store["articles"] else "-"
    undated = f"; {store['undated']:,} without a date" if store["undated"] else ""
    return f"{store['oldest']} to {store['newest']}{undated}"


def _publishers(publishers: dict[str, int]) -> str:
    named = [f"{name} ({count:,})" for name, count in list(publishers.items())[:_PUBLISHERS_NAMED]]
    more = len(publishers) - len(named)
    return ", ".join([*named, *([f"and {more:,} more"] if more else [])]) or "no article names one"
