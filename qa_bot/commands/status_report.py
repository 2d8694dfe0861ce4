"""What `qa-bot status` says: store, index, models, versions, sizes."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from qa_bot import __version__
from qa_bot.bot import QABot
from qa_bot.terminal.wrapping import clean

_LIBRARIES = ("sentence-transformers", "onnxruntime", "faiss-cpu", "tantivy")


def collect_status(bot: QABot) -> dict[str, Any]:
    """The state of a bot as JSON-ready values; sizes in bytes.  Loads no model."""
    bot.store.refresh()
    found = bot.store.status()
    return {
        "version": __version__,
        "store": {
            "location": found.location,
            "schema_version": found.schema_version,
            "sources": [source.location for source in bot.store.sources.list()],
            "articles": found.articles,
            "passages": found.passages,
            "passage_rule": found.passage_rule,
            "changes": found.changes,
        },
        "index": {"dense": found.dense_index, "lexical": "BM25 (tantivy)", "sizes": dict(found.sizes)},
        "models": {
            "encoder": bot.settings.encoder,
            "encoder_of_store": found.encoder,
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


def render_status(found: dict[str, Any]) -> str:
    """The same for a person, a line each."""
    store, index, models = found["store"], found["index"], found["models"]
    sizes = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in index["sizes"].items())
    lines = [
        ("qa-bot", found["version"]),
        ("store", f"{store['location']} (schema {store['schema_version']})"),
        ("holds", f"{store['articles']:,} articles, {store['passages']:,} passages"),
        ("passages", store["passage_rule"] or "none yet"),
        ("sources", ", ".join(store["sources"]) or "none yet; run: qa-bot index FOLDER"),
        ("index", f"{index['dense']}; {index['lexical']}"),
        ("sizes", sizes),
        ("encoder", f"{models['encoder']} (the store's: {models['encoder_of_store'] or 'none yet'})"),
        ("reader", models["reader"]),
        ("models in", models["cache"]),
        ("libraries", ", ".join(f"{name} {installed}" for name, installed in found["libraries"].items())),
    ]
    return "\n".join(f"{name:10} {clean(value)}" for name, value in lines)
