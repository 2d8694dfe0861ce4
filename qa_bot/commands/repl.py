"""`qa-bot repl`: questions and answers at a prompt."""

from __future__ import annotations

import click

from qa_bot.commands import ANSWERING, Command, open_bot
from qa_bot.settings import Settings

EXAMPLES = """\
Examples:
  qa-bot repl                        type /help for its commands
  echo "Who won?" | qa-bot repl      questions from a pipe, one per line
"""


@click.command("repl", cls=Command, settings=ANSWERING, epilog=EXAMPLES)
def command(settings: Settings) -> int:
    """Ask questions in a conversation."""
    from qa_bot.repl.loop import run_repl

    with open_bot(settings) as bot:
        return run_repl(bot)
