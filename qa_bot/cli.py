"""The command `qa-bot`: the form of its errors, its exit codes.  Each command is a module of `commands/`.

Answers, lists and JSON go to stdout; progress, notes and errors to stderr.  Exit codes: 0 done (or answered), 1 the articles
do not answer the question, 2 a usage, settings, file or store error, 3 some sources could not be indexed and the rest was, 130
stopped by Ctrl-C.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
import textwrap
from collections.abc import Callable, Sequence
from importlib import import_module

import click

from embeddings.errors import QABotError
from qa_bot import __version__
from qa_bot.commands import Group
from qa_bot.commands.verbosity import take_verbosity, verbosity_options
from qa_bot.settings import PREFIX, Settings

COMMANDS = (
    "index",
    "sources",
    "ask",
    "repl",
    "slack",
    "serve",
    "mcp",
    "answers",
    "feedback",
    "articles",
    "eval",
    "status",
    "config",
    "doctor",
    "backup",
    "restore",
)
"""In the order in which the help shows them."""
COMPLETE = "_QA_BOT_COMPLETE"
"""The environment variable by which a shell asks for completions."""

EXAMPLES = """\
Examples:
  qa-bot index ~/articles              index a folder, and remember it
  qa-bot ask "Who won the election?"   get one answer
  qa-bot repl                          ask questions in a conversation
  qa-bot status                        see what is in the store, and where it is
"""


class _Commands(Group):
    """The commands, each imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"qa_bot.commands.{cmd_name}").command
        return command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section(f"Settings of every command, also read from {PREFIX}<NAME> and qa_bot.toml"):
            names = ", ".join(f"--{name.replace('_', '-')}" for name in Settings.model_fields)
            for line in textwrap.wrap(names, formatter.width - 4, break_on_hyphens=False):
                formatter.write(f"  {line}\n")
            formatter.write_text("What each does: qa-bot config init writes a file that says so.")


def _with_verbosity(function: Callable[..., None]) -> Callable[..., None]:
    """Adds the options of `qa_bot.commands.verbosity`, which may also stand before the command."""
    parameters = function.__dict__.setdefault("__click_params__", [])
    parameters.extend(reversed(verbosity_options(hidden=False)))
    return function


@click.group("qa-bot", cls=_Commands, epilog=EXAMPLES)
@_with_verbosity
@click.version_option(__version__, message="qa-bot %(version)s", help="show the version")
@click.pass_context
def cli(ctx: click.Context, /, **_: object) -> None:
    """Ask your articles; get the words that answer, quoted in their sentence."""
    take_verbosity(ctx)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code; prints one line for any error."""
    _open_closed_streams()
    os.umask(0o077)  # what a command writes, from the store to the history, is its user's alone
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(argv)
        sys.stdout.flush()
        return code
    except QABotError as error:
        return _fail(str(error))
    except BrokenPipeError:
        _drop_output()  # nobody reads it any more
        return 0
    except OSError as error:
        _drop_output()
        return _fail(f"{error.filename or 'the output'}: cannot be read or written ({error.strerror or error})")
    except KeyboardInterrupt:
        return _stopped()
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__module__ != "pyo3_runtime":  # where Rust code panics
            raise
        if isinstance(error.__cause__, KeyboardInterrupt):  # Ctrl-C during an import
            return _stopped()
        if os.environ.get(PREFIX + "DEBUG"):
            raise
        return _fail(f"unexpected {type(error).__name__}: {error}; {PREFIX}DEBUG=1 shows where, please report it")


def _run(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if instruction := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, "qa-bot", COMPLETE, instruction)
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    try:
        with cli.make_context("qa-bot", words, max_content_width=100) as context:
            return int(cli.invoke(context))
    except click.exceptions.Exit as done:  # --help and --version
        return done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.message, file=sys.stderr)
        return 2
    except click.UsageError as error:
        program = error.ctx.command_path if error.ctx else "qa-bot"
        return _fail(f"{_usage_error(error)}; see: {program} --help", program)


def _open_closed_streams() -> None:
    """Opens streams that lead nowhere in place of closed ones.

    Without them, the next files would get the numbers of the streams, and a library's output could end up in the store.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115


def _drop_output() -> None:
    """Discards pending output, or Python complains once more when it closes stdout."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stopped() -> int:
    print("qa-bot: stopped", file=sys.stderr)
    return 130


def _fail(message: str, program: str = "qa-bot") -> int:
    """Prints the message on one line; as part of it may come from outside, control characters are escaped."""
    from qa_bot.terminal.wrapping import escape

    print(escape(" ".join(f"{program}: {message}".split())), file=sys.stderr)
    return 2


def _usage_error(error: click.UsageError) -> str:
    """What is wrong with the command line, with the nearest word that is right."""
    context = error.ctx
    if isinstance(error, click.NoSuchOption) and context:
        options = [name for parameter in context.command.get_params(context) for name in parameter.opts]
        return f"there is no option {error.option_name}{_meant(error.option_name, options)}"
    if isinstance(error, click.exceptions.NoSuchCommand) and context and isinstance(context.command, click.Group):
        commands = context.command.list_commands(context)
        return f"there is no command {error.command_name}{_meant(error.command_name, commands)}"
    if isinstance(error, click.MissingParameter) and context and error.param:
        return f"{error.param.make_metavar(context).removesuffix('...')} is missing"
    if isinstance(error, click.BadParameter) and error.param:
        return f"{error.param.opts[0]}: {error.message.rstrip('.')}"
    return error.message[:1].lower() + error.message[1:].rstrip(".")


def _meant(mistyped: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(mistyped, known, 1, 0.5)
    return f" (did you mean {near[0]}?)" if near else ""
