"""`qa-bot ask`: answers one question."""

from __future__ import annotations

import gc
import sys

import click

from qa_bot.commands import ANSWERING, Command, as_json, open_bot, print_json
from qa_bot.settings import Settings

EXAMPLES = """\
Examples:
  qa-bot ask "Where was the press conference?"
  qa-bot ask --json "Where was the press conference?" | jq .answer.text
  qa-bot ask --threshold 0.8 "Who called for the vote?"
  qa-bot ask --publisher Reuters --since 2024-01 "Who called for the vote?"

Exit codes: 0 answered, 1 the articles do not answer it or only possibly, 2 an error
"""


@click.command("ask", cls=Command, settings=ANSWERING, epilog=EXAMPLES)
@click.argument("question", nargs=-1, required=True, help="the question; several words are joined")
@click.option("--since", metavar="DATE", help="search articles of this day or later: 2024-01-31, 2024-01 or 2024")
@click.option("--until", metavar="DATE", help="search articles of this day or earlier")
@click.option("--publisher", multiple=True, metavar="NAME", help="search articles of this publisher; can be repeated")
@click.option(
    "--source",
    multiple=True,
    metavar="LOCATION",
    help="search this source, as `qa-bot sources list` shows it; * matches anything; can be repeated",
)
@click.option("--more", is_flag=True, help="show the alternatives too")
@click.option("--explain", is_flag=True, help="show which passages were read, and what else was in the running")
@as_json
def command(
    settings: Settings,
    question: tuple[str, ...],
    more: bool,
    explain: bool,
    as_json: bool,
    since: str | None,
    until: str | None,
    publisher: tuple[str, ...],
    source: tuple[str, ...],
) -> int:
    """Answer one question."""
    from qa_bot.answering.explanation import Explanation
    from qa_bot.answering.question_kind import QuestionKind
    from qa_bot.retrieval.filter_syntax import describe_filter, make_filter
    from qa_bot.terminal.explained import render_explanation
    from qa_bot.terminal.render import render_alternatives, render_answer, terminal_width, use_colour

    only = make_filter(publisher, source, since, until)
    with open_bot(settings) as bot:
        gc.freeze()  # all that is imported stays, so the collector need not look at it again
        explanations: list[Explanation] = []
        answer = bot.ask(" ".join(question), only=only, explained=explanations.append if explain else None)
    explanation = explanations[0] if explanations else None
    if as_json:
        text = answer.model_dump_json()
        if explanation:
            text = f'{text[:-1]},"explanation":{explanation.model_dump_json()}}}'
        print_json(text)
    else:
        colour, width = use_colour(sys.stdout), terminal_width(sys.stdout)
        closest = "" if more else "qa-bot ask --more"
        print(render_answer(answer, colour=colour, width=width, closest=closest, searched=describe_filter(only)))
        if more and answer.alternatives and answer.kind is not QuestionKind.ARTICLES:
            print()
            print(render_alternatives(answer, colour=colour, width=width))
        if explanation:
            print(f"\n{render_explanation(answer, explanation, width=width)}")
    return 0 if answer.answered else 1
