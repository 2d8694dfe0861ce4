"""`qa-bot ask`: answers one question."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from qa_bot.commands import add_command, open_bot, print_json
from qa_bot.settings import Settings

EXAMPLES = """\
examples:
  qa-bot ask "Where was the press conference?"
  qa-bot ask --json "Where was the press conference?" | jq .answer.text
  qa-bot ask --threshold 0.8 "Who called for the vote?"
  qa-bot ask --publisher Reuters --since 2024-01 "Who called for the vote?"

exit code: 0 answered, 1 the articles do not answer it, 2 an error
"""


def register(commands: Any) -> None:
    """Adds `ask`."""
    ask = add_command(commands, "ask", _ask, "answer one question", EXAMPLES)
    ask.add_argument("question", nargs="+", metavar="QUESTION", help="the question; several words are joined")
    ask.add_argument("--json", action="store_true", help="print the answer as JSON")
    ask.add_argument("--more", action="store_true", help="show the alternatives too")
    only = ask.add_argument_group("filters", "only articles that meet them all are searched")
    only.add_argument("--since", metavar="DATE", help="published on that day or later: 2024-01-31, 2024-01 or 2024")
    only.add_argument("--until", metavar="DATE", help="published on that day or earlier")
    only.add_argument("--publisher", action="append", default=[], metavar="NAME", help="published by; can be repeated")
    only.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="LOCATION",
        help="came from this source, as `qa-bot sources list` has it; * stands for anything; can be repeated",
    )


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.retrieval.filter_syntax import describe_filter, make_filter
    from qa_bot.terminal.render import render_alternatives, render_answer, terminal_width, use_colour

    only = make_filter(options.publisher, options.source, options.since, options.until)
    with open_bot(settings) as bot:
        answer = bot.ask(" ".join(options.question), only=only)
    if options.json:
        print_json(answer.model_dump_json())
    else:
        colour, width = use_colour(sys.stdout), terminal_width(sys.stdout)
        print(render_answer(answer, colour=colour, width=width, searched=describe_filter(only)))
        if options.more and answer.alternatives:
            print()
            print(render_alternatives(answer, colour=colour, width=width))
    return 0 if answer.answered else 1
