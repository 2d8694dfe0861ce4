"""What the commands share: how a verb is added, how a bot is opened, how notes and JSON are printed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qa_bot.settings import PREFIX, Settings, accepted_values

if TYPE_CHECKING:
    from qa_bot.bot import QABot


def add_group(commands: Any, name: str, summary: str, examples: str) -> Any:
    """Adds a noun, such as `articles`; returns what its verbs are added to."""
    parser = commands.add_parser(
        name, help=summary, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace, Settings], int], summary: str, examples: str
) -> Any:
    """Adds a verb with an option for each setting; returns its parser.

    Args:
        commands: what to add it to.
        name: of the verb.
        run: is called with the options and the settings; returns the exit code.
        summary: what it does, in a line that begins in lower case.
        examples: shown below its help.
    """
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    group = parser.add_argument_group("settings", f"also read from {PREFIX}<NAME> and from qa_bot.toml")
    for setting, field in Settings.model_fields.items():
        accepted = accepted_values(setting)
        text = f"{field.description}{f' ({accepted})' if accepted else ''}".replace("%", "%%")
        group.add_argument(f"--{setting.replace('_', '-')}", metavar="VALUE", help=text)
    return parser


def count(text: str) -> int:
    """An option's value as a whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def note(line: str) -> None:
    """Prints a line for a person on stderr."""
    from qa_bot.terminal.render import clean

    # In one piece, as threads may be writing too.
    sys.stderr.write(f"qa-bot: {clean(line)}\n")


def print_json(text: str) -> None:
    """Prints JSON on stdout; what a terminal would act upon is escaped."""
    from qa_bot.terminal.wrapping import escape

    print(escape(text), flush=True)


def open_bot(settings: Settings) -> QABot:
    """A bot whose notes go to stderr."""
    from qa_bot.bot import QABot

    return QABot(settings, note)
