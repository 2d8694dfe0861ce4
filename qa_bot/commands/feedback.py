"""`qa-bot feedback`: what people say of answers, and what was not answered."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from embeddings.errors import SettingsError
from embeddings.text import visible
from qa_bot.commands import PATH, STORE, Group, as_json, count, note, open_bot, print_json
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from qa_bot.unanswered import QuestionGroup, UnansweredReport

EXAMPLES = """\
Examples:
  qa-bot feedback export                     SQuAD v2.0 on stdout, for training and evaluation
  qa-bot feedback export -o feedback.json    the same, in a file
  qa-bot eval feedback.json                  how good the answers to these questions are
  qa-bot feedback report                     what was not answered in Slack in the last 30 days, grouped by meaning
  qa-bot feedback report --since 2026-05     the same since the first of May
"""

_OTHERS_SHOWN = 3


@click.group("feedback", cls=Group, epilog=EXAMPLES)
def command() -> None:
    """Export what people say of answers, and see what was not answered."""


@command.command("export", epilog=EXAMPLES)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="write to a file instead of stdout")
def _export(settings: Settings, *, output: Path | None) -> int:
    """Export what people say of answers, as SQuAD v2.0."""
    from qa_bot.feedback import FeedbackLog, squad

    with closing(FeedbackLog(settings.data_dir)) as log:
        judgements = log.judgements()
    data = squad(judgements)
    questions = sum(len(paragraph["qas"]) for article in data["data"] for paragraph in article["paragraphs"])
    note(f"{len(judgements):,} judgements, {questions:,} questions exported")
    text = json.dumps(data, ensure_ascii=False, indent=1)
    if output:
        output.write_text(text + "\n", encoding="utf-8")
    else:
        print_json(text)
    return 0


@command.command("report", settings=(*STORE, "cache_dir", "encoder"), epilog=EXAMPLES)
@click.option("--since", metavar="DATE", help="the first day: 2026-05-31, 2026-05 or 2026")
@click.option("--until", metavar="DATE", help="the last day; today if it is not given")
@click.option("--days", type=count, metavar="N", help="the last N days; 30 if no day is given")
@as_json
def _report(settings: Settings, *, since: str | None, until: str | None, days: int | None, as_json: bool) -> int:
    """Show what was not answered in Slack: questions that were refused or judged wrong, grouped by meaning.

    Questions without an answer are recorded only with log_questions = true under [slack] in qa_bot.toml.
    """
    from qa_bot.feedback import FeedbackLog
    from qa_bot.unanswered import report

    first, last = _period(since, until, days)
    with closing(FeedbackLog(settings.data_dir)) as log, open_bot(settings) as bot:
        found = report(log, lambda question: bot.encoder.encode_question(question), first, last, notice=_notice())
    print_json(found.model_dump_json()) if as_json else print(_rendered(found))
    return 0


def _period(since: str | None, until: str | None, days: int | None) -> tuple[date, date]:
    """The first and the last day.

    Raises:
        SettingsError: the options do not go together, or are no days in order.
    """
    from qa_bot.retrieval.filter_syntax import parse_day
    from qa_bot.unanswered import DEFAULT_DAYS

    if since is not None and days is not None:
        raise SettingsError("--since, --days: use one of them")
    last = parse_day(until, "--until", last=True) if until is not None else date.today()
    try:
        first = parse_day(since, "--since") if since is not None else last - timedelta(days=(days or DEFAULT_DAYS) - 1)
    except OverflowError as error:
        raise SettingsError(f"--days {days}: there are not so many days before {last}; give fewer") from error
    if first > last:
        raise SettingsError(f"--since {first} is later than --until {last}; swap the two days")
    return first, last


def _notice() -> str | None:
    """How to have questions without an answer recorded; None if they are."""
    from qa_bot.settings import read_table
    from qa_bot.slack.settings import load_slack_settings

    if load_slack_settings().log_questions:
        return None
    path, _ = read_table("slack")
    return f"Questions without an answer are not recorded; to record them, set log_questions = true under [slack] in {path}."


def _rendered(found: UnansweredReport) -> str:
    questions = "1 question" if found.questions == 1 else f"{found.questions:,} questions"
    lines = [
        f"Not answered from {found.since} to {found.until}: {questions}, in groups by meaning: {len(found.groups):,}."
    ]
    lines += [found.notice] if found.notice else []
    for group in found.groups:
        lines += ["", *_lines_of(group)]
    return "\n".join(lines)


def _lines_of(group: QuestionGroup) -> list[str]:
    parts = ((group.refused, "without an answer"), (group.judged_wrong, "judged wrong"))
    counts = ", ".join(f"{number:,} {what}" for number, what in parts if number)
    channels = ", ".join(f"{one.channel or 'no channel'} {one.count:,}" for one in group.channels)
    lines = [
        f"{group.count:4,} × {visible(group.question)}",
        f"       {counts}; last on {group.last_asked}; channels: {channels}",
    ]
    others = [visible(wording) for wording in group.wordings[1 : 1 + _OTHERS_SHOWN]]
    more = len(group.wordings) - 1 - len(others)
    if others:
        lines.append(f"       also: {' | '.join(others)}{f' | +{more:,}' if more else ''}")
    return lines
