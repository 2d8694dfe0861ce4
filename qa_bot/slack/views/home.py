"""App Home: how to ask, a question field, a person's last questions, the size of the archive, the newest articles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    DividerBlock,
    HeaderBlock,
    InputBlock,
    PlainTextInputElement,
    RichTextBlock,
    RichTextListElement,
)
from slack_sdk.models.blocks.basic_components import DispatchActionConfig
from slack_sdk.models.views import View

from embeddings.articles import Article
from embeddings.store.protocol import StoreStatus
from qa_bot.answering.answerer import MAX_QUESTION_CHARS
from qa_bot.answering.results import reference
from qa_bot.slack.views.blocks import about_article
from qa_bot.slack.views.button_values import Asked
from qa_bot.slack.views.rich_text import button, line_of, plain_block, section
from qa_bot.slack.views.texts import Texts, number

ASK, ASK_AGAIN = "home_question", "home_ask_again"
"""Ids of the question field, and of the buttons that ask an earlier question again (followed by a number)."""
NEWEST = 8
LABEL_CHARS = 75


class HomeFacts(NamedTuple):
    """What App Home shows to one person.

    Attributes:
        questions: their last ones.
        counts: None if the store cannot be read.
        newest: articles.
        filtered: whether the counts are hidden.
        below: what stands below all that, such as what only admins see.
    """

    questions: Sequence[str]
    counts: StoreStatus | None
    newest: Sequence[Article]
    filtered: bool
    below: Sequence[Block] = ()


def home_view(facts: HomeFacts, texts: Texts) -> dict[str, Any]:
    """App Home as a view."""
    blocks: list[Block] = [
        HeaderBlock(text=texts.home_title),
        plain_block(texts.home_how),
        InputBlock(
            label=texts.home_ask,
            element=PlainTextInputElement(
                action_id=ASK,
                placeholder=texts.home_placeholder,
                max_length=MAX_QUESTION_CHARS,
                dispatch_action_config=DispatchActionConfig(trigger_actions_on=["on_enter_pressed"]),
            ),
            dispatch_action=True,
        ),
        HeaderBlock(text=texts.home_yours),
        *_questions(facts.questions, texts),
        DividerBlock(),
    ]
    if facts.counts is None or not facts.counts.articles:
        blocks.append(plain_block(texts.unavailable if facts.counts is None else texts.empty))
    elif not facts.filtered:
        articles, passages = number(facts.counts.articles, texts), number(facts.counts.passages, texts)
        holds = texts.home_holds.format(articles=articles, passages=passages)
        blocks.append(plain_block(holds))
    if facts.newest:
        newest = [section(*about_article(reference(article), texts)) for article in facts.newest]
        blocks.append(HeaderBlock(text=texts.home_newest))
        blocks.append(RichTextBlock(elements=[RichTextListElement(style="bullet", elements=newest)]))
    return View(type="home", blocks=[*blocks, *facts.below]).to_dict()


def _questions(questions: Sequence[str], texts: Texts) -> list[Block]:
    buttons = [
        element
        for index, question in enumerate(questions)
        for element in button(line_of(question, LABEL_CHARS), f"{ASK_AGAIN}_{index}", Asked(question=question).dump())
    ]
    if buttons:
        return [ActionsBlock(elements=buttons)]
    return [plain_block(texts.home_none)]
