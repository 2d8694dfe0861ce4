"""How answers look in a terminal."""

from __future__ import annotations

import io
import json
import re
import sys
import time
import unicodedata
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embeddings.articles import Article
from embeddings.indexing.reindexer import Failure, PassageCounts, Progress, ReindexReport
from embeddings.sentences import Span, split_sentences
from embeddings.store.protocol import ArticleText
from embeddings.text import visible
from qa_bot.answering.missing import Gap, Missing
from qa_bot.answering.results import Answer, AnswerSpan, AnswerVerdict, Quotation, SourceSentence, Timings, reference
from qa_bot.terminal.progress import ProgressLine
from qa_bot.terminal.render import (
    NOT_ANSWERED,
    render_alternatives,
    render_answer,
    render_article,
    render_context,
    sureness,
    terminal_width,
    use_colour,
)
from qa_bot.terminal.report import render_report
from qa_bot.terminal.wrapping import escape, wrap

TEXT = (
    "The day began quietly. Rain fell on the harbour. In the afternoon the committee met in the old town hall of "
    "Springfield, and after a long debate its chairwoman Maria Lopez announced the result. Nobody was surprised.\n\n"
    "The papers printed it the next day. That was all."
)
ARTICLE = Article(
    id="0123456789ab",
    title="The Committee Decides",
    text=TEXT,
    url="https://example.org/a",
    publisher="The Daily",
    published_at=date(2024, 3, 9),
    source="/articles/committee.txt",
)
HELD = ArticleText(ARTICLE, split_sentences(TEXT))
BOLD = re.compile("\x1b\\[1m(.*?)\x1b\\[0m", re.DOTALL)
ESCAPES = re.compile("\x1b\\[[0-9]*m|\x1b]8;;.*?\x1b\\\\")


class Terminal(io.StringIO):
    """A stream to a terminal."""

    def isatty(self) -> bool:
        return True


def quotation(words: str, confidence: float = 0.9) -> Quotation:
    start = TEXT.index(words)
    sentence = next(s for s in HELD.sentences if s.start <= start < s.end)
    return Quotation(
        answer=AnswerSpan(text=words, start=start, end=start + len(words), confidence=confidence),
        sentence=SourceSentence(text=TEXT[sentence.start : sentence.end], start=sentence.start, end=sentence.end),
        article=reference(ARTICLE),
    )


def answer(best: Quotation | None, *others: Quotation) -> Answer:
    return Answer(
        question="Who announced the result?",
        answered=best is not None,
        answer=best.answer if best else None,
        sentence=best.sentence if best else None,
        article=best.article if best else None,
        alternatives=others,
        timings_ms=Timings(encode=1, search=1, read=1, total=3),
    )


def test_an_answer_is_marked_in_its_sentence_above_what_is_known_of_its_article() -> None:
    assert render_answer(answer(quotation("Maria Lopez")), colour=False, width=70).splitlines() == [
        "Very sure (90%):",
        "In the afternoon the committee met in the old town hall of",
        "Springfield, and after a long debate its chairwoman **Maria Lopez**",
        "announced the result.",
        "",
        "  The Committee Decides",
        "  The Daily, 9 March 2024",
        "  https://example.org/a",
    ]


def test_a_possible_answer_is_told_apart_at_a_glance() -> None:
    possible = answer(None, quotation("Maria Lopez", 0.45), quotation("Rain", 0.2)).at_threshold(0.6, 0.3)
    assert possible.verdict is AnswerVerdict.POSSIBLE
    lines = render_answer(possible, colour=False, width=70).splitlines()
    assert lines[0] == "Possibly (45%):"
    assert "**Maria Lopez**" in lines[2]
    assert render_alternatives(possible, colour=False).startswith(" 2. **Rain** fell")


def test_the_author_is_named_before_the_paper() -> None:
    by_ann = quotation("Maria Lopez")
    by_ann = by_ann.model_copy(update={"article": by_ann.article.model_copy(update={"author": "Ann\x1b[2J Reed"})})
    assert "  by Ann[2J Reed, The Daily, 9 March 2024" in render_answer(answer(by_ann), colour=False).splitlines()


def test_an_answer_that_crosses_a_line_is_bold_on_both() -> None:
    shown = render_answer(answer(quotation("old town hall of Springfield")), colour=True, width=60)
    assert BOLD.findall(shown) == ["old town hall of", "Springfield"]
    assert all(line.count("\x1b[1m") == line.count("\x1b[0m") for line in shown.splitlines()[:4])


def test_a_terminal_can_open_the_page_at_the_sentence() -> None:
    shown = render_answer(answer(quotation("old town hall of Springfield")), colour=True, width=60)
    link = re.search("\x1b]8;;(.*?)\x1b\\\\(.*?)\x1b]8;;\x1b\\\\", shown)
    assert link
    address, text = link.groups()
    assert text == "https://example.org/a"
    assert address == (
        "https://example.org/a#:~:text=In%20the%20afternoon%20the%20committee,Maria%20Lopez%20announced%20the%20result."
    )
    assert "\x1b]8" not in render_answer(answer(quotation("old town hall of Springfield")), colour=False, width=60)


@pytest.mark.parametrize("url", ["https://example.org/a\u0308", "https://пример.example/a", None])
def test_an_address_that_a_terminal_cannot_be_given_is_shown_alone(url: str | None) -> None:
    quoted = quotation("old town hall of Springfield")
    quoted = quoted.model_copy(update={"article": quoted.article.model_copy(update={"url": url})})
    assert "\x1b]8" not in render_answer(answer(quoted), colour=True, width=60)


def test_without_an_answer_it_says_so_and_why_and_shows_the_closest_passages_unmarked() -> None:
    nothing = render_answer(answer(None), colour=False)
    others = [quotation(words, 0.1) for words in ("Rain", "Nobody", "That")]
    why = Missing(gap=Gap.WORDS, words=("Toyota", "cost"))
    refused = answer(None, *others).model_copy(update={"missing": why})
    assert nothing == NOT_ANSWERED == "The articles don't say."
    assert render_answer(refused, colour=False, closest="/more").splitlines() == [
        NOT_ANSWERED,
        "No article has “Toyota” or “cost”.",
        "",
        "The closest passages:",
        " 1. Rain fell on the harbour.",
        "    The Committee Decides · The Daily, 9 March 2024",
        " 2. Nobody was surprised.",
        "    The Committee Decides · The Daily, 9 March 2024",
        "Their best answers: /more",
    ]
    assert render_answer(refused, colour=False, closest="").splitlines() == [
        NOT_ANSWERED,
        "No article has “Toyota” or “cost”.",
    ]


def test_alternatives_are_numbered_on_from_the_answer() -> None:
    others = (quotation("Rain", 0.4), quotation("Nobody", 0.001))
    after_answer = render_alternatives(answer(quotation("Maria Lopez"), *others), colour=False)
    alone = render_alternatives(answer(None, *others), colour=False)
    assert after_answer.splitlines()[0] == " 2. **Rain** fell on the harbour."
    assert re.findall(r"^ *(\d)\.", after_answer, re.M) == ["2", "3"]
    assert re.findall(r"^ *(\d)\.", alone, re.M) == ["1", "2"]
    assert "The Committee Decides · The Daily, 9 March 2024 · not very sure (40%)" in after_answer


def test_the_context_is_two_sentences_before_and_after() -> None:
    lines = render_context(HELD, quotation("Maria Lopez"), colour=False).splitlines()
    assert lines[0].startswith("The day began quietly. Rain fell")
    assert lines[2].endswith("Nobody was surprised.")
    assert lines[3:6] == ["", "The papers printed it the next day.", "[…]"]
    at_the_end = render_context(HELD, quotation("That"), colour=False, around=1).splitlines()
    assert at_the_end[:2] == ["[…]", "The papers printed it the next day. **That** was all."]


def test_an_article_keeps_its_paragraphs() -> None:
    start = TEXT.index("surprised")
    lines = render_article(ARTICLE, Span(start, start + 9), colour=False, width=300).splitlines()
    assert lines[:4] == ["  The Committee Decides", "  The Daily, 9 March 2024", "  https://example.org/a", ""]
    assert lines[4].endswith("Nobody was **surprised**.")
    assert lines[5:] == ["", "The papers printed it the next day. That was all."]


def test_an_article_without_a_link_names_its_file() -> None:
    bare = Article(id="1", title="T", text="Words.", source="/articles/a\x1b[2J.txt")
    assert render_article(bare, colour=False).splitlines() == ["  T", "  /articles/a[2J.txt", "", "Words."]


@pytest.mark.parametrize(
    ("confidence", "words"), [(0, "(1%)"), (0.5, "(50%)"), (0.999, "(99%)"), (1, "very sure (99%)")]
)
def test_nobody_is_entirely_sure(confidence: float, words: str) -> None:
    assert sureness(confidence).endswith(words)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07\x9b2J", "]0;title2J"),
        ("one\r\ntwo\tthree\u2028four", "one  two three four"),
        ("user\u202etxt.exe\u2066", "usertxt.exe"),
        ("soft\xadly\u200b \ufeffnow", "softly now"),
        ("half\ud83d", "half"),
        ("नी👩‍🚀 naïve 東京 10\xa0km", "नी👩‍🚀 naïve 東京 10\xa0km"),
    ],
)
def test_text_from_outside_is_harmless(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_cleaning_leaves_no_control_and_touches_each_character_alone(text: str, other: str) -> None:
    cleaned = visible(text + other)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in cleaned)
    assert not any(
        unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI") for c in cleaned
    )
    assert cleaned == visible(text) + visible(other) == visible(cleaned)


PROSE = st.text(st.sampled_from("abc  \n\t.東\u0301\x1b[m\u202e"), max_size=200)


@example("[[[", "[[[東", "", 13, "  ")
@given(PROSE, PROSE, PROSE, st.integers(12, 60), st.sampled_from(["", "  "]))
def test_marking_and_wrapping_keep_the_words(before: str, inside: str, after: str, width: int, indent: str) -> None:
    text, marked = before + inside + after, Span(len(before), len(before + inside))
    bold = wrap(text, marked, colour=True, width=width, indent=indent)
    starred = wrap(text, marked, colour=False, width=width, indent=indent)
    words = "".join(visible(text).split())
    assert "".join("".join(ESCAPES.sub("", line) for line in bold).split()) == words
    assert "".join("".join(starred).replace("*", "").split()) == words
    assert "".join("".join(BOLD.findall("\n".join(bold))).split()) == "".join(visible(inside).split())
    if visible(inside).strip():
        joined = "".join(
            line.removeprefix(indent) for line in starred
        )  # a word that is too long is broken, even in a mark
        assert "".join(joined.split("**")[1].split()) == "".join(visible(inside).split())
    assert all(len(ESCAPES.sub("", line).replace("\u0301", "")) <= width for line in bold)
    assert all(line.startswith(indent) and len(line) <= width + 40 for line in starred)


def test_wide_characters_count_twice_and_long_words_are_broken() -> None:
    assert wrap("東京東京東京東京", colour=False, width=10) == ["東京東京東", "京東京"]
    assert wrap("👩‍🚀" * 6, colour=False, width=10) == ["👩‍🚀" * 5, "👩‍🚀"], (
        "what is one character to a reader is not broken"
    )
    assert wrap("“Café”…" * 2, colour=False, width=10) == ["“Café”…“Ca", "fé”…"]


def test_lines_are_as_wide_as_the_terminal_up_to_what_reads_well(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, width in (("40", 40), ("300", 100)):
        monkeypatch.setenv("COLUMNS", columns)
        assert terminal_width(Terminal()) == width
        assert terminal_width(io.StringIO()) == 100


@given(st.text())
def test_json_that_is_escaped_says_the_same_and_drives_no_terminal(text: str) -> None:
    shown = escape(json.dumps(text, ensure_ascii=False))
    assert json.loads(shown) == text
    assert visible(shown) == shown


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert use_colour(Terminal())
    assert not use_colour(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not use_colour(Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not use_colour(Terminal())


def test_a_report_counts_and_names_what_could_not_be_read() -> None:
    failed = tuple(Failure(source=f"/a/{number}\x1b", reason="not UTF-8") for number in range(25))
    counts = PassageCounts(embedded=30, reused=2, total=1032, per_second=25.2)
    shown = render_report(
        ReindexReport(
            new=2,
            changed=0,
            unchanged=3,
            removed=0,
            duplicates=1,
            failed=failed,
            passages=counts,
            seconds=1.23,
            articles=5,
        )
    ).splitlines()
    assert shown[:4] == [
        "Articles: 2 new, 3 unchanged. 1 is a copy of another.",
        "The store holds 5 articles in 1,032 passages. 30 embedded (25 a second), 1.2 s.",
        "Could not be read: 25. What the store has of them stays.",
        "  /a/0: not UTF-8",
    ]
    assert shown[-1] == "  and 5 more"


def test_a_report_does_not_name_again_what_was_named() -> None:
    failed = (Failure(source="/a", reason="not UTF-8"),)
    counts = PassageCounts(embedded=0, reused=0, total=7)
    report = ReindexReport(
        new=0, changed=0, unchanged=3, removed=0, duplicates=0, failed=failed, passages=counts, seconds=1
    )
    shown = render_report(report, named=True).splitlines()
    assert shown[1:] == [
        "The store holds 0 articles in 7 passages. Nothing to embed, 1.0 s.",
        "Could not be read, see above: 1. What the store has of them stays.",
    ]


def test_the_time_left_is_told_by_the_last_half_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("qa_bot.terminal.progress.time.monotonic", lambda: clock[0])
    stream = io.StringIO()
    with ProgressLine(stream, every=0) as line:
        for entries, embedded, seconds in ((10_000, 0, 1), (10_010, 100, 10), (10_020, 200, 40), (10_030, 300, 10)):
            clock[0] += seconds
            line.articles(Progress(entries, 10_130, embedded))
    assert stream.getvalue().splitlines()[-1] == "10,030 of 10,130 articles, 4 passages a second, 4 min 10 s left"


def test_progress_on_a_terminal_is_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with ProgressLine(stream) as line:
        line.articles(Progress(1, 4, 0))
        time.sleep(0.3)
        line.articles(Progress(2, 4, 10))
    shown = stream.getvalue()
    line_of_words = re.compile(r"\r\x1b\[2K[━╸╺ ]{20} ([^\r\n]+)")
    seen = line_of_words.findall(re.sub("\x1b\\[[0-9;]*m", "", shown))
    assert seen[0] == "1 of 4 articles"
    assert re.fullmatch(r"2 of 4 articles, [\d,]+ passages a second, 0 s left", seen[-1])
    assert shown.count("\n") == 1, "the line ends only when it goes away"
    assert shown.endswith("\n\x1b[?25h\r\x1b[1A\x1b[2K")


def test_a_dumb_terminal_gets_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    with ProgressLine(stream, every=0) as line:
        line.articles(Progress(1, 4, 0))
    assert stream.getvalue() == "1 of 4 articles\n"


def test_notes_beside_a_bar_stand_above_it_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream := Terminal())
    with ProgressLine(stream) as line:
        line.steps(1, 4, "[red]questions[/red] :smile:")
        sys.stderr.write("qa-bot: not indexed: [bold]a[/bold] :smile:\n")
        time.sleep(0.2)
    shown = ESCAPES.sub("", stream.getvalue())
    assert "\rqa-bot: not indexed: [bold]a[/bold] :smile:\n" in shown.replace("\x1b[2K", "")
    assert "1 of 4 [red]questions[/red] :smile:" in shown


def test_progress_elsewhere_is_a_line_now_and_then() -> None:
    stream = io.StringIO()
    with ProgressLine(stream) as line:
        line.articles(Progress(1, 4, 0))
    assert stream.getvalue() == ""
    with ProgressLine(stream, every=0) as line:
        line.articles(Progress(1, 4, 0))
        line.articles(Progress(25_000, 0, 0))
    assert stream.getvalue() == "1 of 4 articles\n25,000 articles\n"
