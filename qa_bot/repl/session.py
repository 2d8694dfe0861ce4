"""What a line of the REPL asks for, and what comes of it: a question, or a command that begins with a slash."""

from __future__ import annotations

import difflib
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from embeddings.errors import QABotError, QuestionError
from embeddings.filters import EVERYTHING
from embeddings.indexing.reindexer import Progress
from embeddings.sentences import Span
from embeddings.store.protocol import ArticleText
from qa_bot.answering.answerer import Cancelled
from qa_bot.answering.results import Answer, Quotation, iterate
from qa_bot.bot import QABot
from qa_bot.conversation.conversation import Turn, in_light_of
from qa_bot.repl.interruptible import run_interruptible
from qa_bot.retrieval.filter_syntax import describe_filter, read_filter
from qa_bot.terminal import render as terminal
from qa_bot.terminal.progress import ProgressLine
from qa_bot.terminal.render import WIDTH, clean, terminal_width, use_colour

EMPTY = "There are no articles yet. Index a folder of them: /reindex FOLDER here, or qa-bot index FOLDER in a shell."
_ARTICLES_SHOWN = 500

T = TypeVar("T")


class Dialogue:
    """Carries out one line after another.

    Args:
        bot: answers.
        person: whether a person sits at the terminal, who can press Ctrl-C and page through long texts.

    Attributes:
        ended: the person wants to leave.
        failed: a line could not be carried out.
        loading: whether the models are being loaded.
    """

    def __init__(self, bot: QABot, *, person: bool) -> None:
        self._bot = bot
        self._person = person
        self._colour = use_colour(sys.stdout)
        self._answer: Answer | None = None
        self._turns: list[Turn] = []
        self._only = EVERYTHING
        self._written = self.ended = self.failed = False
        self.loading: Callable[[], bool] = lambda: False

    @property
    def filtered(self) -> str:
        """The filter that questions are under, in words; empty if there is none."""
        return clean(describe_filter(self._only))

    def write(self, text: str) -> None:
        """Prints text, set off by an empty line: after it for a person who goes on typing, else between two texts."""
        print(text + "\n" if self._person else "\n" * self._written + text, flush=True)
        self._written = True

    def complain(self, line: str) -> None:
        """Prints one line about what went wrong."""
        # In one piece, as the loader may be writing too.
        sys.stderr.write(clean(line) + "\n")
        sys.stderr.flush()

    def load(self) -> None:
        """Loads the models; what goes wrong is said, and said again when a question needs them."""
        try:
            self._bot.load()
        except Exception as error:
            if not self.ended:
                self._report(error)

    def take(self, line: str) -> None:
        """Carries out a line, and prints what comes of it.

        Raises:
            KeyboardInterrupt: the person stopped it.
        """
        line = line.strip()
        if not line:
            return
        try:
            if line[0] in "/:" or line.lower().rstrip("!") in ("help", "quit", "exit", "?"):
                self._command(line.lstrip("/:"))
            else:
                self._ask(line)
        except KeyboardInterrupt:
            if not self._person:
                raise
            self.complain("Stopped.")
        except BrokenPipeError:
            raise
        except Exception as error:
            self.failed = True
            self._report(error)

    def _report(self, error: Exception) -> None:
        if isinstance(error, QABotError):
            self.complain(str(error))
            return
        if os.environ.get("QA_BOT_DEBUG"):
            for line in "".join(traceback.format_exception(error)).splitlines():
                self.complain(line)
            return
        self.complain(f"unexpected {type(error).__name__}: {error}; QA_BOT_DEBUG=1 shows where, please report it")

    def _width(self) -> int:
        return terminal_width(sys.stdout) if self._person else WIDTH

    def _page(self, text: str) -> None:
        if not self._person:
            return self.write(text)
        from qa_bot.repl.line_editor import show

        return show(text, self.write)

    def _run(self, work: Callable[[Callable[[], bool]], T]) -> T:
        return run_interruptible(work, self._say_if_loading) if self._person else work(lambda: False)

    def _say_if_loading(self) -> None:
        if self.loading():
            self.complain("The models are still loading; this waits for them.")

    # -- what a line can ask for ---------------------------------------------------------------------------------------

    def _ask(self, question: str) -> None:
        if self._bot.store.encoder is None:
            raise QuestionError(EMPTY)
        understood = in_light_of(question, self._turns) if self._person else question
        if understood != question:
            self.write(f"understood as: {clean(understood)}")
        self._answer = answer = self._run(lambda stopped: self._bot.ask(understood, stopped, self._only))
        words, title = (
            (answer.answer.text if answer.answer else None),
            (answer.article.title if answer.article else None),
        )
        self._turns = [*self._turns[-3:], Turn(understood, words, title)]
        shown = terminal.render_answer(
            answer, colour=self._colour, width=self._width(), closest="/more", searched=self.filtered
        )
        self.write(shown)

    def _command(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        name = name.lower().rstrip("!")
        name = ALIASES.get(name, name)
        begins = [known for known in COMMANDS if name and known.startswith(name)]
        if name not in COMMANDS and len(begins) == 1:
            name = begins[0]
        if name not in COMMANDS:
            near = begins or difflib.get_close_matches(name, COMMANDS, 1, 0.5)
            instead = f"did you mean {' or '.join('/' + known for known in near)}?" if near else "see /help"
            raise QuestionError(f"there is no command /{name}; {instead}")
        COMMANDS[name].run(self, _arguments(rest))

    def _quotation(self, arguments: Sequence[str]) -> tuple[Quotation, ArticleText]:
        """The answer with the number that is named, and its article."""
        quotations = list(iterate(self._answer)) if self._answer else []
        if not quotations:
            raise QuestionError("there is no answer to look at yet; ask a question first")
        number = arguments[0] if arguments else "1"
        if not number.isdecimal() or not 1 <= int(number) <= len(quotations):
            raise QuestionError(
                f"there is no answer {number}; /more shows them, and they go from 1 to {len(quotations)}"
            )
        quotation = quotations[int(number) - 1]
        held = self._bot.store.articles.get(quotation.article.id)
        answer = quotation.answer
        if held is None or held.article.text[answer.start : answer.end] != answer.text:
            raise QuestionError("the article has changed or gone since this answer was found; ask the question again")
        return quotation, held

    def more(self, arguments: Sequence[str]) -> None:
        """Prints the further answers."""
        if self._answer is None:
            raise QuestionError("there is no answer yet that could have others; ask a question first")
        if not self._answer.alternatives:
            return self.write("There are no other answers.")
        return self.write(terminal.render_alternatives(self._answer, colour=self._colour, width=self._width()))

    def context(self, arguments: Sequence[str]) -> None:
        """Prints the sentences around an answer."""
        quotation, held = self._quotation(arguments)
        self.write(terminal.render_context(held, quotation, colour=self._colour, width=self._width()))

    def article(self, arguments: Sequence[str]) -> None:
        """Prints the article of an answer, or the one with an id."""
        held = self._bot.store.articles.get(arguments[0]) if arguments else None
        marked = Span(0, 0)
        if held is None:
            quotation, held = self._quotation(arguments)
            marked = Span(quotation.answer.start, quotation.answer.end)
        self._page(terminal.render_article(held.article, marked, colour=self._colour, width=self._width()))

    def articles(self, arguments: Sequence[str]) -> None:
        """Prints the list of articles."""
        found = self._bot.store.articles.list(limit=_ARTICLES_SHOWN)
        if not found:
            return self.write(EMPTY)
        return self._page(terminal.render_articles(found, self._bot.store.status().articles))

    def sources(self, arguments: Sequence[str]) -> None:
        """Prints where the articles come from."""
        self.write("\n".join(clean(source.location) for source in self._bot.store.sources.list()) or EMPTY)

    def filter(self, arguments: Sequence[str]) -> None:
        """Sets what part of the articles the next questions are asked of; without arguments, all."""
        self._only = read_filter(arguments)
        self.write(f"Only these are searched now: {self.filtered}" if self._only else "All articles are searched.")

    def reindex(self, arguments: Sequence[str]) -> None:
        """Brings the store up to date."""
        if not arguments and not self._bot.store.sources.list():
            raise QuestionError("there is nothing to index again yet; name a file or folder: /reindex FOLDER")
        with ProgressLine(sys.stderr) as line:

            def index(stopped: Callable[[], bool]) -> str:
                def progress(done: Progress) -> None:
                    if stopped():
                        raise Cancelled
                    line.articles(done)

                return terminal.render_report(self._bot.reindex(arguments, progress=progress))

            try:
                report = self._run(index)
            except KeyboardInterrupt:
                self.complain("What is indexed so far stays; /reindex goes on from there.")
                raise
        self.write(report)

    def help(self, arguments: Sequence[str]) -> None:
        """Prints the commands."""
        rows = [(f"/{name} {command.arguments}".rstrip(), command.does) for name, command in COMMANDS.items()]
        lines = ["Type a question to get an answer. The commands:", *(f"  {usage:<20} {does}" for usage, does in rows)]
        keys = "Ctrl-C stops what is running, Ctrl-D leaves, Tab completes, Ctrl-R searches what you asked before."
        self.write("\n".join([*lines, keys]))

    def quit(self, arguments: Sequence[str]) -> None:
        """Ends it."""
        self.ended = True


def _arguments(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise QuestionError(f"{text}: a quotation mark is not closed; put one quotation mark at each end") from error


class Command(NamedTuple):
    """A command: what it takes, what it does in words, and how."""

    arguments: str
    does: str
    run: Callable[[Dialogue, Sequence[str]], None]


COMMANDS = {
    "more": Command("", "more answers, or what came closest", Dialogue.more),
    "context": Command("[N]", "the sentences around the answer, or around number N of /more", Dialogue.context),
    "article": Command("[N or ID]", "its whole article, or the one with an id from /articles", Dialogue.article),
    "articles": Command("", "the articles that can be asked, newest first", Dialogue.articles),
    "sources": Command("", "the files and folders that they come from", Dialogue.sources),
    "filter": Command(
        "[CONDITIONS]", "ask only some: publisher NAME, source PLACE, since or until DATE; or all", Dialogue.filter
    ),
    "reindex": Command("[PATH...]", "bring the sources up to date, or add new ones", Dialogue.reindex),
    "help": Command("", "this list", Dialogue.help),
    "quit": Command("", "leave", Dialogue.quit),
}
ALIASES = {"exit": "quit", "q": "quit", "bye": "quit", "?": "help", "h": "help", "index": "reindex", "": "help"}
