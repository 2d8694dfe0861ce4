"""`qa-bot status`: store, index, models, versions, sizes."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import click

from embeddings.text import visible
from qa_bot import __version__
from qa_bot.commands import STORE, Command, as_json, open_bot, print_json
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from qa_bot.bot import QABot

EXAMPLES = """\
Examples:
  qa-bot status
  qa-bot status --json
"""

_LIBRARIES = ("sentence-transformers", "onnxruntime", "faiss-cpu", "tantivy")


@click.command("status", cls=Command, settings=(*STORE, "cache_dir", "encoder", "reader"), epilog=EXAMPLES)
@as_json
def command(settings: Settings, as_json: bool) -> int:
    """Show the store, the index, models, versions and sizes."""
    with open_bot(settings) as bot:
        status = collect_status(bot)
    print_json(json.dumps(status, ensure_ascii=False)) if as_json else print(render_status(status))
    return 0


def collect_status(bot: QABot) -> dict[str, Any]:
    """The state of a bot as JSON-ready values; sizes in bytes.  Loads no model."""
    bot.store.refresh()
    store = bot.store.status()
    return {
        "version": __version__,
        "store": {
            "location": store.location,
            "schema_version": store.schema_version,
            "sources": [source.location for source in bot.store.sources.list()],
            "articles": store.articles,
            "passages": store.passages,
            "passage_rule": store.passage_rule,
            "changes": store.changes,
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


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def render_status(status: dict[str, Any]) -> str:
    """The status for a person, one fact a line."""
    store, index, models = status["store"], status["index"], status["models"]
    facts = {
        "qa-bot": status["version"],
        "store": f"{store['location']} (schema {store['schema_version']})",
        "holds": f"{store['articles']:,} articles, {store['passages']:,} passages",
        "passages": store["passage_rule"] or "none yet",
        "sources": ", ".join(store["sources"]) or "none yet; run: qa-bot index FOLDER",
        "index": f"{index['dense']}; {index['lexical']}",
        "sizes": ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in index["sizes"].items()),
        "encoder": f"{models['encoder']} (the store's: {models['encoder_of_store'] or 'none yet'})",
        "reader": models["reader"],
        "models in": models["cache"],
        "libraries": ", ".join(f"{name} {installed}" for name, installed in status["libraries"].items()),
    }
    return "\n".join(f"{name:10} {visible(fact)}" for name, fact in facts.items())
