"""`qa-bot repl`: questions and answers in a terminal.

A person at a terminal gets a line editor, and the models load while they type the first question.  From or into a pipe,
each line is read and answered until the input ends.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import TYPE_CHECKING

import click

from qa_bot.commands import ANSWERING, Command, as_json, open_bot
from qa_bot.settings import Settings

if TYPE_CHECKING:
    from qa_bot.bot import QABot
    from qa_bot.repl.session import Session

EXAMPLES = """\
Examples:
  qa-bot repl                           type /help for its commands
  echo "Who won?" | qa-bot repl         questions from a pipe, one per line
  cat lines.txt | qa-bot repl --json    one JSON object a line for each question
"""

HISTORY_FILE = "repl_history"


@click.command("repl", cls=Command, settings=ANSWERING, epilog=EXAMPLES)
@as_json
def command(settings: Settings, as_json: bool) -> int:
    """Ask questions in a conversation."""
    with open_bot(settings) as bot:
        return run_repl(bot, as_json=as_json)


def run_repl(bot: QABot, *, as_json: bool = False) -> int:
    """Answers questions from stdin until it ends.

    Args:
        bot: answers.
        as_json: print each answer as a line of JSON, as `qa-bot ask --json` does; all else goes to stderr.

    Returns:
        0; or 2 if the lines came from a pipe, and a question or command failed.

    Raises:
        QABotError: the store cannot be opened.
    """
    from qa_bot.repl.session import EMPTY, Session

    status = bot.store.status()
    is_person = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    session = Session(bot, person=is_person, as_json=as_json)
    if session.person:
        banner = f"{status.articles:,} articles, {status.passages:,} passages. Ask, or type /help."
        session.write(banner if status.articles else EMPTY)
        return _converse(session, bot)
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")
    for line in sys.stdin:
        session.take(line)
        if session.ended:
            break
    return 2 if session.failed else 0


def _converse(session: Session, bot: QABot) -> int:
    from qa_bot.repl.completion import CommandCompleter, StoredNames
    from qa_bot.repl.interactive import LineEditor
    from qa_bot.repl.session import COMMANDS

    takes_paths = [name for name, command in COMMANDS.items() if "PATH" in command.arguments]
    summaries = {name: command.summary for name, command in COMMANDS.items()}
    names = StoredNames(lambda: bot.store)
    conditions = {"publisher": names.publishers, "source": names.sources}
    completer = CommandCompleter(summaries, takes_paths, {"article": names.articles}, conditions)
    editor = LineEditor(bot.settings.data_dir / HISTORY_FILE, completer)
    loader = threading.Thread(target=session.load, name="loader", daemon=True)
    session.loading = loader.is_alive
    loader.start()
    while not session.ended:
        try:
            for line in pasted_lines(editor.read(session.filtered)):
                session.take(line)
        except KeyboardInterrupt:
            continue
        except EOFError:
            session.ended = True
    # The store is closed after this, so a loader that is nearly done may finish first.
    loader.join(2)
    if any(thread.daemon for thread in threading.enumerate()):
        atexit.register(_leave)
    return 0


def pasted_lines(text: str) -> list[str]:
    r"""The questions and commands in what was typed or pasted; a question may be broken over lines.

    Example:
        >>> pasted_lines("Who won\nthe vote?\nWhen?\n/more")
        ['Who won the vote?', 'When?', '/more']
    """
    inputs: list[str] = []
    open_question = False
    for line in filter(None, map(str.strip, text.splitlines())):
        command = line[0] in "/:"
        if open_question and not command:
            inputs[-1] += f" {line}"
        else:
            inputs.append(line)
        open_question = not command and not line.endswith("?")
    return inputs


def _leave() -> None:
    # The process aborts if a thread is in native code, such as loading a model, while the interpreter shuts down.
    sys.stdout.flush()
    os._exit(0)
