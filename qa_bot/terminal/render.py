"""How answers, articles and reports look in a terminal: facts in, text out."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TextIO

from embeddings.articles import shown_source, url_with_real_host
from embeddings.dates import MONTHS
from embeddings.sentences import Span
from embeddings.text import visible
from qa_bot.answering.missing import reason
from qa_bot.answering.question_kind import QuestionKind
from qa_bot.answering.results import AnswerVerdict, ArticleReference, iterate, percent_of, sureness_of
from qa_bot.answering.standpoints import standpoints
from qa_bot.answering.text_fragment import link_to_words
from qa_bot.terminal.wrapping import DIM, NOTHING, RESET, WIDTH, hyperlink, wrap

if TYPE_CHECKING:
    from embeddings.articles import Article
    from embeddings.store.protocol import ArticleText
    from qa_bot.answering.relative_days import NamedDay
    from qa_bot.answering.results import Answer, AnswerSpan, Quotation, SourceSentence, TeamAnswer

_SHOWN_DIGITS = 12
NOT_ANSWERED = "The articles don't say."
FROM_ARTICLES = "From the articles:"
NEWEST = "The newest articles on this:"

_COPIES_SHOWN = 3
_CLOSEST_SHOWN = 2


def use_colour(stream: TextIO) -> bool:
    """Whether a stream shows bold and colours: a terminal, unless ``NO_COLOR`` is set or ``TERM`` is dumb."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def terminal_width(stream: TextIO) -> int:
    """Columns that a stream's lines are wrapped to: those of the terminal, at most `WIDTH`."""
    return min(shutil.get_terminal_size().columns, WIDTH) if stream.isatty() else WIDTH


def _paragraphs(text: str, marked: Span, *, colour: bool, width: int) -> list[str]:
    lines: list[str] = []
    gap = False
    for line in re.finditer("[^\n]+|\n\n", text):
        start, end = (min(max(at, line.start()), line.end()) - line.start() for at in marked)
        wrapped = wrap(line.group(), Span(start, end), colour=colour, width=width)
        lines += ["", *wrapped] if lines and gap and wrapped else wrapped
        gap = not wrapped
    return lines


def _within(start: int, quoted: AnswerSpan) -> Span:
    return Span(quoted.start - start, quoted.end - start)


def _dim(lines: list[str], colour: bool) -> list[str]:
    return [f"{DIM}{line}{RESET}" for line in lines] if colour else lines


# -- answers -----------------------------------------------------------------------------------------------------------


def render_answer(
    answer: Answer, *, colour: bool, width: int = WIDTH, closest: str = "qa-bot ask --more", searched: str = ""
) -> str:
    """How sure qa-bot is, the answer in its sentence, and its article; or that the articles don't say, and why.

    Args:
        answer: to show.
        colour: whether to use bold and dim.
        width: columns to wrap to.
        closest: the command that shows more of what came closest, when there is no answer; empty to show nothing of it.
        searched: the part of the archive that was searched, in words; empty for all of it.
    """
    if answer.understood_as:
        understood = wrap(f"understood as: {answer.understood_as}", colour=False, width=width)
        plain = answer.model_copy(update={"understood_as": None})
        rest = render_answer(plain, colour=colour, width=width, closest=closest, searched=searched)
        return "\n".join([*_dim(understood, colour), rest])
    if answer.team_answer:
        own = answer.model_copy(update={"team_answer": None})
        rest = render_answer(own, colour=colour, width=width, closest=closest, searched=searched)
        return "\n".join(
            [*render_team_answer(answer.team_answer, answer.asked, colour, width), "", FROM_ARTICLES, rest]
        )
    if answer.answer is None or answer.sentence is None or answer.article is None:
        return "\n".join(_unanswered(answer, searched, closest, colour, width))
    if answer.kind is QuestionKind.ARTICLES:
        return "\n".join(_listed_articles(answer, colour, width))
    lines = wrap(answer.sentence.text, _marked(answer.sentence, answer.answer), colour=colour, width=width)
    lines += _dim(wrap(named_days(answer.days), colour=False, width=width), colour)
    also = _dim(_also(answer.also, answer.also_more, width), colour)
    also += _dim(_also([source.article for source in answer.agreeing], 0, width, "says so too"), colour)
    sides = wrap(differ(answer), colour=False, width=width)
    return "\n".join(
        [
            heading(answer, answer.answer),
            *lines,
            "",
            *_about(answer.article, colour, width, answer.sentence.text),
            *also,
            *sides,
        ]
    )


def render_team_answer(answer: TeamAnswer, asked: str, colour: bool, width: int = WIDTH) -> list[str]:
    """What the team answers: who says so and since when, its words, its link; and its question, if another was asked."""
    others = (
        []
        if asked.lower() == answer.question.lower()
        else wrap(answer.question, colour=False, width=width, indent="  ")
    )
    text = [line for part in answer.text.splitlines() for line in wrap(part, colour=False, width=width, indent="  ")]
    return [
        f"Team answer by {visible(answer.by)}, {render_date(answer.saved_at)}:",
        *(["  to the question:", *others, ""] if others else []),
        *text,
        *([f"  {visible(url_with_real_host(answer.link))}"] if answer.link else []),
    ]


def named_days(days: Sequence[NamedDay]) -> str:
    """Which days a sentence means by "yesterday" or "Thursday", each said once; empty if it names none."""
    said = dict.fromkeys(f"“{day.text}” is {render_date(day.day)}" for day in days)
    return f"Here, {', and '.join(said)}." if said else ""


def differ(answer: Answer) -> str:
    """That articles contradict each other, and what each side says; empty if they don't."""
    sides = []
    for text, articles, newest in standpoints(answer):
        day = f" ({'newest ' * (articles > 1)}{render_date(newest)})" if newest else ""
        sides.append(f"“{text}” in {articles:,}{day}")
    return f"The articles differ: {', '.join(sides)}." if sides else ""


def heading(answer: Answer, span: AnswerSpan) -> str:
    """How sure qa-bot is of an answer, to stand before it."""
    if answer.verdict is AnswerVerdict.POSSIBLE:
        return (
            "Possibly, but the articles differ:"
            if answer.one_of_sides
            else f"Possibly ({percent_of(span.confidence)}%):"
        )
    if answer.kind is QuestionKind.YES_NO:
        return f"The articles say ({sureness(span.confidence).replace(' (', ', ')}:"
    sure = sureness(span.confidence)
    return f"{sure[0].upper()}{sure[1:]}:"


def _listed_articles(answer: Answer, colour: bool, width: int) -> list[str]:
    """The articles on what was asked about, each with its sentence."""
    lines = [NEWEST]
    for number, quotation in enumerate(iterate(answer), start=1):
        lines += ["", *_numbered(number, quotation, NOTHING, "", colour, width)]
        lines += _dim(["    " + _link(quotation.article, quotation.sentence.text, colour)], colour)
    return lines


def _marked(sentence: SourceSentence, span: AnswerSpan) -> Span:
    """The answer in its sentence; nothing if it is the whole of it."""
    is_whole = (span.start, span.end) == (sentence.start, sentence.end)
    return NOTHING if is_whole else _within(sentence.start, span)


def _unanswered(answer: Answer, searched: str, closest: str, colour: bool, width: int) -> list[str]:
    """That the articles don't say, why, and the closest passages."""
    facts = [f"Searched only part of the archive: {searched}"] if searched else []
    facts += [reason(answer.missing)] if answer.missing else []
    lines = [NOT_ANSWERED, *_dim([line for fact in facts for line in wrap(fact, colour=False, width=width)], colour)]
    nearest = answer.alternatives[:_CLOSEST_SHOWN] if closest else ()
    if not nearest:
        return lines
    lines += ["", "The closest passages:" if len(nearest) > 1 else "The closest passage:"]
    for number, quotation in enumerate(nearest, start=1):
        lines += _numbered(number, quotation, NOTHING, "", colour, width)
    return [*lines, *_dim([f"Their best answers: {closest}"], colour)]


def _numbered(number: int, quotation: Quotation, marked: Span, sure: str, colour: bool, width: int) -> list[str]:
    """A quotation of several: its sentence under a number, and below it its article."""
    wrapped = wrap(quotation.sentence.text, marked, colour=colour, width=width, indent="    ")
    article = quotation.article
    about = " · ".join(filter(None, [article.title, published(article), sure]))
    return [
        *(f"{number:>2}. {line[4:]}" if at == 0 else line for at, line in enumerate(wrapped)),
        *_dim(wrap(about, colour=colour, width=width, indent="    "), colour),
    ]


def render_alternatives(answer: Answer, *, colour: bool, width: int = WIDTH) -> str:
    """The further answers, or what came closest, numbered from 2 if there is an answer, else from 1."""
    lines: list[str] = []
    for number, quotation in enumerate(answer.alternatives, start=2 if answer.answer else 1):
        lines += [""] if lines else []
        marked = _marked(quotation.sentence, quotation.answer)
        lines += _numbered(number, quotation, marked, sureness(quotation.answer.confidence), colour, width)
    return "\n".join(lines)


def sureness(confidence: float) -> str:
    """A confidence in words and percent, from 1 to 99."""
    words = ("very sure", "fairly sure", "not very sure", "little more than a guess")
    return f"{words[sureness_of(confidence)]} ({percent_of(confidence)}%)"


def _about(article: ArticleReference | Article, colour: bool, width: int, words: str = "") -> list[str]:
    lines = wrap(article.title, colour=colour, width=width, indent="  ")
    by = wrap(published(article), colour=colour, width=width, indent="  ")
    # A link or path is never broken, so that it can be clicked or copied.
    return lines + _dim([*by, "  " + _link(article, words, colour)], colour)


def _link(article: ArticleReference | Article, words: str, colour: bool) -> str:
    """Where to find an article; in a terminal with colours, a web page is a link that opens it at some words."""
    shown = _place(article)
    if not (colour and article.url == shown and shown.isascii()):  # a path, or an address that cannot be shown as it is
        return shown
    return hyperlink(link_to_words(shown, words), shown)


def _also(others: Sequence[ArticleReference], unnamed: int, width: int, how: str = "also in") -> list[str]:
    """Other articles with the same words, or that say the same in others; at most a few."""
    lines: list[str] = []
    for other in others[:_COPIES_SHOWN]:
        about = " · ".join(filter(None, [other.title, published(other)]))
        lines += [*wrap(f"{how}: {about}", colour=False, width=width, indent="  "), f"  {_place(other)}"]
    more = max(0, len(others) - _COPIES_SHOWN) + unnamed
    return lines + ([f"  and in {more:,} more"] if more else [])


def _place(article: ArticleReference | Article) -> str:
    """Where to find an article: its address, or its path from here or from home."""
    try:
        folder = os.getcwd()
    except OSError:  # it was deleted
        folder = ""
    if article.url:
        return visible(url_with_real_host(article.url))
    return visible(shown_source(article.source, folder, os.path.expanduser("~")))


def published(article: ArticleReference | Article) -> str:
    """Author, publisher and day of an article; "undated" if it has none."""
    by = f"by {article.author}" if article.author else None
    day = render_date(article.published_at)
    if isinstance(article, ArticleReference) and not day:
        day = f"{render_date(article.date_in_text)} (found in the text)" if article.date_in_text else "undated"
    return ", ".join(filter(None, [by, article.publisher, day]))


def render_date(moment: date | datetime | None) -> str:
    """A day in words, which read the same everywhere; empty for None."""
    return "" if moment is None else f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


# -- articles ----------------------------------------------------------------------------------------------------------


def render_context(
    stored: ArticleText, quotation: Quotation, *, colour: bool, width: int = WIDTH, around: int = 2
) -> str:
    """The sentence of an answer with the sentences before and after it, the answer marked.

    Args:
        stored: the article in the store; it must not have changed since the answer was given.
        quotation: the answer.
        colour: whether to use bold and dim.
        width: columns to wrap to.
        around: the number of sentences before, and of those after.
    """
    text, sentence = stored.article.text, quotation.sentence
    before = [s for s in stored.sentences if s.end <= sentence.start][-around:] if around else []
    after = [s for s in stored.sentences if s.start >= sentence.end][:around]
    start, end = min([sentence.start, *(s.start for s in before)]), max([sentence.end, *(s.end for s in after)])
    lines = _paragraphs(text[start:end], _within(start, quotation.answer), colour=colour, width=width)
    above = _dim(["[…]"], colour) if text[:start].strip() else []
    below = _dim(["[…]"], colour) if text[end:].strip() else []
    return "\n".join([*above, *lines, *below, "", *_about(stored.article, colour, width, sentence.text)])


def render_article(article: Article, marked: Span = NOTHING, *, colour: bool, width: int = WIDTH) -> str:
    """A whole article under its title, with a range of its text marked."""
    lines = _paragraphs(article.text, marked, colour=colour, width=width)
    return "\n".join([*_about(article, colour, width), "", *lines])


def render_articles(articles: Sequence[Article], total: int, *, width: int | None = None) -> str:
    """Articles with their ids, a line each, and how many more of `total` there are.

    Args:
        articles: to show.
        total: how many there are.
        width: columns to wrap long titles to; None to leave them on one line.
    """
    lines = []
    for article in articles:
        start = f"{article.id[:_SHOWN_DIGITS]}  {render_date(article.published_at):>17}  "
        title = wrap(article.title, colour=False, width=width, indent=" " * len(start)) if width else []
        lines += [start + (title[0][len(start) :] if title else visible(article.title)), *title[1:]]
    if total > len(articles):
        lines.append(f"and {total - len(articles):,} more; qa-bot articles list shows all")
    return "\n".join(lines)
