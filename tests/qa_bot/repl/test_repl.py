"""The REPL as a person meets it: a process in a pseudo-terminal, with the seed articles and the shipped models."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from embeddings.errors import StoreError
from embeddings.store.protocol import Store
from qa_bot import QABot, Settings
from qa_bot.repl.completion import CommandCompleter, Name, StoredNames
from qa_bot.repl.interactive import ForgivingHistory
from qa_bot.repl.session import Session

QUESTION = "Where was Mattis's press conference held?"
START = """
import fcntl, sys, termios
if sys.stdin.isatty():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from qa_bot.bot import QABot
from qa_bot.commands.repl import run_repl
from qa_bot.settings import load_settings
{extra}
with QABot(load_settings(data_dir=sys.argv[1], cache_dir=sys.argv[2])) as bot:
    sys.exit({run})
"""
# A question that goes on until it is stopped, and one that shows a mistake of ours; nothing else is replaced.
TROUBLE = """
import time
ask = QABot.ask
def trouble(self, question, cancelled=lambda: False, *rest, **more):
    if question == "wait":
        print("working", flush=True)
    while question == "wait" and not cancelled():
        time.sleep(0.01)
    if question == "break":
        raise ZeroDivisionError("division by zero")
    return ask(self, question, cancelled, *rest, **more)
QABot.ask = trouble
"""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x07")


class Terminal:
    """A pseudo-terminal with a REPL in it."""

    def __init__(self, settings: Settings, extra: str = "", **environment: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 200, 100, 0, 0))
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                START.format(extra=extra, run="run_repl(bot)"),
                str(settings.data_dir),
                str(settings.cache_dir),
            ],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **environment},
        )
        os.close(slave)
        self.raw = ""

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def expect(self, pattern: str, seconds: float = 90) -> str:
        """What has appeared since the last call, up to and with a pattern, without escapes."""
        until = time.monotonic() + seconds
        while not (match := re.search(pattern, ESCAPES.sub("", self.raw))):
            ready = select.select([self._master], [], [], max(until - time.monotonic(), 0))[0]
            assert ready, f"no {pattern!r} in {ESCAPES.sub('', self.raw)!r}"
            self.raw += self._read()
        seen = ESCAPES.sub("", self.raw)
        self.raw = seen[match.end() :]
        return seen[: match.end()].replace("\r", "")

    def expect_prompt(self) -> None:
        """Waits until the line editor reads: what a terminal does with Ctrl-C and Ctrl-D is another thing before."""
        self.expect(">")

    def _read(self) -> str:
        try:
            return os.read(self._master, 65536).decode(errors="replace")
        except OSError:
            raise AssertionError(f"the REPL ended: {ESCAPES.sub('', self.raw)!r}") from None

    def ended(self) -> int:
        """Its exit code, once it has ended by itself."""
        until = time.monotonic() + 30
        while self.process.poll() is None and time.monotonic() < until:
            if select.select([self._master], [], [], 0.1)[0]:
                with suppress(OSError):
                    self.raw += os.read(self._master, 65536).decode(errors="replace")
        assert self.process.poll() is not None, f"it goes on: {ESCAPES.sub('', self.raw)!r}"
        return self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(settings: Settings, seed_bot: QABot) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_terminal(given: Settings = settings, extra: str = "", **environment: str) -> Terminal:
        opened.append(Terminal(given, extra, **environment))
        return opened[-1]

    yield open_terminal
    for repl in opened:
        repl.close()


def piped(
    settings: Settings, text: bytes, extra: str = "", run: str = "run_repl(bot)", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    code = START.format(extra=extra, run=run)
    arguments = [sys.executable, "-c", code, str(settings.data_dir), str(settings.cache_dir)]
    return subprocess.run(arguments, input=text, capture_output=True, timeout=90, env={**os.environ, **environment})


def test_a_question_is_answered_in_bold_and_its_article_can_be_seen(terminal: Callable[..., Terminal]) -> None:
    repl = terminal()
    # Typed before the models can have been loaded: it waits.
    assert "15 articles, " in repl.expect("/help")
    repl.type(QUESTION + "\r")
    shown = repl.expect(r"mattis-nato-russia\.txt")
    assert re.search(r"\(\d+%\):", shown)

    repl.type("/context\r")
    assert "[…]" in repl.expect(r"mattis-nato-russia\.txt")
    repl.type(":MORE\r")
    assert re.search(r"^ 2\. ", repl.expect(r" 4\. "), re.M)
    repl.type("/article\r")
    assert "fundamental bedrock" in repl.expect(r"common\s+defense")
    repl.type("/articles\r")
    identity = re.findall(r"([0-9a-f]{12}) .*Apollo 11", repl.expect("Apollo 11"))[0]
    repl.type(f"/article {identity}\r")
    repl.expect("felt-tip")
    repl.type("/sources\r")
    repl.expect("/seeds\r?\n")
    repl.type("/quit\r")
    assert repl.ended() == 0


def test_the_answer_is_bold(terminal: Callable[..., Terminal]) -> None:
    repl = terminal()
    repl.expect("/help")
    repl.type(QUESTION + "\r")
    pattern = re.compile("\x1b\\[1m(.*?)\x1b\\[0m")
    while not pattern.search(repl.raw):  # how sure stands before the answer, and may arrive before it
        assert repl.process.poll() is None
        repl.raw += repl._read()
    assert 0 < len(" ".join(pattern.findall(repl.raw))) < 100


def test_help_names_every_command_and_a_mistyped_one_is_recognised(terminal: Callable[..., Terminal]) -> None:
    repl = terminal()
    repl.expect("/help")
    repl.type("help\r")
    shown = repl.expect("Ctrl-D leaves")
    for name in ("more", "why", "context", "article", "articles", "sources", "filter", "reindex", "help", "quit"):
        assert f"/{name}" in shown
    repl.type("/contxt\r")
    repl.expect(r"there is no command /contxt; did you mean /context\?")
    repl.type("/context\r")
    repl.expect("ask a question first")
    repl.type("/art\r")
    repl.expect("did you mean /article or /articles")
    repl.type('/reindex "open\r')
    repl.expect("a quotation mark is not closed")
    repl.type("/reindex /nowhere/at/all\r")
    repl.expect("/nowhere/at/all: there is no such file or folder")


def test_ctrl_c_stops_the_question_and_not_the_repl(terminal: Callable[..., Terminal]) -> None:
    repl = terminal(extra=TROUBLE)
    repl.expect("/help")
    repl.type("wait\r")
    repl.expect("working")
    repl.type("\x03")
    repl.expect("Stopped")
    repl.expect_prompt()
    repl.type("half a question\x03")
    repl.type(QUESTION + "\r")
    assert "Traceback" not in repl.expect(r"\(\d+%\)")
    repl.expect_prompt()
    repl.type("\x04")
    assert repl.ended() == 0


def test_questions_that_are_pasted_at_once_are_each_answered(terminal: Callable[..., Terminal]) -> None:
    repl = terminal()
    repl.expect("/help")
    repl.expect_prompt()
    repl.type("\x1b[200~When was\nVoyager 2 launched?\nWho led the Apollo 11 flight?\n/sources\x1b[201~\r")
    assert "1977" in repl.expect("voyager-probes")
    assert "Apollo 11" in repl.expect("/seeds\r?\n")


def test_a_question_is_understood_in_the_light_of_the_one_before(terminal: Callable[..., Terminal]) -> None:
    repl = terminal()
    repl.expect("/help")
    repl.type("When was Voyager 2 launched?\r")
    repl.expect(r"\(\d+%\)")
    repl.expect_prompt()
    repl.type("and what about Voyager 1?\r")
    shown = repl.expect(r"\(\d+%\)")
    assert "When was Voyager 1 launched?" in shown
    repl.expect_prompt()
    repl.type("\x04")
    assert repl.ended() == 0


def test_a_conversation_can_come_from_a_pipe(settings: Settings, seed_bot: QABot) -> None:
    done = piped(settings, b"When was Voyager 2 launched?\nand what about Voyager 1?\nthanks\n")
    assert b"understood as: When was Voyager 1 launched?" in done.stdout
    assert b"You're welcome." in done.stdout


def test_a_conversation_as_json_is_one_object_a_line(settings: Settings, seed_bot: QABot) -> None:
    lines = b"When was Voyager 2 launched?\nhello\nand Voyager 1?\n/filter\nWho led the Apollo 11 flight?\n"
    done = piped(settings, lines, run="run_repl(bot, as_json=True)")
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert [answer["understood_as"] for answer in (first, second, third)] == [
        None,
        "When was Voyager 1 launched?",
        None,
    ]
    assert second["question"] == "and Voyager 1?"
    assert second["answer"]["text"] in second["sentence"]["text"]
    assert b"Hello" in done.stderr


def test_one_can_leave_while_the_models_load(terminal: Callable[..., Terminal]) -> None:
    repl = terminal(extra="import time; QABot.load = lambda self, **_: time.sleep(9)")
    repl.expect("/help")
    repl.expect_prompt()
    repl.type("\x04")
    assert repl.ended() == 0
    assert "Traceback" not in repl.raw


def test_a_mistake_of_ours_is_one_line_that_says_how_to_see_more(terminal: Callable[..., Terminal]) -> None:
    repl = terminal(extra=TROUBLE)
    repl.expect("/help")
    repl.type("break\r")
    shown = repl.expect("please report it")
    assert "unexpected ZeroDivisionError: division by zero; QA_BOT_DEBUG=1 shows where" in shown.replace("\n", "")
    assert "Traceback" not in shown
    loud = terminal(extra=TROUBLE, QA_BOT_DEBUG="1")
    loud.expect("/help")
    loud.type("break\r")
    assert "Traceback" in loud.expect("ZeroDivisionError: division by zero")


def test_what_was_typed_is_there_the_next_time(terminal: Callable[..., Terminal], settings: Settings) -> None:
    history = settings.data_dir / "repl_history"
    first = terminal()
    first.expect("/help")
    first.type("/sources\r")
    first.expect("/seeds\r?\n")
    first.expect_prompt()
    first.type("\x04")
    assert first.ended() == 0
    assert history.stat().st_mode & 0o077 == 0
    second = terminal()
    second.expect("/help")
    second.expect_prompt()
    second.type("\x1b[A")
    second.expect("/sources")
    second.type("\r")
    second.expect("/seeds\r?\n")


def test_a_history_that_cannot_be_used_is_done_without(tmp_path: Path) -> None:
    folder = ForgivingHistory(tmp_path)
    folder.append_string("a question")
    assert folder.load_history_strings() == []
    assert folder.get_strings() == ["a question"]
    history = ForgivingHistory(tmp_path / "history")
    history.store_string("one\ntwo")
    history.store_string("half \ud83d")
    with (tmp_path / "history").open("ab") as file:
        file.write(b"\n+\xff\n")
    assert history.load_history_strings() == ["\ufffd", "half ?", "one\ntwo"]


def test_an_empty_store_says_what_to_do_and_can_be_filled(
    terminal: Callable[..., Terminal], settings: Settings, seeds_folder: Path, tmp_path: Path
) -> None:
    repl = terminal(settings.model_copy(update={"data_dir": tmp_path / "new"}))
    repl.expect("There are no articles yet. .*/reindex FOLDER")
    repl.type(QUESTION + "\r")
    repl.expect("There are no articles yet")
    repl.type("/reindex\r")
    repl.expect("there are no sources yet")
    repl.type(f"/reindex '{seeds_folder}'\r")
    repl.expect("Articles: 15 new")
    repl.type(QUESTION + "\r")
    repl.expect(r"\(\d+%\)")


def test_what_a_person_sees_breaks_between_words_and_a_pipe_gets_whole_lines(
    seed_bot: QABot, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa_bot.terminal.render.terminal_width", lambda _: 40)
    session = Session(seed_bot, person=True)
    session.take("/help")
    session.take("/nonsense and more of it")
    session.complain("a/path/that/is/longer/than/the/terminal/is/wide/and/can/be/copied.txt")
    monkeypatch.setattr("qa_bot.repl.interactive.show", lambda text, write: write(text))
    session.take("/articles 15")
    shown, errors = capsys.readouterr()
    broken = [line for line in [*shown.splitlines(), *errors.splitlines()] if " " in line.strip()]
    assert max(map(len, broken)) <= 40
    assert "a/path/that/is/longer/than/the/terminal/is/wide/and/can/be/copied.txt" in errors.splitlines()
    whole = " ".join(shown.split())
    assert "Shows the sentences around the answer, or around answer N of /more." in whole
    assert "Eight Days in July, the Flight of Apollo 11" in whole
    piped = Session(seed_bot, person=False)
    piped.take("/help")
    assert any(len(line) > 40 for line in capsys.readouterr().out.splitlines())


def test_commands_and_paths_are_completed(tmp_path: Path) -> None:
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    (tmp_path / "news").mkdir()
    completer = CommandCompleter({"article": "", "articles": "", "reindex": ""}, ["reindex"])

    def completions(text: str) -> list[str]:
        return [completion.text for completion in completer.get_completions(Document(text), CompleteEvent())]

    assert completions("/art") == ["/article", "/articles"]
    assert completions(":r") == [":reindex"]
    assert completions("art") == completions("Who /art") == completions("/article n") == []
    assert completions(f"/reindex {tmp_path}/ne") == ["ws"]


def test_publishers_sources_and_ids_are_completed() -> None:
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    conditions = {
        "publisher": lambda: [Name("New York Post", "3 articles"), Name("New Women's Day"), Name("Reuters")],
        "source": lambda: [Name("/news/a"), Name("https://news.example/feed")],
    }
    ids = {"article": lambda: [Name("1f0c2a9b77de", "A\x1b title"), Name("2ab")]}
    completer = CommandCompleter({"filter": "", "article": ""}, [], ids, conditions)

    def completed(text: str) -> list[str]:
        """The line as it is after each completion."""
        offered = completer.get_completions(Document(text), CompleteEvent())
        return [text[: len(text) + one.start_position] + one.text for one in offered]

    assert completed("/filter ") == [f"/filter {name}" for name in ("publisher", "source", "since", "until", "all")]
    assert completed("/filter pub") == ["/filter publisher"]
    assert completed("/filter publisher new y") == ["/filter publisher New York Post"]
    assert completed("/filter publisher New W") == ['/filter publisher "New Women\'s Day"']
    assert completed("/filter publisher Reuters si") == ["/filter publisher Reuters since"]
    assert completed("/filter since 2024 source ht") == ["/filter since 2024 source https://news.example/feed"]
    assert completed("/article 1f") == ["/article 1f0c2a9b77de"]
    (offered,) = completer.get_completions(Document("/article 1f"), CompleteEvent())
    assert offered.display_meta_text == "A title"


def test_the_names_that_are_offered_are_those_of_the_store(seed_bot: QABot) -> None:
    names = StoredNames(lambda: seed_bot.store)
    assert [name.text for name in names.publishers()] == ["qa_bot seeds"]
    assert [Path(name.text).name for name in names.sources()] == ["seeds"]
    assert len(names.articles()) == 15

    def broken() -> Store:
        raise StoreError("the store is damaged")

    assert StoredNames(broken).publishers() == StoredNames(broken).sources() == StoredNames(broken).articles() == []


def test_a_pipe_gets_plain_answers_until_its_end(settings: Settings, seed_bot: QABot) -> None:
    done = piped(settings, f"{QUESTION}\n\n/more\n".encode())
    shown = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    assert re.search(r"\*\*[^*]+\*\*", shown)
    assert "\x1b" not in shown
    assert "> " not in shown
    assert " 2. " in shown
    assert done.stderr == b""


def test_how_an_answer_came_about_is_shown_on_demand(settings: Settings, seed_bot: QABot) -> None:
    done = piped(settings, f"/why\n{QUESTION}\n/why\ntell me about the reef\n/why\n".encode())
    shown = done.stdout.decode()
    assert done.stderr.decode().strip() == "there is no answer yet; ask a question first"
    answered, explained = shown.split("Kind of question: ")
    assert explained.startswith("span\nAnswers are given from 64% on")
    words = re.search(r"\*\*([^*]+)\*\*", answered)
    assert words
    assert f"  {words[1]}  [passage " in explained.split("Passages that were read")[0]
    assert "no passage was read" in explained, "of a list of articles"


def test_a_filter_holds_until_it_is_cleared(settings: Settings, seed_bot: QABot) -> None:
    lines = ["/filter publisher qa_bot seeds since 2024", QUESTION, "/more", "/filter", QUESTION]
    done = piped(settings, "\n".join(lines).encode())
    shown = done.stdout.decode()
    filtered, everything = shown.split("Searching all articles.")
    assert "Searching only: publisher qa_bot seeds, since 2024-01-01" in filtered
    assert "Searched only part of the archive: publisher qa_bot seeds, since 2024-01-01" in filtered
    assert "mattis-nato-russia" not in filtered
    assert "mattis-nato-russia" in everything
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_filter_that_cannot_be_is_named_and_the_old_one_holds(settings: Settings, seed_bot: QABot) -> None:
    done = piped(
        settings, f"/filter until 1950\n/filter since 2024-02-30\n/filter publisher qabot seeds\n{QUESTION}\n".encode()
    )
    assert b"since: '2024-02-30' is not a date; write 2024-01-31, 2024-01 or 2024" in done.stderr
    assert b"publisher 'qabot seeds': no article is by this one; did you mean qa_bot seeds?" in done.stderr
    assert b"Searched only part of the archive: until 1950-12-31" in done.stdout


def test_all_articles_are_searched_again_and_so_many_listed_as_a_person_says(
    settings: Settings, seed_bot: QABot
) -> None:
    lines = "/filter source */seeds since 2025\n/articles 2\n/filter ALL\n/articles 1\n/articles no\n/filter source /nowhere\n"
    done = piped(settings, lines.encode())
    filtered, all_again = done.stdout.decode().split("Searching all articles.")
    assert re.findall(r"^[0-9a-f]{12} .*$|^and .*$", filtered, re.MULTILINE)[2:] == [
        "and 1 more; qa-bot articles list shows all"
    ]
    assert "and 14 more" in all_again
    errors = done.stderr.decode().splitlines()
    assert errors[0] == "no: not a number of articles; write for instance: /articles 20"
    assert errors[1].startswith("source '/nowhere': there is no such source; there are ")


def test_the_filter_stands_in_the_prompt(terminal: Callable[..., Terminal]) -> None:
    repl = terminal()
    repl.expect("/help")
    repl.type("/filter until 2024-05\r")
    repl.expect("Searching only: until 2024-05-31")
    repl.expect(r"\[until 2024-05-31\] >")
    repl.type("/filter\r")
    repl.expect("Searching all articles")


def test_a_pipe_with_something_wrong_in_it_goes_on_and_ends_with_2(settings: Settings, seed_bot: QABot) -> None:
    done = piped(settings, b"\xff\xfe?!\n/nonsense\n" + QUESTION.encode() + b"\n/quit\nnever asked\n")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"there is no command /nonsense" in done.stderr
    assert done.stdout.count(b"%)") == 1


def test_a_pipe_does_not_load_the_line_editor(settings: Settings, seed_bot: QABot) -> None:
    watch = "import atexit; atexit.register(lambda: print('prompt_toolkit' in sys.modules, 'torch' in sys.modules))"
    assert piped(settings, QUESTION.encode(), watch).stdout.decode().splitlines()[-1] == "False False"
