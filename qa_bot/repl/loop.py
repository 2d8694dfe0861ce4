"""The conversation in a terminal: a line that begins with a slash is a command, any other is a question.

With a person at the terminal there is a line editor, and the models load while the first question is typed.  With a
pipe at either end lines are read, answers are printed, and the end of the input ends it.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from pathlib import Path

from qa_bot.bot import QABot
from qa_bot.repl.session import COMMANDS, EMPTY, Dialogue

HISTORY_FILE = "repl_history"


def run_repl(bot: QABot) -> int:
    """Answers questions from stdin until it ends.

    Returns:
        0; or 2 if the questions came from a pipe and one of them, or a command, could not be carried out.

    Raises:
        QABotError: the store cannot be opened.
    """
    person = sys.stdin.isatty() and sys.stdout.isatty()
    status = bot.store.status()
    if not person:
        return _run_lines(Dialogue(bot, person=False))
    banner = f"{status.articles:,} articles, {status.passages:,} passages. Ask, or type /help."
    banner = banner if status.articles else EMPTY
    return _converse(Dialogue(bot, person=True), bot.settings.data_dir / HISTORY_FILE, banner)


def _converse(dialogue: Dialogue, history: Path, banner: str) -> int:
    from qa_bot.repl.line_editor import LineEditor

    takes_paths = [name for name, command in COMMANDS.items() if "PATH" in command.arguments]
    editor = LineEditor(history, {name: command.does for name, command in COMMANDS.items()}, takes_paths)
    dialogue.write(banner)
    loader = threading.Thread(target=dialogue.load, name="loader", daemon=True)
    dialogue.loading = loader.is_alive
    loader.start()
    while not dialogue.ended:
        try:
            for line in pasted_lines(editor.read(dialogue.filtered)):
                dialogue.take(line)
        except KeyboardInterrupt:
            continue
        except EOFError:
            dialogue.ended = True
    # The store is closed after this; a loader that is nearly done should not find it so.
    loader.join(2)
    if any(thread.daemon for thread in threading.enumerate()):
        atexit.register(_leave)
    return 0


def pasted_lines(text: str) -> list[str]:
    """What was typed, or pasted at once, as a question or command each; a question may have been broken over lines.

    Example:
        >>> pasted_lines("Who won\\nthe vote?\\nWhen?\\n/more")
        ['Who won the vote?', 'When?', '/more']
    """
    taken: list[str] = []
    open_question = False
    for line in filter(None, map(str.strip, text.splitlines())):
        command = line[0] in "/:"
        if open_question and not command:
            taken[-1] += f" {line}"
        else:
            taken.append(line)
        open_question = not command and not line.endswith("?")
    return taken


def _leave() -> None:
    # A thread that is in native code (loading a model, say) while the interpreter is taken down aborts the process.
    sys.stdout.flush()
    os._exit(0)


def _run_lines(dialogue: Dialogue) -> int:
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="replace")
    for line in sys.stdin:
        dialogue.take(line)
        if dialogue.ended:
            break
    return 2 if dialogue.failed else 0
