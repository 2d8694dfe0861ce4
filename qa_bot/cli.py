"""The command `qa-bot`: the parser, what an error looks like, the exit codes.  Each command is a file in `commands/`.

Answers, lists and JSON go to stdout; progress, notes and errors to stderr.  Exit codes: 0 done (or answered), 1 the articles
do not answer the question, 2 a usage, settings, file or store error, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from embeddings.errors import QABotError
from qa_bot import __version__
from qa_bot.commands import articles, ask, eval, feedback, index, repl, slack, sources, status
from qa_bot.settings import PREFIX, Settings, load_settings

COMMANDS = (index, sources, ask, repl, slack, feedback, articles, eval, status)
"""In the order in which the help shows them."""

EXAMPLES = """\
examples:
  qa-bot index ~/articles            index a folder, and remember it
  qa-bot ask "Who won the election?" one answer
  qa-bot repl                        ask as in a conversation
  qa-bot status                      what is in the store, and where it lies
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code; prints one line for any error."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(argv)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except QABotError as error:
        return _fail(str(error))
    except BrokenPipeError:
        _drop_output()  # whoever read it has gone
        return 0
    except OSError as error:
        _drop_output()
        return _fail(f"{error.filename or 'the output'}: cannot be read or written ({error.strerror or error})")
    except KeyboardInterrupt:
        return _stopped()
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # in the middle of an import
            return _stopped()
        if os.environ.get(PREFIX + "DEBUG"):
            raise
        return _fail(f"unexpected {type(error).__name__}: {error}; {PREFIX}DEBUG=1 shows where, please report it")


def _run(argv: Sequence[str] | None) -> int:
    given_words = list(sys.argv[1:] if argv is None else argv)
    if given_words[:1] == ["help"]:
        given_words = [*given_words[1:], "--help"]
    try:
        options = _parser().parse_args(given_words)
    except SystemExit as done:  # argparse has printed the help, or what is wrong
        return int(done.code or 0)
    given = {name: getattr(options, name, None) for name in Settings.model_fields}
    return int(options.run(options, load_settings(**given)))


def _open_closed_streams() -> None:
    """Gives a process that was started with closed streams some that lead nowhere.

    Else the next files that are opened get their numbers, and what a library prints would be written into the store.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115


def _drop_output() -> None:
    """Lets go of what is still to be printed, or Python complains about it once more when it closes stdout."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stopped() -> int:
    print("qa-bot: stopped", file=sys.stderr)
    return 130


def _fail(message: str) -> int:
    print(_one_line(f"qa-bot: {message}"), file=sys.stderr)
    return 2


def _one_line(message: str) -> str:
    """The message on a line; what came from outside can hold anything, so a terminal is shown no control character."""
    from qa_bot.terminal.wrapping import escape

    return escape(" ".join(message.split()))


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that names what may be meant; a noun alone shows what can be said of it."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As in argparse, but a command complains of unknown options itself, as it knows those that there are."""
        if not args and self._subparsers:
            self.print_help(sys.stderr)
            raise SystemExit(2)
        found, unknown = super().parse_known_args(args, namespace)
        if unknown and not self._subparsers:
            option = unknown[0].partition("=")[0]
            what = "option" if option.startswith("-") else "argument"
            self.error(f"there is no {what} {option}{_meant(option, self._option_string_actions)}")
        return found, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.metavar == "COMMAND" and action.choices is not None and value not in action.choices:
            self.error(f"there is no command {value}{_meant(value, action.choices)}")
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        print(_one_line(f"{self.prog}: {message}; see: {self.prog} --help"), file=sys.stderr)
        raise SystemExit(2)

    def _print_message(self, message: str, file: Any = None) -> None:
        (file or sys.stderr).write(message)  # argparse would pass over a full disk in silence


def _meant(mistyped: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(mistyped, list(known), 1, 0.5)
    return f" (did you mean {near[0]}?)" if near else ""


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="qa-bot",
        description="Ask your articles; get the words that answer, quoted in their sentence.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"qa-bot {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    for command in COMMANDS:
        command.register(commands)
    return parser
