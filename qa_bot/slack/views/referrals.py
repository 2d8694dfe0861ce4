"""How a question looks that is passed on to people, and how it looks when it is resolved."""

from __future__ import annotations

from slack_sdk.models.blocks import ActionsBlock, Block, RichTextBlock, RichTextElementParts, RichTextSectionElement

from qa_bot.answering.results import Answer
from qa_bot.slack.quoting import escape
from qa_bot.slack.views.blocks import CLOSEST_SHOWN, QUESTION_CHARS, Message, Outcome, closest_block, message
from qa_bot.slack.views.button_values import Referred
from qa_bot.slack.views.rich_text import BOLD, UserPart, button, line_of, part, plain_block
from qa_bot.slack.views.texts import Texts

RESOLVED = "resolved"
QUOTE_CHARS = 800

GroupPart = RichTextElementParts.UserGroup


def referral_message(outcome: Outcome, question: str, person: str, whom: str, texts: Texts) -> Message:
    """A question to people, with what came closest, and a button to close it.

    Args:
        outcome: of the question.
        question: as it was asked.
        person: id of who wants to know.
        whom: id of the person or user group who is asked.
        texts: in the language of the channel.
    """
    asked = line_of(question, QUESTION_CHARS)
    blocks: list[Block] = [
        _section(
            _mention(whom), part(" – "), UserPart(user_id=person), part(f" {texts.person_asks} "), part(asked, BOLD)
        )
    ]
    closest = outcome.alternatives[:CLOSEST_SHOWN] if isinstance(outcome, Answer) else ()
    if closest:
        blocks.append(plain_block(texts.person_closest))
        blocks += [closest_block(quotation, texts, QUOTE_CHARS) for quotation in closest]
    blocks.append(plain_block(texts.person_how))
    blocks.append(
        ActionsBlock(elements=button(texts.resolved, RESOLVED, Referred(question=question, person=person).dump()))
    )
    return message(escape(f"{texts.person_asks} {asked}"), blocks)


def resolved_message(question: str, person: str, by: str, texts: Texts) -> Message:
    """The same once somebody says that it is resolved; ids of who asked, and of who says so."""
    asked = line_of(question, QUESTION_CHARS)
    blocks: list[Block] = [
        _section(UserPart(user_id=person), part(f" {texts.person_asks} "), part(asked, BOLD)),
        _section(part(f"{texts.person_resolved} "), UserPart(user_id=by)),
    ]
    return message(escape(f"{texts.resolved}: {asked}"), blocks)


def _section(*elements: RichTextElementParts.Text | UserPart | GroupPart) -> RichTextBlock:
    return RichTextBlock(elements=[RichTextSectionElement(elements=list(elements))])


def _mention(whom: str) -> UserPart | GroupPart:
    return GroupPart(usergroup_id=whom) if whom.startswith("S") else UserPart(user_id=whom)
