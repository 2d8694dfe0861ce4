"""What the commands share: their form and help, how a bot is opened, how notes and JSON are printed."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import augment_usage_errors

from embeddings.errors import SettingsError
from embeddings.text import visible
from qa_bot.commands.verbosity import is_quiet, set_up_log, take_verbosity, verbosity_options
from qa_bot.settings import TOKEN, Settings, accepted_values, load_settings

if TYPE_CHECKING:
    from pydantic import BaseModel

    from embeddings.sources import SourceOptions
    from qa_bot.bot import QABot

STORE = ("data_dir",)
"""The settings that concern a command which opens the store."""
ANSWERING = (
    *STORE,
    *(
        "cache_dir",
        "encoder",
        "reader",
        "passages_read",
        "threshold",
        "possible_threshold",
        "alternatives",
        "question_seconds",
    ),
    *("dense_index", "threads"),
)
"""The settings that concern a command which answers questions."""


GIVEN = "qa_bot.given"
"""The name in a context's `meta` of the settings that the command line gives."""

_LEAST_TOKEN = 16

F = TypeVar("F", bound=Callable[..., Any])

LOCATION = click.Path(readable=False)
"""The type of an option that takes a path or an address."""
PATH = click.Path(readable=False, path_type=Path)
"""The type of an option that takes a path."""

as_json = click.option("--json", "as_json", is_flag=True, help="print JSON")


def _setting_option(name: str, *, hidden: bool) -> click.Option:
    field, accepted = Settings.model_fields[name], accepted_values(name)
    return click.Option(
        [f"--{name.replace('_', '-')}"],
        metavar="VALUE",
        type=click.Path(readable=False) if field.annotation is Path else str,  # checked with the other places' values
        help=f"{field.description}{f' ({accepted})' if accepted else ''}",
        hidden=hidden,
    )


class _Examples(click.Command):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the examples line by line."""
        formatter.write(f"\n{self.epilog}")


class Command(_Examples):
    """A command that takes every setting as an option; its function is called with the settings and its own options.

    Args:
        arguments: see `click.Command`.
        settings: names of those that its help shows.
        reads_settings: whether it reads them at all; the function of one that does not is called without.
        options: see `click.Command`.
    """

    allow_extra_args = True

    def __init__(
        self, *arguments: Any, settings: Sequence[str] = STORE, reads_settings: bool = True, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.params += [_setting_option(name, hidden=name not in settings) for name in Settings.model_fields]
        self.params += verbosity_options(hidden=True)
        self._reads_settings = reads_settings

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses the arguments; an error names the first that the command does not take."""
        with augment_usage_errors(ctx):
            surplus = super().parse_args(ctx, args)
        if surplus:
            raise click.UsageError(f"there is no argument {surplus[0]}", ctx)
        return surplus

    def invoke(self, ctx: click.Context) -> Any:
        """Calls the command's function; returns the exit code."""
        given = {name: ctx.params.pop(name) for name in Settings.model_fields}
        ctx.meta[GIVEN] = frozenset(name for name, value in given.items() if value is not None)
        take_verbosity(ctx)
        if ctx.command_path != "qa-bot slack":  # its log hides tokens
            set_up_log()
        assert self.callback
        if not self._reads_settings:
            return ctx.invoke(self.callback, **ctx.params)
        return ctx.invoke(self.callback, load_settings(note, **given), **ctx.params)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the command's own options, the settings that concern it, and where the others are."""
        rows: dict[str, list[tuple[str, str]]] = {"Options": [], "Settings": []}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option) and (row := parameter.get_help_record(ctx)):
                rows["Settings" if parameter.name in Settings.model_fields else "Options"].append(row)
        for heading, options in rows.items():
            with formatter.section(heading):
                formatter.write_dl(options)
        formatter.write("\nEvery command takes all settings, -v, -q and --log-level; see: qa-bot --help\n")


class Group(_Examples, click.Group):
    """A noun, such as `articles`; its verbs are listed in the order in which they are defined."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs."""
        return list(self.commands)


def count(text: str) -> int:
    """The value of an option that takes a whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise click.BadParameter(f"{text!r} is not a whole number from 1 up")
    return int(text)


def confirmed(question: str, *, yes: bool, refusal: str) -> None:
    """Returns if a person agrees: by the option `--yes`, or when asked at a terminal.

    Args:
        question: to ask at a terminal.
        yes: whether the option is given.
        refusal: the error where there is no terminal; it names `--yes`.

    Raises:
        SettingsError: there is no terminal.
        KeyboardInterrupt: the person does not agree.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SettingsError(refusal)
    try:
        if click.confirm(visible(question), err=True):
            return
    except click.Abort:
        sys.stderr.write("\n")
    note("nothing has changed")
    raise KeyboardInterrupt


def hint(line: str) -> None:
    """Prints a line on stderr that a person can do without; nothing with `-q`."""
    if not is_quiet():
        note(line)


def note(line: str) -> None:
    """Prints a line for a person on stderr."""
    sys.stderr.write(f"qa-bot: {visible(line)}\n")  # one write, as threads may be writing too


def print_models(models: Sequence[BaseModel]) -> None:
    """Prints models as a JSON array on stdout."""
    import json

    print_json(json.dumps([model.model_dump(mode="json") for model in models], ensure_ascii=False))


def print_json(text: str) -> None:
    """Prints JSON on stdout, with what would drive a terminal escaped."""
    from qa_bot.terminal.wrapping import escape

    print(escape(text), flush=True)


def open_bot(settings: Settings) -> QABot:
    """A bot whose notes go to stderr."""
    from qa_bot.bot import QABot

    return QABot(settings, note)


def http_token(host: str) -> str:
    """The secret that programs must send by HTTP; empty if none is set, and only this machine reaches the address.

    Raises:
        SettingsError: the secret is short, or there is none and others can reach the address.
    """
    token = os.environ.pop(TOKEN, "")
    if token and len(token) < _LEAST_TOKEN:
        raise SettingsError(f"{TOKEN}: shorter than {_LEAST_TOKEN} characters; make one with: openssl rand -hex 24")
    if not token and not _is_loopback(host):
        raise SettingsError(f"--host {host}: others can reach it; set {TOKEN} to a secret that they must send")
    return token


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def reading_options(function: F) -> F:
    """Adds the options that say how to read sources; they are remembered with the sources."""
    for option in (
        click.option("--publisher", metavar="NAME", help="of all its articles; remembered"),
        click.option("--format", metavar="NAME", help="read files as this format; remembered"),
        click.option("--field", multiple=True, metavar="FACT=NAME", help="where a fact is: title=headline; remembered"),
        click.option("--exclude", multiple=True, metavar="GLOB", help="in folders, skip files that match; remembered"),
        click.option("--include", multiple=True, metavar="GLOB", help="in folders, read only these files; remembered"),
    ):
        function = option(function)
    return function


def check_narrowing(bot: QABot, locations: Sequence[str], options: SourceOptions, *, yes: bool, command: str) -> None:
    """Asks a person before new options take articles of remembered sources out of the store.

    Raises:
        SettingsError: they would, there is no terminal to ask at, and `yes` is not given.
        SourceError: one of the sources does not exist.
        KeyboardInterrupt: the person does not agree.
    """
    from embeddings.indexing.narrowing import narrowings

    for location, gone, articles in narrowings(bot.store, locations, options, bot.fetcher):
        lost = f"with these options, {gone:,} of its {articles:,} articles will be removed"
        hint = f"to go ahead, add --yes; to see more: {command} --dry-run"
        confirmed(f"{location}: {lost}. Go ahead?", yes=yes, refusal=f"{location}: {lost}; {hint}")


def source_options(
    include: Sequence[str], exclude: Sequence[str], field: Sequence[str], format: str | None, publisher: str | None
) -> SourceOptions | None:
    """How to read sources, from the options of `reading_options`; None if none is given.

    Raises:
        SettingsError: an option cannot be used.
    """
    from pydantic import ValidationError

    from embeddings.sources import SourceOptions

    if not (include or exclude or field or format or publisher):
        return None
    fields = {}
    for text in field:
        fact, equals, name = text.partition("=")
        if not (fact and equals and name):
            raise SettingsError(f"--field {text}: not FACT=NAME; write for instance: --field title=headline")
        fields[fact] = name
    try:
        return SourceOptions(
            include=tuple(include), exclude=tuple(exclude), fields=fields, format=format, publisher=publisher or None
        )
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).replace("fields", "field")
        raise SettingsError(f"--{name}: {first['msg'].removeprefix('Value error, ')}") from error
