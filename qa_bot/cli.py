"""The command `qa-bot`: the parser, what an error looks like, the exit codes.  Each command is a file in `commands/`.

Answers, lists and JSON go to stdout; progress, notes and errors to stderr.  Exit codes: 0 done (or answered), 1 the articles
do not answer the question, 2 a usage, settings, file or store error, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from embeddings.errors import QABotError
from qa_bot import __version__
from qa_bot.commands import articles, ask, eval, feedback, index, repl, slack, sources, status
from qa_bot.settings import PREFIX, Settings, load_settings

COMMANDS = (index, sources, ask, repl, slack, feedback, articles, eval, status)
"""In the order in which the help shows them."""

EXAMPLES = """\
examples:
  qa-bot index ~/articles            index a folder of .txt and .md files
  qa-bot ask "Who won the election?" one answer
  qa-bot repl                        ask as in a conversation
  qa-bot status                      what is in the store, and where it lies
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code; prints one line for any error."""
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
    try:
        options = _parser().parse_args(argv)
    except SystemExit as done:  # argparse has printed the help, or what is wrong
        return int(done.code or 0)
    given = {name: getattr(options, name, None) for name in Settings.model_fields}
    return int(options.run(options, load_settings(**given)))


def _drop_output() -> None:
    """Lets go of what is still to be printed, or Python complains about it once more when it closes stdout."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stopped() -> int:
    print("qa-bot: stopped", file=sys.stderr)
    return 130


def _fail(message: str) -> int:
    print(f"qa-bot: {' '.join(message.split())}", file=sys.stderr)
    return 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; see: {self.prog} --help", file=sys.stderr)
        raise SystemExit(2)

    def _print_message(self, message: str, file: Any = None) -> None:
        (file or sys.stderr).write(message)  # argparse would pass over a full disk in silence


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
