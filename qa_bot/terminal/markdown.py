"""Answers as Markdown: the sentence as a quotation with the answer in bold, and the article that it is from."""

from __future__ import annotations

import re

from embeddings.articles import url_with_real_host
from embeddings.text import squeeze, visible
from qa_bot.answering.missing import reason
from qa_bot.answering.question_kind import QuestionKind
from qa_bot.answering.results import Answer, ArticleReference, Quotation, TeamAnswer, iterate
from qa_bot.terminal.render import FROM_ARTICLES, NEWEST, NOT_ANSWERED, differ, heading, published, render_date

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_BEGINNING = re.compile(r"^(\d*)([-+=.)])")
"""What makes a line one of a list, or the line above it a heading, with the numbers before it."""
_NOT_IN_LINKS = re.compile(r"[()<>\s\\]")


def answer_section(answer: Answer) -> str:
    """A question as a heading, and below it the answer with its citation; or that the articles don't say, and why."""
    lines = [f"### {escaped(answer.question)}", ""]
    if answer.understood_as:
        lines += [f"*understood as: {escaped(answer.understood_as)}*", ""]
    if answer.team_answer:
        lines += [*_team_answer(answer.team_answer), "", FROM_ARTICLES, ""]
    if answer.answer is None:
        why = reason(answer.missing) if answer.missing else ""
        return "\n".join([*lines, escaped(" ".join(filter(None, [NOT_ANSWERED, why]))), ""])
    is_list = answer.kind is QuestionKind.ARTICLES
    lines += [NEWEST if is_list else escaped(heading(answer, answer.answer)), ""]
    quotations = list(iterate(answer))
    for quotation in quotations if is_list else quotations[:1]:
        lines += [*_quotation(quotation), ""]
    return "\n".join([*lines, *(f"{escaped(line)}\n" for line in [differ(answer)] if line)])


def _team_answer(answer: TeamAnswer) -> list[str]:
    link = f" ([link]({_address(answer.link)}))" if answer.link else ""
    about = (
        f"Team answer by {_inline(answer.by)}, {render_date(answer.saved_at)}, to “{_inline(answer.question)}”{link}:"
    )
    return [about, "", *(f"{escaped(line)}" for line in answer.text.splitlines())]


def error_section(question: str, error: str) -> str:
    """A question that could not be asked, and why."""
    return f"### {escaped(question)}\n\n*{escaped(error)}*\n"


def _quotation(quotation: Quotation) -> list[str]:
    text, sentence = quotation.sentence.text, quotation.sentence
    start, end = quotation.answer.start - sentence.start, quotation.answer.end - sentence.start
    if (start, end) == (0, len(text)):
        quoted = escaped(text)
    else:
        # White space beside the marks would make them asterisks.
        before, inside, after = text[:start], text[start:end], text[end:]
        gap = " " if before[-1:].isspace() else ""
        quoted = f"{escaped(before)}{gap}**{_inline(inside)}**{' ' if after[:1].isspace() else ''}{_inline(after)}"
    others = [*quotation.also, *(source.article for source in quotation.agreeing)]
    also = [f"> also in {citation(other)}" for other in others]
    return [f"> {quoted}", ">", f"> — {citation(quotation.article)}", *(line for one in also for line in (">", one))]


def citation(article: ArticleReference) -> str:
    """Title, author, publisher and day of an article; the title is a link if the article has an address."""
    title = _inline(article.title)
    place = f"`{squeeze(article.source).replace('`', '')}`"
    title = f"[{title}]({_address(article.url)})" if article.url else f"{title} ({place})"
    return ", ".join(filter(None, [title, _inline(published(article))]))


def _address(url: str) -> str:
    quoted = _NOT_IN_LINKS.sub(lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode()), visible(url))
    return url_with_real_host(quoted)


def escaped(text: str) -> str:
    """A text on one line of its own, in which nothing is markup."""
    return _BEGINNING.sub(r"\1\\\2", _inline(text))


def _inline(text: str) -> str:
    return _MARKUP.sub(r"\\\1", squeeze(text))
