"""Ask your articles; get the words that answer, quoted in their sentence.

`__all__` lists what is public here; the command `qa-bot`, its JSON and the names of the settings are public too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embeddings.errors import QABotError
    from qa_bot.answering.results import Answer
    from qa_bot.bot import QABot
    from qa_bot.settings import Settings, load_settings

__version__ = "0.1.0"
__all__ = ["Answer", "QABot", "QABotError", "Settings", "__version__", "load_settings"]

_MODULES = {
    "Answer": "qa_bot.answering.results",
    "QABot": "qa_bot.bot",
    "QABotError": "embeddings.errors",
    "Settings": "qa_bot.settings",
    "load_settings": "qa_bot.settings",
}


def __getattr__(name: str) -> Any:
    """Imports a public name at its first use, so that importing part of the package costs only that part."""
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'qa_bot' has no attribute {name!r}")
