"""The command `qa-bot`: parses, calls one thing, prints.

Answers, lists and JSON go to stdout; progress, notes and errors to stderr.  Exit codes: 0 done (or answered), 1 the articles
do not answer the question, 2 a usage, settings, file or store error, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from embeddings.errors import QABotError, SourceError, StoreError
from qa_bot import __version__
from qa_bot.settings import PREFIX, Settings, accepted_values, load_settings

if TYPE_CHECKING:
    from embeddings.reindex import ReindexReport
    from qa_bot.bot import QABot

EXAMPLES = {
    None: """\
examples:
  qa-bot index ~/articles            index a folder of .txt and .md files
  qa-bot ask "Who won the election?" one answer
  qa-bot repl                        ask as in a conversation
  qa-bot status                      what is in the store, and where it lies
""",
    "index": """\
examples:
  qa-bot index ~/articles            index a folder, and remember it
  qa-bot index                       bring all remembered sources up to date
  qa-bot index --rebuild             embed everything anew, after another encoder was set
  qa-bot index --json ~/articles     the report as JSON on stdout
""",
    "ask": """\
examples:
  qa-bot ask "Where was the press conference?"
  qa-bot ask --json "Where was the press conference?" | jq .answer.text
  qa-bot ask --threshold 0.8 "Who called for the vote?"

exit code: 0 answered, 1 the articles do not answer it, 2 an error
""",
    "repl": """\
examples:
  qa-bot repl                        /help there lists its commands
  echo "Who won?" | qa-bot repl      questions from a pipe, a line each
""",
    "articles": """\
examples:
  qa-bot articles list --limit 20
  qa-bot articles show 1f0c2a9b77de
  qa-bot articles remove 1f0c2a9b77de
""",
    "eval": """\
examples:
  qa-bot eval dev-v2.0.json                         read the given paragraphs, search them, and both
  qa-bot eval --mode reader --json dev-v1.1.json.gz
  qa-bot eval --limit 500 --report out dev-v2.0.json   out/report.md, report.json, predictions.jsonl
""",
    "status": """\
examples:
  qa-bot status
  qa-bot status --json
""",
}


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
        print("qa-bot: stopped", file=sys.stderr)
        return 130
    except Exception as error:
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
        epilog=EXAMPLES[None],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"qa-bot {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    index = _command(commands, "index", _index, "bring the store up to date with its sources")
    index.add_argument("path", nargs="*", metavar="PATH", help="files and folders; none for those that are remembered")
    index.add_argument("--rebuild", action="store_true", help="cut and embed all that the store holds anew")
    index.add_argument("--quiet", action="store_true", help="say nothing if all went well")
    index.add_argument("--json", action="store_true", help="print the report as JSON")

    ask = _command(commands, "ask", _ask, "answer one question")
    ask.add_argument("question", nargs="+", metavar="QUESTION", help="the question; several words are joined")
    ask.add_argument("--json", action="store_true", help="print the answer as JSON")
    ask.add_argument("--more", action="store_true", help="show the alternatives too")

    _command(commands, "repl", _repl, "ask as in a conversation")

    articles = commands.add_parser(
        "articles",
        help="list, show and remove articles",
        epilog=EXAMPLES["articles"],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = articles.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = _command(verbs, "list", _articles_list, "the articles in the store, newest first", "articles")
    listing.add_argument("--limit", type=_count, metavar="N", help="at most this many")
    listing.add_argument("--json", action="store_true", help="print a JSON array")
    show = _command(verbs, "show", _articles_show, "one article with its text", "articles")
    show.add_argument("id", metavar="ID", help="the article's id, or its first digits")
    show.add_argument("--json", action="store_true", help="print JSON")
    remove = _command(verbs, "remove", _articles_remove, "take articles out of the store", "articles")
    remove.add_argument("id", nargs="+", metavar="ID", help="the articles' ids, or their first digits")

    evaluation = _command(commands, "eval", _eval, "measure answers on question files in SQuAD format")
    evaluation.add_argument("file", nargs="+", type=Path, metavar="FILE", help="SQuAD v1.1 or v2.0, .json or .json.gz")
    evaluation.add_argument(
        "--mode",
        action="append",
        choices=["reader", "retrieval", "end-to-end"],
        help="reader: the paragraph is given; retrieval: it is searched; end-to-end: as in use; (default: all three)",
    )
    evaluation.add_argument("--limit", type=_count, metavar="N", help="ask only this many questions, spread evenly")
    evaluation.add_argument("--report", type=Path, metavar="DIR", help="write the report and each answer there")
    evaluation.add_argument("--json", action="store_true", help="print the figures as JSON")

    status = _command(commands, "status", _status, "store, index, models, versions, sizes")
    status.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _command(commands: Any, name: str, run: Callable[..., int], summary: str, examples: str = "") -> Any:
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=EXAMPLES[examples or name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    group = parser.add_argument_group("settings", f"also read from {PREFIX}<NAME> and from qa_bot.toml")
    for setting, field in Settings.model_fields.items():
        accepted = accepted_values(setting)
        text = f"{field.description}{f' ({accepted})' if accepted else ''}".replace("%", "%%")
        group.add_argument(f"--{setting.replace('_', '-')}", metavar="VALUE", help=text)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def _note(line: str) -> None:
    from qa_bot.terminal import clean

    # In one piece, as threads may be writing too.
    sys.stderr.write(f"qa-bot: {clean(line)}\n")


def _open(settings: Settings) -> QABot:
    from qa_bot.bot import QABot

    return QABot(settings, _note)


def _index(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.progress import ProgressLine
    from qa_bot.terminal import render_report

    with _open(settings) as bot:
        if not options.path and not bot.store.sources() and not options.rebuild:
            raise SourceError(
                "qa-bot index", "no sources are remembered yet; name a file or a folder: qa-bot index FOLDER"
            )
        try:
            if options.quiet:
                report = bot.reindex(options.path, rebuild=options.rebuild)
            else:
                with ProgressLine(sys.stderr) as line:
                    report = bot.reindex(options.path, rebuild=options.rebuild, progress=line.articles)
        except KeyboardInterrupt:
            _note(
                f"stopped; {bot.store.status().articles} articles are committed, and the same command goes on from there"
            )
            return 130
    for failure in report.failed:
        _note(f"not indexed: {failure.source}: {failure.reason}")
    if options.json:
        print(report.model_dump_json())
    elif not options.quiet:
        print(render_report(report), file=sys.stderr)
    return 2 if _nothing_read(report) else 0


def _nothing_read(report: ReindexReport) -> bool:
    return bool(report.failed) and not report.new + report.changed + report.unchanged


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.terminal import render_alternatives, render_answer, use_colour

    with _open(settings) as bot:
        answer = bot.ask(" ".join(options.question))
    if options.json:
        print(answer.model_dump_json())
    else:
        print(render_answer(answer, colour=use_colour(sys.stdout)))
        if options.more and answer.alternatives:
            print(render_alternatives(answer, colour=use_colour(sys.stdout)))
    return 0 if answer.answered else 1


def _repl(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.repl import run_repl

    with _open(settings) as bot:
        return run_repl(bot)


def _articles_list(options: argparse.Namespace, settings: Settings) -> int:
    import json

    from qa_bot.answering import reference
    from qa_bot.terminal import clean

    with _open(settings) as bot:
        articles = [reference(article) for article in bot.store.articles(limit=options.limit)]
    if options.json:
        print(json.dumps([article.model_dump(mode="json") for article in articles], ensure_ascii=False))
        return 0
    if not articles:
        _note(f"the store in {settings.data_dir} is empty; run: qa-bot index FOLDER")
    for article in articles:
        published = str(article.published_at or "")[:10]
        print(f"{article.id}  {published:10}  {clean(article.title)}")
    return 0


def _find(bot: QABot, prefix: str) -> str:
    """The id of the one article whose id begins so."""
    found = [known.id for known in bot.store.known() if known.id.startswith(prefix.lower())]
    if len(found) != 1:
        what = "several articles have ids" if found else "no article has an id"
        raise StoreError(f"{prefix}: {what} that begins so; see: qa-bot articles list")
    return found[0]


def _articles_show(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.terminal import clean

    with _open(settings) as bot:
        held = bot.store.article(_find(bot, options.id))
    if held is None:
        raise StoreError(f"{options.id}: the article has just been removed; see: qa-bot articles list")
    article = held.article
    if options.json:
        print(article.model_dump_json())
        return 0
    print(clean(article.title))
    facts = (article.publisher, article.published_at, article.url, article.source)
    print(" · ".join(clean(str(fact)) for fact in facts if fact))
    print()
    print("\n".join(clean(line) for line in article.text.splitlines()))
    return 0


def _articles_remove(options: argparse.Namespace, settings: Settings) -> int:
    with _open(settings) as bot:
        found = [_find(bot, prefix) for prefix in options.id]
        removed = bot.store.remove(found)
        bot.store.refresh()
    print(
        f"removed {removed}; an article whose file is still there comes back when its source is indexed",
        file=sys.stderr,
    )
    return 0


def _eval(options: argparse.Namespace, settings: Settings) -> int:
    import json

    from qa_bot.evaluation.modes import Mode, evaluate
    from qa_bot.evaluation.report import prepare_folder, text_table, write_report
    from qa_bot.progress import ProgressLine

    if options.report:
        prepare_folder(options.report)
    modes = tuple(Mode(name) for name in dict.fromkeys(options.mode or list(Mode)))
    with ProgressLine(sys.stderr) as line:
        report = evaluate(
            options.file, settings=settings, modes=modes, limit=options.limit, progress=line.steps, say=_note
        )
    if options.report:
        write_report(report, options.report)
    print(json.dumps(report.to_json()) if options.json else text_table(report))
    return 0


def _status(options: argparse.Namespace, settings: Settings) -> int:
    import json

    from qa_bot.status import collect_status, render_status

    with _open(settings) as bot:
        found = collect_status(bot)
    print(json.dumps(found, ensure_ascii=False) if options.json else render_status(found))
    return 0
