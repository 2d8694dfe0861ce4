"""Modals: more answers, an answer in its context, an article's text, and the feedback form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    DividerBlock,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
    RichTextBlock,
    RichTextListElement,
)
from slack_sdk.models.views import View

from embeddings.sentences import Span
from embeddings.store.protocol import ArticleText
from qa_bot.answering.explanation import Explanation
from qa_bot.answering.results import Answer, iterate, percent_of, reference
from qa_bot.feedback import Verdict
from qa_bot.slack.quoting import clean, cut
from qa_bot.slack.views.blocks import CLOSEST_SHOWN, Outcome, about_article, answer_message, quotation_block
from qa_bot.slack.views.button_values import Place
from qa_bot.slack.views.rich_text import BOLD, line_of, part, parts, plain_block, section
from qa_bot.slack.views.texts import Texts

FEEDBACK_VIEW = "feedback"
REASON, CORRECTION, KEEP = "reason", "correction", "keep"
"""Ids of the feedback modal's blocks and of their inputs."""
REASONS = (Verdict.WRONG, Verdict.NOT_ASKED, Verdict.ANSWERABLE, Verdict.UNANSWERABLE)
"""Verdicts of the reasons to choose from, in the order of `Texts.feedback_reasons`."""

TITLE_CHARS = 24
CHUNK_CHARS = 2800
CHUNKS = 60
"""Pieces of an article that a modal shows: Slack takes 100 blocks, and not much more than 250 kB."""
AROUND = 2
WHY_CHARS = 200
CONTENDERS_SHOWN = 6
CORRECTION_CHARS = 500


def notice_modal(title: str, text: str, texts: Texts) -> dict[str, Any]:
    """A modal that says one thing."""
    return _modal(title, [plain_block(text)], texts)


def more_modal(outcome: Outcome, texts: Texts) -> dict[str, Any]:
    """The further answers, or the closest ones if the articles do not answer."""
    if not isinstance(outcome, Answer):
        return notice_modal(texts.more_title, outcome.text, texts)
    blocks: list[Block] = []
    for quotation in outcome.alternatives:
        blocks += [DividerBlock()] if blocks else []
        blocks.append(quotation_block(quotation, texts))
    if not blocks:
        return notice_modal(texts.more_title, texts.no_others, texts)
    return _modal(texts.more_title if outcome.answer else texts.closest, blocks, texts)


def answer_modal(outcomes: Sequence[Outcome], texts: Texts) -> dict[str, Any]:
    """The answers to a question of App Home, with the further or closest answers."""
    message = answer_message(outcomes, texts)
    answers = [block for block in message.blocks if block["type"] == "rich_text"]
    further = [
        quotation_block(quotation, texts).to_dict()
        for outcome in outcomes
        if isinstance(outcome, Answer)
        for quotation in list(iterate(outcome))[1 if outcome.answer else CLOSEST_SHOWN :]
    ]
    divider = [DividerBlock().to_dict()] if further else []
    return _modal(texts.answer_title, [*answers, *divider, *further], texts)


def why_modal(explanation: Explanation | None, texts: Texts) -> dict[str, Any]:
    """How an answer came about: the thresholds, what was in the running, and the passages that were read.

    Args:
        explanation: of the answer; None if no passage was read for it.
        texts: in the language of the channel.
    """
    if explanation is None:
        return notice_modal(texts.why_title, texts.why_listed, texts)
    limits = {"sure": percent_of(explanation.threshold), "possible": percent_of(explanation.possible_threshold)}
    running = [
        section(part(f"{percent_of(contender.confidence)} %  {line_of(contender.text, WHY_CHARS)}"))
        for contender in explanation.contenders[:CONTENDERS_SHOWN]
    ]
    passages = [
        section(part(line_of(passage.title, WHY_CHARS), BOLD), part(f"  {line_of(passage.text, WHY_CHARS)}"))
        for passage in explanation.passages
    ]
    blocks: list[Block] = [plain_block(texts.why_limits.format(**limits))]
    for title, rows in ((texts.why_running, running), (texts.why_read, passages)):
        if rows:
            blocks += [
                plain_block(title),
                RichTextBlock(elements=[RichTextListElement(style="ordered", elements=rows)]),
            ]
    return _modal(texts.why_title, blocks, texts)


def context_modal(source: ArticleText, place: Place, texts: Texts) -> dict[str, Any]:
    """The sentences around an answer, with the answer in bold."""
    text, sentences = source.article.text, source.sentences
    own = [
        number for number, sentence in enumerate(sentences) if sentence.start < place.end and sentence.end > place.start
    ]
    first, last = (own[0], own[-1]) if own else (0, -1)
    start = sentences[max(first - AROUND, 0)].start if own else place.start
    end = sentences[min(last + AROUND, len(sentences) - 1)].end if own else place.end
    passage = _marked(text, Span(start, end), place)
    about = section(*about_article(reference(source.article), texts))
    return _modal(texts.context_title, [*passage, RichTextBlock(elements=[about])], texts)


def article_modal(source: ArticleText, place: Place, texts: Texts) -> dict[str, Any]:
    """An article's text as far as Slack can show it, with the answer in bold."""
    text = source.article.text
    end = min(len(text), CHUNK_CHARS * CHUNKS)
    about = RichTextBlock(elements=[section(*about_article(reference(source.article), texts))])
    blocks: list[Block] = [about, DividerBlock(), *_marked(text, Span(0, end), place)]
    if end < len(text):
        blocks.append(plain_block(texts.cut_here))
    return _modal(texts.article_title, blocks, texts)


def feedback_modal(private: str, texts: Texts, *, can_save: bool = False) -> dict[str, Any]:
    """Asks what is wrong with an answer.

    Args:
        private: comes back when the form is sent.
        texts: in the language of the channel.
        can_save: whether the person may save the right answer as one of the team.
    """
    options = [
        Option(text=PlainTextObject(text=text), value=reason.value)
        for reason, text in zip(REASONS, texts.feedback_reasons, strict=True)
    ]
    blocks = [
        InputBlock(
            block_id=REASON,
            label=texts.feedback_reason,
            element=RadioButtonsElement(action_id=REASON, options=options),
            optional=True,
        ),
        InputBlock(
            block_id=CORRECTION,
            label=texts.feedback_answer,
            hint=texts.feedback_answer_hint,
            element=PlainTextInputElement(action_id=CORRECTION, max_length=CORRECTION_CHARS),
            optional=True,
        ),
    ]
    if can_save:
        keep = Option(text=PlainTextObject(text=texts.team_answer_keep), value=KEEP)
        boxes = CheckboxesElement(action_id=KEEP, options=[keep])
        blocks.append(InputBlock(block_id=KEEP, label=texts.team_answers, element=boxes, optional=True))
    return _modal(
        texts.feedback_title,
        blocks,
        texts,
        callback_id=FEEDBACK_VIEW,
        submit=texts.feedback_send,
        private_metadata=private,
    )


def _marked(text: str, shown: Span, place: Place) -> list[RichTextBlock]:
    """A range of a text in pieces that Slack takes, with the answer in bold."""
    blocks = []
    for piece in _pieces(text, shown):
        bold = Span(*(min(max(at, piece.start), piece.end) for at in (place.start, place.end)))
        before, answer, after = (
            clean(text[start:end])
            for start, end in ((piece.start, bold.start), (bold.start, bold.end), (bold.end, piece.end))
        )
        words = before + answer + after
        if words.strip():
            marked = parts(words, len(before), len(before) + len(answer))
            blocks.append(RichTextBlock(elements=[section(*marked)]))
    return blocks


def _pieces(text: str, shown: Span) -> list[Span]:
    """Cuts a range at paragraphs, else at spaces, so that no piece is too long."""
    pieces, start = [], shown.start
    while shown.end - start > CHUNK_CHARS:
        window = text[start : start + CHUNK_CHARS]
        at = max(window.rfind("\n\n") + 2, 0) if window.rfind("\n\n") > CHUNK_CHARS // 3 else window.rfind(" ") + 1
        at = at if at > 0 else len(cut(window, CHUNK_CHARS - 200)) - 1
        pieces.append(Span(start, start + at))
        start += at
    return [*pieces, Span(start, shown.end)]


def _modal(title: str, blocks: Sequence[Block | dict[str, Any]], texts: Texts, **form: Any) -> dict[str, Any]:
    title = cut(title, TITLE_CHARS)
    return View(type="modal", title=title, close=texts.close, blocks=list(blocks), **form).to_dict()
