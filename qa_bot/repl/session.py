"""A session of the REPL: it answers each question, and runs each command (a line that begins with a slash)."""

from __future__ import annotations

import difflib
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from embeddings.errors import QABotError, QuestionError
from embeddings.filters import EVERYTHING
from embeddings.indexing.reindexer import Progress
from embeddings.sentences import Span
from embeddings.store.protocol import ArticleText
from embeddings.text import visible
from qa_bot.answering.answerer import Cancelled
from qa_bot.answering.explanation import Explanation
from qa_bot.answering.results import Answer, Quotation, iterate
from qa_bot.bot import QABot
from qa_bot.conversation.history import MAX_TURNS, Turn
from qa_bot.conversation.remarks import Remark
from qa_bot.conversation.small_talk import SmallTalk, small_talk
from qa_bot.retrieval.filter_names import check_names
from qa_bot.retrieval.filter_syntax import describe_filter, read_filter
from qa_bot.terminal import render
from qa_bot.terminal.explained import render_explanation
from qa_bot.terminal.progress import ProgressLine
from qa_bot.terminal.report import render_report
from qa_bot.terminal.wrapping import NOTHING, WIDTH, break_line

EMPTY = "There are no articles yet. Index a folder: type /reindex FOLDER here, or qa-bot index FOLDER in a shell."
_ARTICLES_SHOWN = 500
_REPLIES = {
    SmallTalk.HELLO: "Hello. Ask a question that the articles may answer, or type /help.",
    SmallTalk.THANKS: "You're welcome.",
    SmallTalk.GOODBYE: "Goodbye. Type /quit to leave.",
}

T = TypeVar("T")


class Session:
    """Runs one line after another.

    Args:
        bot: answers the questions.
        person: whether a person is at the terminal, who can press Ctrl-C and page through long texts.
        as_json: print answers as lines of JSON, and all else to stderr.

    Attributes:
        person: as given.
        ended: the person wants to leave.
        failed: a line failed.
        loading: tells whether the models are still loading.
    """

    def __init__(self, bot: QABot, *, person: bool, as_json: bool = False) -> None:
        self._bot = bot
        self.person = person
        self._as_json = as_json
        self._colour = render.use_colour(sys.stdout)
        self._answer: Answer | None = None
        self._explanation: Explanation | None = None
        self._turns: list[Turn] = []
        self._only = EVERYTHING
        self._written = self.ended = self.failed = False
        self.loading: Callable[[], bool] = lambda: False

    @property
    def filtered(self) -> str:
        """The current filter in words; empty if there is none."""
        return visible(describe_filter(self._only))

    def write(self, text: str) -> None:
        """Prints text and an empty line: after it for a person, who types the next line there; else between two texts."""
        out = sys.stderr if self._as_json else sys.stdout
        text = self._wrapped(text) if self.person else text
        print(text + "\n" if self.person else "\n" * self._written + text, file=out, flush=True)
        self._written = True

    def complain(self, line: str) -> None:
        """Prints one line about what went wrong."""
        # One write, as the loader may be writing too.
        sys.stderr.write((self._wrapped(visible(line)) if self.person else visible(line)) + "\n")
        sys.stderr.flush()

    @staticmethod
    def _wrapped(text: str) -> str:
        """Breaks lines that are longer than the terminal is wide between words, below where their text begins."""
        width = render.terminal_width(sys.stdout)
        return "\n".join(broken for line in text.split("\n") for broken in break_line(line, width))

    def load(self) -> None:
        """Loads the models.  An error is printed, and printed again when a question needs them."""
        try:
            self._bot.load(conversation=True)
        except Exception as error:
            if not self.ended:
                self._report(error)

    def take(self, line: str) -> None:
        """Runs a line and prints the outcome.

        Raises:
            KeyboardInterrupt: Ctrl-C, where no person is at the terminal.
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
            if not self.person:
                raise
            self.complain("Stopped.")
        except BrokenPipeError:
            raise
        except Exception as error:
            self.failed = True
            self._report(error)

    def _report(self, error: Exception) -> None:
        lines = [f"unexpected {type(error).__name__}: {error}; QA_BOT_DEBUG=1 shows where, please report it"]
        if isinstance(error, QABotError):
            lines = [str(error)]
        elif os.environ.get("QA_BOT_DEBUG"):
            lines = "".join(traceback.format_exception(error)).splitlines()
        for line in lines:
            self.complain(line)

    def _rendered(self, rendering: Callable[..., str], *facts: object, **options: str) -> str:
        width = render.terminal_width(sys.stdout) if self.person else WIDTH
        return rendering(*facts, colour=self._colour, width=width, **options)

    def _page(self, text: str) -> None:
        if not self.person:
            return self.write(text)
        from qa_bot.repl.interactive import show

        return show(text, self.write)

    def _run(self, work: Callable[[Callable[[], bool]], T]) -> T:
        if not self.person:
            return work(lambda: False)
        from qa_bot.repl.interactive import run_interruptible

        def say_if_loading() -> None:
            if self.loading():
                self.complain("The models are still loading; please wait.")

        return run_interruptible(work, say_if_loading)

    # -- questions and commands -------------------------------------------------------------------------------------------

    def _ask(self, question: str) -> None:
        if talk := small_talk(question):
            return self.help(()) if talk is SmallTalk.HELP else self.write(_REPLIES[talk])
        if self._bot.store.encoder is None:
            raise QuestionError(EMPTY)
        turns, remark = self._turns, self._bot.remark(question) if self._turns else None
        if remark is Remark.THANKS:
            return self.write(_REPLIES[SmallTalk.THANKS])
        told: list[Explanation] = []
        asking = partial(self._bot.ask, question, only=self._only, turns=turns, explained=told.append)
        self._answer = answer = self._run(lambda stopped: asking(stopped))
        self._explanation = told[-1] if told else None
        words = answer.answer.text if answer.answer else None
        title = answer.article.title if answer.article else None
        self._turns = [*turns[1 - MAX_TURNS :], Turn(question, words, title)]
        if self._as_json:
            return print(answer.model_dump_json(), flush=True)
        self.write(self._rendered(render.render_answer, answer, closest="/more", searched=self.filtered))
        if remark is Remark.SURE and answer.alternatives:
            self.more(())
        return None

    def _command(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        name = name.lower().rstrip("!")
        name = ALIASES.get(name, name)
        completions = [command for command in COMMANDS if name and command.startswith(name)]
        if name not in COMMANDS and len(completions) == 1:
            name = completions[0]
        if name not in COMMANDS:
            near = completions or difflib.get_close_matches(name, COMMANDS, 1, 0.5)
            instead = f"did you mean {' or '.join('/' + command for command in near)}?" if near else "see /help"
            raise QuestionError(f"there is no command /{name}; {instead}")
        COMMANDS[name].run(self, _arguments(rest))

    def _quotation(self, arguments: Sequence[str]) -> tuple[Quotation, ArticleText]:
        """The answer with a number, and its article as stored."""
        quotations = list(iterate(self._answer)) if self._answer else []
        if not quotations:
            raise QuestionError("there is no answer yet; ask a question first")
        number = arguments[0] if arguments else "1"
        if not number.isdecimal() or not 1 <= int(number) <= len(quotations):
            raise QuestionError(f"there is no answer {number}; /more shows answers 1 to {len(quotations)}")
        quotation = quotations[int(number) - 1]
        stored = self._bot.store.articles.get(quotation.article.id)
        answer = quotation.answer
        if stored is None or stored.article.text[answer.start : answer.end] != answer.text:
            raise QuestionError("the article has changed since this answer, or is gone; ask the question again")
        return quotation, stored

    def more(self, arguments: Sequence[str]) -> None:
        """Shows more answers, or what came closest."""
        if self._answer is None:
            raise QuestionError("there is no answer yet; ask a question first")
        if not self._answer.alternatives:
            return self.write("There are no other answers.")
        return self.write(self._rendered(render.render_alternatives, self._answer))

    def why(self, arguments: Sequence[str]) -> None:
        """Shows which passages were read, and what else was in the running."""
        if self._answer is None:
            raise QuestionError("there is no answer yet; ask a question first")
        if self._explanation is None:
            return self.write("These are the articles that have the words of the question; no passage was read.")
        return self.write(self._rendered(render_explanation, self._answer, self._explanation))

    def context(self, arguments: Sequence[str]) -> None:
        """Shows the sentences around the answer, or around answer N of /more."""
        quotation, stored = self._quotation(arguments)
        self.write(self._rendered(render.render_context, stored, quotation))

    def article(self, arguments: Sequence[str]) -> None:
        """Shows the whole article of the answer, of answer N, or with an ID of /articles."""
        store, prefix = self._bot.store, arguments[0].lower() if arguments else ""
        ids = [known.id for known in store.articles.known() if known.id.startswith(prefix)] if len(prefix) > 3 else []
        stored = store.articles.get(ids[0]) if len(ids) == 1 else None
        marked = NOTHING
        if stored is None:
            quotation, stored = self._quotation(arguments)
            marked = Span(quotation.answer.start, quotation.answer.end)
        self._page(self._rendered(render.render_article, stored.article, marked))

    def articles(self, arguments: Sequence[str]) -> None:
        """Lists the articles that are searched, newest first; N of them."""
        store, limit = self._bot.store, arguments[0] if arguments else str(_ARTICLES_SHOWN)
        if not limit.isdecimal() or int(limit) < 1 or len(arguments) > 1:
            raise QuestionError(f"{' '.join(arguments)}: not a number of articles; write for instance: /articles 20")
        articles = store.articles.list(limit=int(limit), only=self._only)
        if not articles:
            return self.write(f"No article passes the filter: {self.filtered}" if self._only else EMPTY)
        total = store.articles.count(self._only)
        width = render.terminal_width(sys.stdout) if self.person else None
        return self._page(render.render_articles(articles, total, width=width))

    def sources(self, arguments: Sequence[str]) -> None:
        """Lists the sources of the articles."""
        self.write("\n".join(visible(source.location) for source in self._bot.store.sources.list()) or EMPTY)

    def filter(self, arguments: Sequence[str]) -> None:
        """Searches only publisher NAME, source PLACE, since DATE, until DATE; all: everything again."""
        only = EVERYTHING if [word.lower() for word in arguments] == ["all"] else read_filter(arguments)
        check_names(only, self._bot.store)
        self._only = only
        self.write(f"Searching only: {self.filtered}" if self._only else "Searching all articles.")

    def reindex(self, arguments: Sequence[str]) -> None:
        """Brings the sources up to date, or adds new ones."""
        if not arguments and not self._bot.store.sources.list():
            raise QuestionError("there are no sources yet; name a file or folder: /reindex FOLDER")
        with ProgressLine(sys.stderr) as line:

            def index(stopped: Callable[[], bool]) -> str:
                def progress(done: Progress) -> None:
                    if stopped():
                        raise Cancelled
                    line.articles(done)

                return render_report(self._bot.reindex(arguments, progress=progress))

            try:
                report = self._run(index)
            except KeyboardInterrupt:
                self.complain("What is indexed so far stays; /reindex continues from there.")
                raise
        self.write(report)

    def help(self, arguments: Sequence[str]) -> None:
        """Lists the commands."""
        rows = [f"  {f'/{name} {command.arguments}':<20} {command.summary}" for name, command in COMMANDS.items()]
        keys = "Ctrl-C stops what is running, Ctrl-D leaves, Tab completes, Ctrl-R searches your earlier questions."
        self.write("\n".join(["Type a question to get an answer, or a command:", *rows, keys]))

    def quit(self, arguments: Sequence[str]) -> None:
        """Leaves."""
        self.ended = True


def _arguments(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise QuestionError(f"{text}: a quotation mark is not closed; put quotation marks at both ends") from error


class Command(NamedTuple):
    """A command: its arguments, and the method that runs it."""

    arguments: str
    run: Callable[[Session, Sequence[str]], None]

    @property
    def summary(self) -> str:
        """What it does, in words."""
        return self.run.__doc__ or ""


COMMANDS = {
    "more": Command("", Session.more),
    "why": Command("", Session.why),
    "context": Command("[N]", Session.context),
    "article": Command("[N or ID]", Session.article),
    "articles": Command("[N]", Session.articles),
    "sources": Command("", Session.sources),
    "filter": Command("[CONDITIONS]", Session.filter),
    "reindex": Command("[PATH...]", Session.reindex),
    "help": Command("", Session.help),
    "quit": Command("", Session.quit),
}
ALIASES = {"exit": "quit", "q": "quit", "bye": "quit", "?": "help", "h": "help", "index": "reindex", "": "help"}
