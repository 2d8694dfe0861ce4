"""The page: pure functions from answers and articles to HTML, in which nothing that articles or people wrote is markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple
from urllib.parse import urlencode

from embeddings.articles import Article, real_host, web_url
from embeddings.sentences import Span
from embeddings.text import visible
from qa_bot.answering.answerer import MAX_QUESTION_CHARS
from qa_bot.answering.explanation import Explanation
from qa_bot.answering.missing import reason
from qa_bot.answering.question_kind import QuestionKind
from qa_bot.answering.results import Answer, ArticleReference, Quotation, TeamAnswer, iterate, percent_of
from qa_bot.answering.text_fragment import link_to_words
from qa_bot.terminal.render import (
    FROM_ARTICLES,
    NOT_ANSWERED,
    differ,
    heading,
    named_days,
    published,
    render_date,
    sureness,
)

TITLE = "Ask the articles"
CLOSEST = 2
COPIES_SHOWN = 3
CONTENDERS_SHOWN = 6
PASSAGE_CHARS = 300
NOTHING = Span(0, 0)
QUOTED = ' id="quoted"'


class Asked(NamedTuple):
    """What was typed into the form: a question, and what the articles must meet, as `make_filter` takes it."""

    question: str = ""
    publisher: str = ""
    since: str = ""
    until: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether there is a filter."""
        return bool(self.publisher or self.since or self.until)


class About(NamedTuple):
    """What the archive holds.

    Attributes:
        words: that say so.
        publishers: of its articles, the most frequent first, as the filter suggests them.
    """

    words: str = ""
    publishers: Sequence[str] = ()


UNKNOWN = About()


def page(asked: Asked, result: str, about: About = UNKNOWN) -> str:
    """The whole page.

    Args:
        asked: what is in the form.
        result: HTML of what came of it; empty before the first question.
        about: what the archive holds.
    """
    title = f"{asked.question} – {TITLE}" if asked.question else TITLE
    answer = f'<section id="answer" aria-label="Answer">{result}</section>' if result else ""
    return _document(title, f"{_form(asked, about.publishers)}{answer}", about, "h1")


def _document(title: str, main: str, about: About, name: str) -> str:
    """A document; `name` is the element in which the product's name stands above it."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{text(title)}</title>"
        '<link rel="stylesheet" href="/assets/style.css"><script src="/assets/page.js" defer></script></head><body>'
        f'<header><{name}><a href="/">{TITLE}</a></{name}></header><main>{main}</main>'
        f"<footer><p>{text(about.words)}</p></footer></body></html>"
    )


def _form(asked: Asked, publishers: Sequence[str]) -> str:
    fields = "".join(
        f'<div><label for="{name}">{label}</label><input id="{name}" name="{name}" value="{text(value)}"'
        f' placeholder="{example}" maxlength="200"{more}></div>'
        for name, label, value, example, more in (
            ("publisher", "Publisher", asked.publisher, "any", ' list="publishers"'),
            ("since", "From", asked.since, "2024-01-31, 2024-01 or 2024", ""),
            ("until", "Until", asked.until, "2024-01-31, 2024-01 or 2024", ""),
        )
    )
    options = "".join(f'<option value="{text(name)}"></option>' for name in publishers)
    focus = "" if asked.question else " autofocus"
    return (
        '<form role="search" action="/" method="get"><label for="q">Your question</label><div class="ask">'
        f'<input id="q" name="q" type="search" value="{text(asked.question)}" maxlength="{MAX_QUESTION_CHARS}" required'
        f'{focus} autocomplete="off" enterkeyhint="search" placeholder="Who, what, when, where …?">'
        '<button type="submit">Ask</button></div>'
        f"<details{' open' if asked.is_filtered else ''}><summary>Search only some articles</summary>"
        f'<div class="filter">{fields}</div><datalist id="publishers">{options}</datalist></details></form>'
    )


def failure(words: str) -> str:
    """What is shown when a question cannot be answered; the words end in what to do."""
    return f'<div role="alert"><h2>That did not work</h2><p>{text(words)}</p></div>'


def result(answer: Answer, explanation: Explanation | None, searched: str) -> str:
    """An answer with its sources; or that the articles don't say, why, and what came closest.

    Args:
        answer: to show.
        explanation: of it; None if no passage was read.
        searched: the part of the archive that was searched, in words; empty for all of it.
    """
    parts = []
    if answer.understood_as:
        parts.append(f'<p class="facts">understood as: {text(answer.understood_as)}</p>')
    if answer.team_answer:
        parts.append(_team_answer(answer.team_answer))
    quotations = list(iterate(answer))
    if answer.answer is None:
        parts.append(f"<h2>{NOT_ANSWERED}</h2>")
        facts = [f"Searched only part of the archive: {searched}"] if searched else []
        facts += [reason(answer.missing)] if answer.missing else []
        parts += [f"<p>{text(fact)}</p>" for fact in facts]
        if quotations:
            parts.append(f"<h3>The closest passage{'s' if len(quotations) > 1 else ''}</h3>")
            parts += [_quotation(quotation, marked=False) for quotation in quotations[:CLOSEST]]
            parts.append(_more("Their best answers", quotations))
    elif answer.kind is QuestionKind.ARTICLES:
        parts.append("<h2>The newest articles on this</h2>")
        parts += [_quotation(quotation, marked=False) for quotation in quotations]
    else:
        parts.append(f"<h2>{text(heading(answer, answer.answer).rstrip(':'))}</h2>")
        parts.append(_quotation(quotations[0], marked=True))
        parts += [f'<p class="differ">{text(said)}</p>'] if (said := differ(answer)) else []
        parts.append(_more("More answers", quotations[1:]))
    if explanation:
        parts.append(_why(explanation))
    return "".join(parts)


def _team_answer(answer: TeamAnswer) -> str:
    """What the team answers, above what the articles say."""
    url = web_url(answer.link) if answer.link else None
    link = f' <a href="{text(url)}" rel="noopener noreferrer">{text(real_host(url))}</a>' if url else ""
    about = f"Team answer by {text(answer.by)}, {render_date(answer.saved_at)}, to “{text(answer.question)}”"
    words = "".join(f"<p>{text(line)}</p>" for line in answer.text.splitlines() if line.strip())
    below = f'<p class="facts">{link}</p>' if link else ""
    return f'<aside aria-label="Team answer"><h2>{about}</h2>{words}{below}</aside><p>{FROM_ARTICLES}</p>'


def _more(label: str, quotations: Sequence[Quotation]) -> str:
    if not quotations:
        return ""
    items = (
        f'<li>{_quotation(quotation, marked=True)}<p class="facts">{text(sureness(quotation.answer.confidence))}</p></li>'
        for quotation in quotations
    )
    return f"<details><summary>{label}</summary><ol>{''.join(items)}</ol></details>"


def _quotation(quotation: Quotation, *, marked: bool) -> str:
    """A sentence with the answer in it marked, and its article."""
    sentence, answer = quotation.sentence, quotation.answer
    is_whole = (answer.start, answer.end) == (sentence.start, sentence.end)
    within = Span(answer.start - sentence.start, answer.end - sentence.start) if marked and not is_whole else NOTHING
    days = named_days(quotation.days)
    place = urlencode({"start": answer.start, "end": answer.end})
    context = f'<a href="/article/{text(quotation.article.id)}?{escape(place)}#quoted">in the article</a>'
    return (
        f"<blockquote><p>{_marked(sentence.text, within)}</p></blockquote>"
        + (f'<p class="facts">{text(days)}</p>' if days else "")
        + f'<p class="source">{_source(quotation.article, sentence.text)} · {context}</p>'
        + _also("also in", quotation.also, quotation.also_more)
        + _also("says so too", [source.article for source in quotation.agreeing], 0)
    )


def _also(how: str, others: Sequence[ArticleReference], unnamed: int) -> str:
    if not others:
        return ""
    named = "; ".join(_source(other, "") for other in others[:COPIES_SHOWN])
    more = max(0, len(others) - COPIES_SHOWN) + unnamed
    return f'<p class="facts">{how}: {named}{f" and {more:,} more" if more else ""}</p>'


def _source(article: ArticleReference, words: str) -> str:
    """An article's title, as a link that opens it at some words, and what is known of it."""
    url = web_url(article.url)
    title = text(article.title or article.id)
    linked = (
        f'<a href="{escape(link_to_words(url, words))}" rel="noreferrer">{title}</a>'
        if url
        else f"<cite>{title}</cite>"
    )
    facts = [published(article), real_host(url) if url else ""]
    return " · ".join([linked, *(text(fact) for fact in facts if fact)])


def _why(explanation: Explanation) -> str:
    """How the answer came about."""
    limits = (
        f"Answers are given from {percent_of(explanation.threshold)}% on, and are possible from "
        f"{percent_of(explanation.possible_threshold)}% on."
    )
    running = (
        f"{percent_of(contender.confidence)}%: {contender.text}"
        for contender in explanation.contenders[:CONTENDERS_SHOWN]
    )
    read = (f"{passage.title}: {passage.text[:PASSAGE_CHARS]}" for passage in explanation.passages)
    return (
        f"<details><summary>Why?</summary><p>{limits}</p><h3>In the running</h3>{_list(running)}"
        f"<h3>Passages that were read</h3>{_list(read)}</details>"
    )


def _list(items: Iterable[str]) -> str:
    return f"<ol>{''.join(f'<li>{text(item)}</li>' for item in items)}</ol>"


def article_page(article: Article, facts: ArticleReference, quoted: Span, about: About = UNKNOWN) -> str:
    """A whole article, with some of its words marked.

    Args:
        article: to show.
        facts: of it.
        quoted: characters of its text to mark; none if it is empty.
        about: what the archive holds.
    """
    paragraphs, at = [], 0
    for line in article.text.split("\n"):
        start, end = (min(max(place - at, 0), len(line)) for place in quoted)
        if line.strip():
            paragraphs.append(f"<p>{_marked(line, Span(start, end), QUOTED)}</p>")
        at += len(line) + 1
    body = "".join(paragraphs)
    source = f'<p class="source">{_source(facts, "")}</p>'
    return _document(article.title, f"<article><h1>{text(article.title)}</h1>{source}{body}</article>", about, "p")


def _marked(words: str, marked: Span, attributes: str = "") -> str:
    before, inside, after = words[: marked.start], words[marked.start : marked.end], words[marked.end :]
    return f"{text(before)}<mark{attributes}>{text(inside)}</mark>{text(after)}" if inside else text(words)


def text(words: str) -> str:
    """Any text, made visible and harmless inside an element or a quoted attribute."""
    return escape(visible(words))
