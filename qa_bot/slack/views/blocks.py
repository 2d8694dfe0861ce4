"""How answers look in Slack: pure functions from an `Answer` to blocks.

What comes from articles and people stands in rich text and plain text elements only, where nothing is markup; the text
beside the blocks, for notifications and screen readers, is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextActionsBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    RichTextBlock,
    RichTextElementParts,
    RichTextQuoteElement,
    RichTextSectionElement,
)

from qa_bot.answering.results import Answer, ArticleReference, Quotation, iterate
from qa_bot.slack.incoming.payloads import Asked, Judged, Place
from qa_bot.slack.views.outcomes import Failure, Outcome
from qa_bot.slack.views.quoting import clean, cut, cut_around, escape, host_of, misleads, web_address
from qa_bot.slack.views.texts import Texts, day, sureness

QUOTE_CHARS = 2400
TITLE_CHARS = 200
NAME_CHARS = 100
ALSO_NAMED = 3
QUESTION_CHARS = 300
FALLBACK_CHARS = 3000
"""Slack shows up to 4,000 characters of a message's text."""

MORE, CONTEXT, ARTICLE, SHARE, FEEDBACK = "more_answers", "show_context", "show_article", "share_answer", "feedback"
"""Ids of what can be clicked."""

BOLD, ITALIC = RichTextElementParts.TextStyle(bold=True), RichTextElementParts.TextStyle(italic=True)


class Message(NamedTuple):
    """A message: its text for notifications and screen readers, and its blocks."""

    text: str
    blocks: list[dict[str, Any]]

    def arguments(self) -> Mapping[str, Any]:
        """As arguments of chat.postMessage and its like."""
        return {
            "text": self.text,
            "blocks": self.blocks,
            "mrkdwn": False,
            "unfurl_links": False,
            "unfurl_media": False,
        }


def message(text: str, blocks: Sequence[Block]) -> Message:
    """A message from models.

    Raises:
        SlackObjectFormationError: a block is larger than Slack takes; those made here never are.
    """
    return Message(cut(text, FALLBACK_CHARS), [block.to_dict() for block in blocks])


def plain_message(text: str) -> Message:
    """A message that is one fixed text."""
    return message(escape(text), [RichTextBlock(elements=[section(part(text))])])


def answer_message(
    answers: Sequence[Outcome], texts: Texts, *, shareable: bool = False, asked_by: str | None = None
) -> Message:
    """The answers to the questions of one message.

    Args:
        answers: what came of each question, at least one.
        texts: in the language of the channel.
        shareable: whether only the asker sees it, and may share it in the channel.
        asked_by: id of the person whose question is repeated above its answer.
    """
    several = len(answers) > 1
    blocks: list[Block] = []
    for answer in answers:
        if several or asked_by:
            blocks.append(_question(answer.question, texts, asked_by))
        if isinstance(answer, Failure):
            blocks.append(RichTextBlock(elements=[section(part(answer.text))]))
        else:
            blocks += _answer(answer, texts, QUOTE_CHARS // len(answers), shareable=shareable)
    lines = [fallback(answer, texts) for answer in answers]
    if several or asked_by:
        lines = [
            f"{escape(_line(a.question, QUESTION_CHARS))} – {line}" for a, line in zip(answers, lines, strict=True)
        ]
    return message("\n".join(lines), blocks)


def fallback(answer: Outcome, texts: Texts) -> str:
    """An answer as a line that reads well in a notification and in a screen reader."""
    if isinstance(answer, Failure):
        return escape(answer.text)
    best = next(iterate(answer), None) if answer.answered else None
    if best is None:
        return texts.not_answered
    line = texts.fallback.format(
        answer=_line(best.answer.text, 500),
        title=_line(best.article.title, TITLE_CHARS),
        sentence=_line(best.sentence.text, 900),
    )
    return escape(line)


def quotation_block(
    quotation: Quotation, texts: Texts, limit: int = QUOTE_CHARS, *, judged: bool = True
) -> RichTextBlock:
    """The source sentence as a quotation with the answer in bold, and below it where it comes from."""
    sentence, found = quotation.sentence, quotation.answer
    start, end = found.start - sentence.start, found.end - sentence.start
    head, bold, tail = (clean(text) for text in (sentence.text[:start], sentence.text[start:end], sentence.text[end:]))
    shown, start, end = cut_around(head + bold + tail, len(head), len(head) + len(bold), limit)
    quote = RichTextQuoteElement(elements=parts(shown, start, end))
    about = about_article(quotation.article, texts, sureness(found.confidence, texts) if judged else "")
    return RichTextBlock(elements=[quote, section(*about, *_also(quotation.also, texts))])


def about_article(
    article: ArticleReference, texts: Texts, *further: str
) -> list[RichTextElementParts.Text | RichTextElementParts.Link]:
    """Title as a link, author, publisher, date, and further facts."""
    url = web_address(article.url)
    title = _line(article.title, TITLE_CHARS) or article.id
    names = (_line(name or "", NAME_CHARS) for name in (article.author, article.publisher))
    facts = [*names, day(article.published_at, texts), *further]
    rest = "".join(f" · {fact}" for fact in facts if fact)
    return [*_title(title, url, BOLD), *([part(rest)] if rest else [])]


def _title(
    title: str, url: str | None, style: RichTextElementParts.TextStyle | None = None
) -> list[RichTextElementParts.Text | RichTextElementParts.Link]:
    """An article's title as a link; one that reads like another address is no link, but the host behind it is."""
    if url is None:
        return [part(title, style)]
    if misleads(title, url):
        return [part(f"{title} (", style), RichTextElementParts.Link(url=url, text=host_of(url)), part(")", style)]
    return [RichTextElementParts.Link(url=url, text=title, style=style)]


def _also(
    articles: Sequence[ArticleReference], texts: Texts
) -> list[RichTextElementParts.Text | RichTextElementParts.Link]:
    """The other articles that have the sentence, on a line of their own; the first few by name."""
    elements: list[RichTextElementParts.Text | RichTextElementParts.Link] = []
    for article in articles[:ALSO_NAMED]:
        title, url = _line(article.title, NAME_CHARS) or article.id, web_address(article.url)
        elements.append(part(", " if elements else f"\n{texts.also} "))
        elements += _title(title, url)
        if article.publisher:
            elements.append(part(f" ({_line(article.publisher, NAME_CHARS)})"))
    if len(articles) > ALSO_NAMED:
        elements.append(part(f", +{len(articles) - ALSO_NAMED}"))
    return elements


def part(text: str, style: RichTextElementParts.TextStyle | None = None) -> RichTextElementParts.Text:
    """A run of text in which nothing is markup; Slack refuses an empty one, so that is a space."""
    return RichTextElementParts.Text(text=text or " ", style=style.to_dict() if style else None)


def parts(text: str, start: int, end: int) -> list[RichTextElementParts.Text]:
    """A text with a range of it in bold."""
    found = [(text[:start], None), (text[start:end], BOLD), (text[end:], None)]
    return [part(run, style) for run, style in found if run] or [part("")]


def section(
    *elements: RichTextElementParts.Text | RichTextElementParts.Link | RichTextElementParts.User,
) -> RichTextSectionElement:
    """A paragraph of rich text."""
    return RichTextSectionElement(elements=list(elements))


def button(label: str, action: str, value: str | None) -> list[ButtonElement]:
    """A button, or none if its value would be longer than Slack takes."""
    return [ButtonElement(text=label, action_id=action, value=value)] if value else []


def _question(question: str, texts: Texts, asked_by: str | None) -> RichTextBlock:
    shown = part(_line(question, QUESTION_CHARS), BOLD)
    if not asked_by:
        return RichTextBlock(elements=[section(shown)])
    return RichTextBlock(
        elements=[section(RichTextElementParts.User(user_id=asked_by), part(f" {texts.asked_by} "), shown)]
    )


def _answer(answer: Answer, texts: Texts, limit: int, *, shareable: bool) -> list[Block]:
    best = next(iterate(answer), None) if answer.answered else None
    again = Asked(question=answer.question).dump()
    if best is None:
        said: Block = RichTextBlock(elements=[section(part(texts.not_answered))])
        buttons = button(texts.closest, MORE, again) if answer.alternatives else []
    else:
        said = quotation_block(best, texts, limit)
        buttons = button(texts.more, MORE, again) if answer.alternatives else []
        place = Place.of(best).dump()
        buttons += button(texts.context, CONTEXT, place) + button(texts.article, ARTICLE, place)
        buttons += button(texts.share, SHARE, again) if shareable else []
    return [said, *([ActionsBlock(elements=buttons)] if buttons else []), *_feedback(answer, best, texts)]


def _feedback(answer: Answer, best: Quotation | None, texts: Texts) -> list[Block]:
    good, bad = (Judged.of(answer, best, good=good).dump() for good in (True, False))
    if good is None or bad is None:
        return []
    element = FeedbackButtonsElement(
        action_id=FEEDBACK,
        positive_button=FeedbackButtonObject(text=texts.good, accessibility_label=texts.good_label, value=good),
        negative_button=FeedbackButtonObject(text=texts.bad, accessibility_label=texts.bad_label, value=bad),
    )
    return [ContextActionsBlock(elements=[element])]


def _line(text: str, limit: int) -> str:
    return cut(" ".join(clean(text).split()), limit)
