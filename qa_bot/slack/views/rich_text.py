"""The smallest pieces of messages: rich text in which nothing is markup, and buttons."""

from __future__ import annotations

from typing import TypeAlias

from slack_sdk.models.blocks import ButtonElement, RichTextBlock, RichTextElementParts, RichTextSectionElement

from qa_bot.slack.quoting import clean, cut

TextPart: TypeAlias = RichTextElementParts.Text
LinkPart: TypeAlias = RichTextElementParts.Link
UserPart: TypeAlias = RichTextElementParts.User
BOLD = RichTextElementParts.TextStyle(bold=True)


def plain_block(text: str) -> RichTextBlock:
    """A block that is one text."""
    return RichTextBlock(elements=[section(part(text))])


def part(text: str, style: RichTextElementParts.TextStyle | None = None) -> TextPart:
    """A run of text in which nothing is markup; an empty one, which Slack refuses, becomes a space."""
    return TextPart(text=text or " ", style=style.to_dict() if style else None)


def parts(text: str, start: int, end: int) -> list[TextPart]:
    """A text with a range of it in bold."""
    runs = [(text[:start], None), (text[start:end], BOLD), (text[end:], None)]
    return [part(run, style) for run, style in runs if run] or [part("")]


def section(*elements: TextPart | LinkPart | UserPart) -> RichTextSectionElement:
    """A paragraph of rich text."""
    return RichTextSectionElement(elements=list(elements))


def button(label: str, action: str, value: str | None) -> list[ButtonElement]:
    """A button; none if its value is longer than Slack takes."""
    return [ButtonElement(text=label, action_id=action, value=value)] if value else []


def line_of(text: str, limit: int) -> str:
    """A text on one line, cleaned and cut."""
    return cut(" ".join(clean(text).split()), limit)
