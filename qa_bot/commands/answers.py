"""`qa-bot answers`: what the team itself answers to a question, shown before quotations."""

from __future__ import annotations

import getpass
import sys
from contextlib import closing

import click

from embeddings.errors import SettingsError
from qa_bot.answering.team_answers import TeamAnswers
from qa_bot.commands import Group, as_json, hint, print_models
from qa_bot.settings import Settings

EXAMPLES = """\
Examples:
  qa-bot answers list
  qa-bot answers add "Who approves travel costs?" "Ann Reed, until 500 euros"
  qa-bot answers add --link https://wiki.example/travel "Who books trains?" "You do"
  qa-bot answers remove 1f0c2a9b77de              by its id, or the first digits of it
"""


@click.group("answers", cls=Group, epilog=EXAMPLES)
def command() -> None:
    """List, add and remove your team's own answers."""


@command.command("list", epilog=EXAMPLES)
@as_json
def _list(settings: Settings, as_json: bool) -> int:
    """List your team's own answers, the newest first."""
    from qa_bot.terminal.render import render_team_answer

    with closing(TeamAnswers(settings.data_dir)) as answers:
        listed = answers.list()
    if as_json:
        print_models(listed)
        return 0
    if not listed:
        hint("no team answers yet; run: qa-bot answers add QUESTION ANSWER")
    for number, answer in enumerate(listed):
        print("\n" * bool(number) + f"{answer.id}  ", end="")
        print("\n".join(render_team_answer(answer, "", colour=False)))
    return 0


@command.command("add", epilog=EXAMPLES)
@click.argument("question", metavar="QUESTION")
@click.argument("answer", metavar="ANSWER")
@click.option("--link", default="", metavar="URL", help="where more stands")
@click.option("--by", default="", metavar="NAME", help="who says so (default: your user name)")
def _add(settings: Settings, question: str, answer: str, link: str, by: str) -> int:
    """Save an answer of your team, in place of an earlier one to the same question.

    It is shown to everybody whose question means the same, above what the articles say.
    """
    with closing(TeamAnswers(settings.data_dir)) as answers:
        saved = answers.save(question, answer, by=by or _user(), link=link)
    print(saved.id)
    return 0


@command.command("remove", epilog=EXAMPLES)
@click.argument("names", nargs=-1, required=True, metavar="ID...", help="ids, or their first digits")
def _remove(settings: Settings, names: tuple[str, ...]) -> int:
    """Remove team answers."""
    with closing(TeamAnswers(settings.data_dir)) as answers:
        known = [answer.id for answer in answers.list()]
        for identity in [_meant(known, name) for name in names]:
            answers.remove(identity)
    print(f"team answers removed: {len(set(names))}", file=sys.stderr)
    return 0


def _meant(known: list[str], name: str) -> str:
    """The id that a name is the beginning of.

    Raises:
        SettingsError: there is none, or several.
    """
    meant = [identity for identity in known if name and identity.startswith(name)]
    if len(meant) != 1:
        problem = "is the beginning of several ids" if meant else "is no id of a team answer"
        raise SettingsError(f"{name!r} {problem}; see: qa-bot answers list")
    return meant[0]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # nobody of that number is known here
        return ""
