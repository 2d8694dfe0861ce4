"""`qa-bot config`: what is set, and from where; the file of settings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import click

from embeddings.errors import SettingsError
from embeddings.text import visible
from qa_bot.commands import GIVEN, Group, as_json, hint, note, print_models
from qa_bot.commands.outputs import SetValue
from qa_bot.config_file import FILE_NAME, VARIABLE, read_config_files, users_path
from qa_bot.settings import PREFIX, TABLES, TOKEN, Settings, load_settings

EXAMPLES = """\
Examples:
  qa-bot config                        what is set, and from where
  qa-bot config show --threshold 0.8   the same, with this option
  qa-bot config path                   the file of settings
  qa-bot config init                   write that file, with every setting as a comment
"""

DEFAULT = "default"
HIDDEN = "(hidden)"


@click.group("config", cls=Group, epilog=EXAMPLES, invoke_without_command=True)
@as_json
@click.pass_context
def command(ctx: click.Context, /, as_json: bool) -> int:
    """Show what is set, and from where; write a file of settings."""
    if ctx.invoked_subcommand is not None:
        return 0
    return _show_values(load_settings(note), frozenset(), as_json=as_json)


@command.command("show", epilog=EXAMPLES)
@as_json
def _show(settings: Settings, as_json: bool) -> int:
    """Show every setting, its value, and where that is from."""
    return _show_values(settings, click.get_current_context().meta[GIVEN], as_json=as_json)


def _show_values(settings: Settings, given: frozenset[str], *, as_json: bool) -> int:
    values = [*set_values(settings, given), *_slack_values()]
    if os.environ.get(TOKEN):
        values.append(SetValue(name=TOKEN, value=HIDDEN, origin="environment"))
    if as_json:
        print_models(values)
        return 0
    width = max(len(value.name) for value in values)
    for value in values:
        shown = "-" if value.value is None else value.value
        print(visible(f"{value.name:{width}}  {shown}  ({value.origin})"))
    path = config_path()
    hint(f"the file of settings: {path}{'' if path.exists() else '; it is not there: qa-bot config init writes it'}")
    return 0


def set_values(settings: Settings, given: frozenset[str]) -> Iterator[SetValue]:
    """The settings in their order.

    Args:
        settings: as they count.
        given: names of those that the command line gives.
    """
    files = read_config_files([*Settings.model_fields, *TABLES])
    variables = {name.upper(): name for name, value in os.environ.items() if value}
    for name in Settings.model_fields:
        variable = variables.get(PREFIX + name.upper())
        if name in given:
            origin = f"--{name.replace('_', '-')}"
        elif variable:
            origin = variable
        else:
            origin = next((str(file.path.absolute()) for file in files if name in file.values), DEFAULT)
        value = getattr(settings, name)
        yield SetValue(name=name, value=None if value is None else str(value), origin=origin)


def _slack_values() -> Iterator[SetValue]:
    """What is set for the Slack app; tokens and secrets are hidden."""
    from qa_bot.settings import read_table
    from qa_bot.slack.log_redaction import RedactingFilter
    from qa_bot.slack.settings import ENVIRONMENT

    redacting = RedactingFilter(os.environ.get(name) for name in ENVIRONMENT if _is_secret(name))
    path, table = read_table("slack")
    for name, value in table.items():
        shown = HIDDEN if _is_secret(name) else redacting.redact(json.dumps(value, ensure_ascii=False, default=str))
        yield SetValue(name=f"slack.{name}", value=shown, origin=str(path.absolute()))
    for name in ENVIRONMENT:
        if text := os.environ.get(name):
            shown = HIDDEN if _is_secret(name) else redacting.redact(_without_password(text))
            yield SetValue(name=name, value=shown, origin="environment")


def _is_secret(name: str) -> bool:
    return any(word in name.casefold() for word in ("token", "secret", "password", "key"))


def _without_password(text: str) -> str:
    from embeddings.sources.web.addresses import shown

    return shown(text) if "://" in text else text


def config_path() -> Path:
    """The file of settings that is meant: the one that is named, else the user's own.

    Raises:
        SettingsError: no file is named, and the user has no home folder.
    """
    if named := os.environ.get(VARIABLE):
        return Path(os.path.expanduser(named)).absolute()
    path = users_path()
    if path is None:
        raise SettingsError(f"this user has no home folder; set {VARIABLE} to a file")
    return path


@command.command("path", reads_settings=False, epilog=EXAMPLES)
def _path() -> int:
    """Print the path of the file of settings."""
    path = config_path()
    print(visible(str(path)))
    if not path.exists():
        hint("it is not there yet; qa-bot config init writes it")
    if Path(FILE_NAME).is_file() and not os.environ.get(VARIABLE):
        hint(f"{Path(FILE_NAME).absolute()} counts before it, for some settings")
    return 0


@command.command("init", reads_settings=False, epilog=EXAMPLES)
def _init() -> int:
    """Write the file of settings, with every setting as a comment."""
    from qa_bot.commands.config_template import config_template

    path, text = config_path(), config_template()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise SettingsError(
            f"{path}: is there already; edit it, or move it away and run: qa-bot config init"
        ) from error
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror}); set {VARIABLE} to another file") from error
    print(visible(str(path)))
    hint("written; every setting in it is a comment: remove the # before those that you change")
    return 0
