"""The conversation in a terminal: a line that begins with a slash is a command, any other is a question.

A person at a terminal gets a line editor, and the models load while they type the first question.  From or into a pipe,
each line is read and answered until the input ends.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from pathlib import Path

from qa_bot.bot import QABot
from qa_bot.repl.session import COMMANDS, EMPTY, Session

HISTORY_FILE = "repl_history"


def run_repl(bot: QABot) -> int:
    """Answers questions from stdin until it ends.

    Returns:
        0; or 2 if the lines came from a pipe, and a question or command failed.

    Raises:
        QABotError: the store cannot be opened.
    """
    person = sys.stdin.isatty() and sys.stdout.isatty()
    status = bot.store.status()
    if not person:
        return _run_lines(Session(bot, person=False))
    banner = f"{status.articles:,} articles, {status.passages:,} passages. Ask, or type /help."
    banner = banner if status.articles else EMPTY
    return _converse(Session(bot, person=True), bot.settings.data_dir / HISTORY_FILE, banner)


def _converse(session: Session, history: Path, banner: str) -> int:
    from qa_bot.repl.interactive import LineEditor

    takes_paths = [name for name, command in COMMANDS.items() if "PATH" in command.arguments]
    editor = LineEditor(history, {name: command.summary for name, command in COMMANDS.items()}, takes_paths)
    session.write(banner)
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


def _run_lines(session: Session) -> int:
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="replace")
    for line in sys.stdin:
        session.take(line)
        if session.ended:
            break
    return 2 if session.failed else 0
