"""App Home: how to ask, a question field, a person's last questions, what the archive holds, the newest articles."""

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
from qa_bot.answering.answerer import MAX_QUESTION_CHARS
from qa_bot.answering.results import reference
from qa_bot.slack.archive_facts import Counts
from qa_bot.slack.incoming.payloads import Asked
from qa_bot.slack.settings import Language
from qa_bot.slack.views.blocks import about_article, button, part, section
from qa_bot.slack.views.quoting import clean, cut
from qa_bot.slack.views.texts import Texts, number

ASK, ASK_AGAIN = "home_question", "home_ask_again"
"""Ids of the question field, and of the buttons that ask an earlier question again (with a number behind)."""
NEWEST = 8
LABEL_CHARS = 75


class HomeFacts(NamedTuple):
    """What App Home shows to one person: `counts` is None if the store cannot be read, `filtered` hides them."""

    questions: Sequence[str]
    counts: Counts | None
    newest: Sequence[Article]
    filtered: bool


def home_view(facts: HomeFacts, texts: Texts, language: Language) -> dict[str, Any]:
    """App Home."""
    blocks: list[Block] = [
        HeaderBlock(text=texts.home_title),
        RichTextBlock(elements=[section(part(texts.home_how))]),
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
        said = texts.unavailable if facts.counts is None else texts.empty
        blocks.append(RichTextBlock(elements=[section(part(said))]))
    elif not facts.filtered:
        counts = facts.counts
        holds = texts.home_holds.format(
            articles=number(counts.articles, language), passages=number(counts.passages, language)
        )
        blocks.append(RichTextBlock(elements=[section(part(holds))]))
    if facts.newest:
        newest = [section(*about_article(reference(article), texts)) for article in facts.newest]
        blocks.append(HeaderBlock(text=texts.home_newest))
        blocks.append(RichTextBlock(elements=[RichTextListElement(style="bullet", elements=newest)]))
    return View(type="home", blocks=blocks).to_dict()


def _questions(questions: Sequence[str], texts: Texts) -> list[Block]:
    buttons = [
        found
        for index, question in enumerate(questions)
        for found in button(
            cut(" ".join(clean(question).split()), LABEL_CHARS), f"{ASK_AGAIN}_{index}", Asked(question=question).dump()
        )
    ]
    if buttons:
        return [ActionsBlock(elements=buttons)]
    return [RichTextBlock(elements=[section(part(texts.home_none))])]
