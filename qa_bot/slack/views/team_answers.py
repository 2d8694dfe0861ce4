"""How a team's own answers look in Slack: above what the articles say, in App Home, and in the form that saves one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    HeaderBlock,
    InputBlock,
    PlainTextInputElement,
    RichTextBlock,
    RichTextQuoteElement,
)
from slack_sdk.models.views import View

from qa_bot.answering.answerer import MAX_QUESTION_CHARS
from qa_bot.answering.results import TeamAnswer
from qa_bot.answering.team_answers import MAX_LINK_CHARS, MAX_TEXT_CHARS
from qa_bot.slack.quoting import clean, cut, web_address
from qa_bot.slack.views.rich_text import BOLD, LinkPart, TextPart, button, line_of, part, plain_block, section
from qa_bot.slack.views.texts import Texts, day

TEAM_ANSWER_VIEW = "team_answer"
"""Callback id of the form."""
QUESTION, TEXT, LINK = "question", "text", "link"
"""Ids of the form's blocks and of their inputs."""
EDIT, DELETE, NEWER, OLDER = "edit_team_answer", "delete_team_answer", "newer_team_answers", "older_team_answers"
"""Action ids of the buttons in App Home."""
SHOWN_AT_HOME = 15
QUESTION_CHARS = 300
HOME_CHARS = 300
TITLE_CHARS = 24


def team_answer_block(answer: TeamAnswer, asked: str, texts: Texts) -> RichTextBlock:
    """What the team answers: who says so and since when, its question if another was asked, its words, its link."""
    other = [] if asked.lower() == answer.question.lower() else [part(f"\n{line_of(answer.question, QUESTION_CHARS)}")]
    head = section(part(f"{texts.team_answer_by} ", BOLD), _about(answer, texts), part(":"), *other)
    quote = RichTextQuoteElement(elements=[part(cut(clean(answer.text), MAX_TEXT_CHARS))])
    link = [section(LinkPart(url=url, text=texts.team_answer_link))] if (url := web_address(answer.link)) else []
    return RichTextBlock(elements=[head, quote, *link, section(part(texts.from_articles))])


def fallback_line(answer: TeamAnswer, texts: Texts) -> str:
    """The same on one line, for notifications and screen readers."""
    return f"{texts.team_answer_by} {answer.by}, {day(answer.saved_at, texts)}: {line_of(answer.text, HOME_CHARS)}"


def home_blocks(answers: Sequence[TeamAnswer], texts: Texts, first: int = 0) -> list[Block]:
    """The answers in App Home, for those who may change them: `SHOWN_AT_HOME` of them, and buttons to the others.

    Args:
        answers: all of them, the newest first.
        texts: in the language of the person.
        first: place of the first that is shown; moved where there are fewer by now.
    """
    first = max(0, min(first, (len(answers) - 1) // SHOWN_AT_HOME * SHOWN_AT_HOME))
    blocks: list[Block] = [HeaderBlock(text=texts.team_answers)]
    if not answers:
        return [*blocks, plain_block(texts.team_answers_none)]
    for answer in answers[first : first + SHOWN_AT_HOME]:
        question = part(line_of(answer.question, QUESTION_CHARS), BOLD)
        text = part(f"\n{line_of(answer.text, HOME_CHARS)}\n")
        blocks.append(RichTextBlock(elements=[section(question, text, _about(answer, texts))]))
        blocks.append(ActionsBlock(elements=_buttons(answer, texts)))
    turning = []
    if first:
        turning += button(texts.team_answers_newer, NEWER, str(first - SHOWN_AT_HOME))
    if first + SHOWN_AT_HOME < len(answers):
        turning += button(texts.team_answers_older, OLDER, str(first + SHOWN_AT_HOME))
    return [*blocks, *([ActionsBlock(elements=turning)] if turning else [])]


def team_answer_modal(question: str, text: str, link: str, private: str, texts: Texts) -> dict[str, Any]:
    """The form that saves a team answer; `private` comes back when it is sent."""
    blocks = [
        InputBlock(
            block_id=QUESTION, label=texts.team_answer_question, element=_field(QUESTION, question, MAX_QUESTION_CHARS)
        ),
        InputBlock(
            block_id=TEXT,
            label=texts.team_answer_text,
            hint=texts.team_answer_hint,
            element=_field(TEXT, text, MAX_TEXT_CHARS, multiline=True),
        ),
        InputBlock(
            block_id=LINK, label=texts.team_answer_link, element=_field(LINK, link, MAX_LINK_CHARS), optional=True
        ),
    ]
    title = cut(texts.team_answer_title, TITLE_CHARS)
    return View(
        type="modal",
        title=title,
        close=texts.close,
        submit=texts.team_answer_save,
        callback_id=TEAM_ANSWER_VIEW,
        private_metadata=private,
        blocks=blocks,
    ).to_dict()


def _field(name: str, value: str, most: int, *, multiline: bool = False) -> PlainTextInputElement:
    shown = cut(clean(value), most).strip()
    return PlainTextInputElement(action_id=name, initial_value=shown or None, max_length=most, multiline=multiline)


def _about(answer: TeamAnswer, texts: Texts) -> TextPart:
    """Who saved it, and when; by name, as Slack would tell them each time that they are mentioned."""
    return part(f"{line_of(answer.by, HOME_CHARS)}, {day(answer.saved_at, texts)}")


def _buttons(answer: TeamAnswer, texts: Texts) -> list[ButtonElement]:
    sure = ConfirmObject(
        title=texts.team_answer_delete, text=texts.team_answer_sure, confirm=texts.team_answer_delete, deny=texts.close
    )
    return [
        ButtonElement(text=texts.team_answer_edit, action_id=EDIT, value=answer.id),
        ButtonElement(text=texts.team_answer_delete, action_id=DELETE, value=answer.id, confirm=sure),
    ]
