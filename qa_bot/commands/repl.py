"""`qa-bot repl`: questions and answers at a prompt."""

from __future__ import annotations

import argparse
from typing import Any

from qa_bot.commands import add_command, open_bot
from qa_bot.settings import Settings

EXAMPLES = """\
examples:
  qa-bot repl                        /help there lists its commands
  echo "Who won?" | qa-bot repl      questions from a pipe, a line each
"""


def register(commands: Any) -> None:
    """Adds `repl`."""
    add_command(commands, "repl", _repl, "ask as in a conversation", EXAMPLES)


def _repl(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.repl.loop import run_repl

    with open_bot(settings) as bot:
        return run_repl(bot)
