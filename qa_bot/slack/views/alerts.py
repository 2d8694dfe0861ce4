"""How alerts look: the list of what a person waits for, and the message that tells them that an article answers."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field
from slack_sdk.models.blocks import ActionsBlock, Block, RichTextBlock

from qa_bot.answering.results import Answer
from qa_bot.slack.jobs.alerts import Alert
from qa_bot.slack.quoting import escape
from qa_bot.slack.views.blocks import QUESTION_CHARS, Message, answer_message, fallback, message, plain_message
from qa_bot.slack.views.button_values import ButtonValue
from qa_bot.slack.views.rich_text import BOLD, button, line_of, part, plain_block, section
from qa_bot.slack.views.texts import Texts

STOP, STOP_ALL = "stop_alert", "stop_alerts"
"""Action ids of the buttons."""


class Stopped(ButtonValue):
    """The number of the alert that a button stops; none for all of the person's."""

    number: int | None = Field(None, ge=1, lt=2**62)


def list_message(alerts: Sequence[Alert], texts: Texts) -> Message:
    """What a person waits for, each with a button to stop."""
    if not alerts:
        return plain_message(texts.alerts_none)
    blocks: list[Block] = [plain_block(texts.alerts_title)]
    lines = [line_of(alert.wish.question, QUESTION_CHARS) for alert in alerts]
    for alert, line in zip(alerts, lines, strict=True):
        blocks.append(RichTextBlock(elements=[section(part(line, BOLD))]))
        blocks.append(ActionsBlock(elements=button(texts.alert_stop, STOP, Stopped(number=alert.number).dump())))
    return message(escape("\n".join([texts.alerts_title, *lines])), blocks)


def alert_message(answer: Answer, question: str, texts: Texts) -> Message:
    """Tells a person that an article answers what they wanted to know.

    Args:
        answer: quoted from an article that is new.
        question: as they asked it.
        texts: in their language.
    """
    line = line_of(question, QUESTION_CHARS)
    said = [plain_block(texts.alert_found).to_dict(), RichTextBlock(elements=[section(part(line, BOLD))]).to_dict()]
    stop = ActionsBlock(elements=button(texts.alert_stop_all, STOP_ALL, Stopped().dump())).to_dict()
    text = f"{escape(f'{texts.alert_found} {line}')} – {fallback(answer, texts)}"
    shown = message(text, [])
    return shown._replace(blocks=[*said, *answer_message([answer], texts).blocks, stop])
