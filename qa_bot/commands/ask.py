"""`qa-bot ask`: answers one question, or many, one a line."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from embeddings.errors import QABotError, QuestionError, QuestionTimeoutError, SettingsError
from qa_bot.commands import ANSWERING, PATH, Command, as_json, hint, note, open_bot, print_json
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from embeddings.filters import ArticleFilter
    from qa_bot.answering.explanation import Explanation
    from qa_bot.answering.results import Answer
    from qa_bot.bot import QABot

EXAMPLES = """\
Examples:
  qa-bot ask "Where was the press conference?"
  qa-bot ask --json "Where was the press conference?" | jq .answer.text
  qa-bot ask --publisher Reuters --since 2024-01 "Who called for the vote?"
  cat questions.txt | qa-bot ask --json -     one JSON object a line
  qa-bot ask --file questions.txt --output csv > answers.csv

Exit codes: 0 answered, 1 the articles do not answer it or only possibly, 2 an error; of many, the worst
"""

STDIN = "-"

_log = logging.getLogger(__name__)


class Output(StrEnum):
    """How answers are printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


class _Asked(NamedTuple):
    """What an answer is printed by."""

    output: Output
    only: ArticleFilter
    more: bool
    explain: bool


@click.command("ask", cls=Command, settings=ANSWERING, epilog=EXAMPLES)
@click.argument("question", nargs=-1, help="the question; - for questions on stdin, one a line")
@click.option("--file", "file", type=PATH, metavar="FILE", help="answer the questions in a file, one a line")
@click.option(
    "--output",
    type=click.Choice([kind.value for kind in Output]),
    help="default: text; csv and markdown cite the articles",
)
@click.option("--since", metavar="DATE", help="search articles of this day or later: 2024-01-31, 2024-01 or 2024")
@click.option("--until", metavar="DATE", help="search articles of this day or earlier")
@click.option("--publisher", multiple=True, metavar="NAME", help="search articles of this publisher; can be repeated")
@click.option(
    "--source",
    multiple=True,
    metavar="LOCATION",
    help="search this source of `qa-bot sources list`; * matches anything",
)
@click.option("--more", is_flag=True, help="show the alternatives too")
@click.option("--explain", is_flag=True, help="show which passages were read, and what else was in the running")
@as_json
def command(
    settings: Settings,
    question: tuple[str, ...],
    file: Path | None,
    output: str | None,
    more: bool,
    explain: bool,
    as_json: bool,
    since: str | None,
    until: str | None,
    publisher: tuple[str, ...],
    source: tuple[str, ...],
) -> int:
    """Answer a question, or many from a pipe or a file."""
    from qa_bot.retrieval.filter_syntax import make_filter

    kind = _output(output, as_json=as_json, more=more, explain=explain)
    asked = _Asked(kind, make_filter(publisher, source, since, until), more, explain)
    is_stdin = question == (STDIN,)
    if not question and file is None:
        context = click.get_current_context()
        raise click.UsageError("the question is missing; write it, or - for questions on stdin", context)
    if question and file:
        raise SettingsError("QUESTION, --file: name one of them")
    with open_bot(settings) as bot:
        gc.freeze()  # all that is imported stays, so the collector need not look at it again
        if not (is_stdin or file):
            return _answer_one(bot, " ".join(question), asked)
        return _answer_many(bot, _lines(file), asked)


def _output(output: str | None, *, as_json: bool, more: bool, explain: bool) -> Output:
    """How to print, from the options that say so.

    Raises:
        SettingsError: they contradict each other.
    """
    kind = Output.JSON if as_json and output is None else Output(output or Output.TEXT)
    if as_json and kind is not Output.JSON:
        raise SettingsError(f"--json, --output {kind}: name one of them")
    for name, given, takes in (
        ("more", more, [Output.TEXT, Output.JSON]),
        ("explain", explain, [Output.TEXT, Output.JSON]),
    ):
        if given and kind not in takes:
            raise SettingsError(f"--{name}: does not work with --output {kind}; use --output {' or '.join(takes)}")
    return kind


def _lines(file: Path | None) -> Iterator[str]:
    """The lines of stdin, or of a file."""
    if file is None:
        if hasattr(sys.stdin, "reconfigure"):
            sys.stdin.reconfigure(errors="replace")
        if sys.stdin.isatty():
            hint("type questions, one a line; end with Ctrl-D")
    try:
        with nullcontext(sys.stdin) if file is None else file.open(encoding="utf-8-sig", errors="replace") as lines:
            yield from lines
    except OSError as error:
        raise SettingsError(
            f"{file}: cannot be read ({error.strerror}); name a file of questions, one a line"
        ) from error


def _answer_one(bot: QABot, question: str, asked: _Asked) -> int:
    explanations: list[Explanation] = []
    answer = bot.ask(question, only=asked.only, explained=explanations.append if asked.explain else None)
    if asked.output is Output.CSV:
        _print_header()
    _print(answer, explanations, asked)
    return 0 if answer.helps else 1


def _answer_many(bot: QABot, lines: Iterable[str], asked: _Asked) -> int:
    """Answers each line that is not empty; a question that cannot be asked does not stop the others."""
    worst, number, is_first = 0, 0, True
    if asked.output is Output.CSV:
        _print_header()
    for number, line in enumerate(lines, start=1):
        question = " ".join(line.split())
        if not question:
            continue
        if asked.output is Output.TEXT:
            print("\n" * (not is_first) + f"# {_shown(question)}")
        is_first = False
        explanations: list[Explanation] = []
        try:
            answer = bot.ask(question, only=asked.only, explained=explanations.append if asked.explain else None)
        except (QuestionError, QuestionTimeoutError) as error:
            _print_error(number, question, error, asked.output)
            worst = 2
            continue
        _print(answer, explanations, asked)
        worst = max(worst, 0 if answer.helps else 1)
    if is_first:
        raise SettingsError("there is no question in the input; write one a line")
    return worst


def _shown(text: str) -> str:
    from embeddings.text import visible

    return visible(text)


def _print_header() -> None:
    from qa_bot.terminal.csv_rows import header

    print(header())


def _print_error(number: int, question: str, error: QABotError, output: Output) -> None:
    from qa_bot.commands.outputs import QuestionProblem
    from qa_bot.terminal import csv_rows, markdown

    note(f"line {number}: {error}")
    printers: dict[Output, Callable[[], None]] = {
        Output.JSON: lambda: print_json(QuestionProblem(question=question, error=str(error)).model_dump_json()),
        Output.CSV: lambda: print(csv_rows.error_row(question, str(error)), flush=True),
        Output.MARKDOWN: lambda: print(markdown.error_section(question, str(error)), flush=True),
    }
    printers.get(output, lambda: None)()


def _log_times(answer: Answer) -> None:
    times = ", ".join(f"{name} {value:.0f}" for name, value in answer.timings_ms)
    _log.info("milliseconds: %s; %s", times, answer.verdict)


def _print(answer: Answer, explanations: Sequence[Explanation], asked: _Asked) -> None:
    _log_times(answer)
    if asked.output is Output.JSON:
        text = answer.model_dump_json()
        for explanation in explanations:
            text = f'{text[:-1]},"explanation":{explanation.model_dump_json()}}}'
        print_json(text)
    elif asked.output is Output.CSV:
        from qa_bot.terminal.csv_rows import answer_row

        print(answer_row(answer), flush=True)
    elif asked.output is Output.MARKDOWN:
        from qa_bot.terminal.markdown import answer_section

        print(answer_section(answer), flush=True)
    else:
        _print_text(answer, explanations, asked)


def _print_text(answer: Answer, explanations: Sequence[Explanation], asked: _Asked) -> None:
    from qa_bot.answering.question_kind import QuestionKind
    from qa_bot.retrieval.filter_syntax import describe_filter
    from qa_bot.terminal.explained import render_explanation
    from qa_bot.terminal.render import render_alternatives, render_answer, terminal_width, use_colour

    colour, width = use_colour(sys.stdout), terminal_width(sys.stdout)
    closest = "" if asked.more else "qa-bot ask --more"
    print(render_answer(answer, colour=colour, width=width, closest=closest, searched=describe_filter(asked.only)))
    if asked.more and answer.alternatives and answer.kind is not QuestionKind.ARTICLES:
        print()
        print(render_alternatives(answer, colour=colour, width=width))
    for explanation in explanations:
        print(f"\n{render_explanation(answer, explanation, width=width)}")
    sys.stdout.flush()
