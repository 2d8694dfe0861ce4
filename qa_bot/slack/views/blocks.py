"""How answers look in Slack: pure functions from an `Answer` to blocks.

Texts of articles and people go into rich text and plain text elements only, where nothing is markup; the text beside the
blocks, for notifications and screen readers, is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ContextActionsBlock,
    FeedbackButtonObject,
    FeedbackButtonsElement,
    RichTextBlock,
    RichTextElementParts,
    RichTextQuoteElement,
)

from embeddings.articles import real_host
from qa_bot.answering.question_kind import QuestionKind
from qa_bot.answering.results import Answer, AnswerVerdict, ArticleReference, Quotation, iterate
from qa_bot.answering.text_fragment import link_to_words
from qa_bot.slack.quoting import clean, cut, cut_around, escape, misleads, web_address
from qa_bot.slack.views.button_values import Asked, Judged, Place
from qa_bot.slack.views.rich_text import (
    BOLD,
    LinkPart,
    TextPart,
    UserPart,
    button,
    line_of,
    part,
    parts,
    plain_block,
    section,
)
from qa_bot.slack.views.team_answers import fallback_line, team_answer_block
from qa_bot.slack.views.texts import Texts, differ, heading, named_days, published, sureness, why_not

QUOTE_CHARS = 2400
TITLE_CHARS = 200
NAME_CHARS = 100
ALSO_NAMED = 3
QUESTION_CHARS = 300
WHY_CHARS = 400
DIFFER_CHARS = 600
LISTED = 3
CLOSEST_SHOWN = 2
FALLBACK_CHARS = 3000
"""Slack shows up to 4,000 characters of a message's text."""

MORE, CONTEXT, ARTICLE, SHARE, FEEDBACK = "more_answers", "show_context", "show_article", "share_answer", "feedback"
WHY, ASK_PERSON, NOTIFY = "show_why", "ask_person", "notify_person"
"""Action ids of the buttons."""


class Failure(NamedTuple):
    """A question that could not be answered, and what to tell the person."""

    question: str
    text: str


Outcome: TypeAlias = Answer | Failure


class Message(NamedTuple):
    """A message: its text for notifications and screen readers, and its blocks."""

    text: str
    blocks: list[dict[str, Any]]

    def arguments(self) -> Mapping[str, Any]:
        """As arguments of chat.postMessage and its like."""
        return {**self._asdict(), "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


def message(text: str, blocks: Sequence[Block]) -> Message:
    """A message from the SDK's models.

    Raises:
        SlackObjectFormationError: a block is larger than Slack takes; those made here never are.
    """
    return Message(cut(text, FALLBACK_CHARS), [block.to_dict() for block in blocks])


def plain_message(text: str) -> Message:
    """A message that is one fixed text."""
    return message(escape(text), [plain_block(text)])


def answer_message(
    answers: Sequence[Outcome],
    texts: Texts,
    *,
    shareable: bool = False,
    share_in: str | None = None,
    asked_by: str | None = None,
    askable: bool = False,
) -> Message:
    """The answers to the questions of one message.

    Args:
        answers: the outcome of each question, at least one.
        texts: in the language of the channel.
        shareable: whether only the asker sees the message, and may share it in the channel.
        share_in: timestamp of the message in whose thread it is shared then; None to share it outside threads.
        asked_by: id of the person whose question is repeated above its answer.
        askable: whether there are people whom one can ask when the articles don't say.
    """
    several = len(answers) > 1
    blocks: list[Block] = []
    for answer in answers:
        if several or asked_by:
            blocks.append(_question(answer.question, texts, asked_by))
        if isinstance(answer, Failure):
            blocks.append(plain_block(answer.text))
        else:
            blocks += [team_answer_block(answer.team_answer, answer.asked, texts)] if answer.team_answer else []
            blocks += _answer(answer, texts, QUOTE_CHARS // len(answers), shareable=shareable, share_in=share_in)
            blocks += _ask_person(answer, texts) if askable else []
    lines = [fallback(answer, texts) for answer in answers]
    if several or asked_by:
        questions = (escape(line_of(answer.question, QUESTION_CHARS)) for answer in answers)
        lines = [f"{question} – {line}" for question, line in zip(questions, lines, strict=True)]
    return message("\n".join(lines), blocks)


def fallback(answer: Outcome, texts: Texts) -> str:
    """An answer as one line, for notifications and screen readers."""
    if isinstance(answer, Failure):
        return escape(answer.text)
    if answer.team_answer:
        return escape(fallback_line(answer.team_answer, texts))
    best = next(iterate(answer), None) if answer.answer else None
    if best is None:
        return texts.not_answered
    possibly = f"{heading(answer, texts)} " if answer.verdict is AnswerVerdict.POSSIBLE else ""
    line = possibly + texts.fallback.format(
        answer=line_of(best.answer.text, 500),
        title=line_of(best.article.title, TITLE_CHARS),
        sentence=line_of(best.sentence.text, 900),
    )
    return escape(line)


def quotation_block(quotation: Quotation, texts: Texts, limit: int = QUOTE_CHARS, sure: str = "") -> RichTextBlock:
    """The source sentence as a quotation with the answer in bold, and below it its article.

    Args:
        quotation: to show.
        texts: in the language of the channel.
        limit: characters of the sentence that are shown.
        sure: how sure the answer is, to stand before it; empty to say it behind the article.
    """
    sentence, answer = quotation.sentence, quotation.answer
    start, end = answer.start - sentence.start, answer.end - sentence.start
    if (start, end) == (0, len(sentence.text)):  # then nothing in it is more to the point than the rest
        start = end = 0
    head, bold, tail = (clean(text) for text in (sentence.text[:start], sentence.text[start:end], sentence.text[end:]))
    shown, start, end = cut_around(head + bold + tail, len(head), len(head) + len(bold), limit)
    quote = RichTextQuoteElement(elements=parts(shown, start, end))
    days = [part(f"{said}\n")] if (said := named_days(quotation.days, texts)) else []
    unsaid = "" if sure else sureness(answer.confidence, texts)
    about = about_article(quotation.article, texts, unsaid, words=sentence.text)
    agreeing = [source.article for source in quotation.agreeing]
    others = [
        *_also(texts.also, quotation.also, quotation.also_more, texts),
        *_also(texts.agreeing, agreeing, 0, texts),
    ]
    below = section(*days, *about, *others)
    return RichTextBlock(elements=[*([section(part(sure))] if sure else []), quote, below])


def closest_block(quotation: Quotation, texts: Texts, limit: int) -> RichTextBlock:
    """A sentence that came close, with nothing in bold, and its article."""
    quote = RichTextQuoteElement(elements=[part(cut(clean(quotation.sentence.text), limit))])
    about = about_article(quotation.article, texts, words=quotation.sentence.text)
    return RichTextBlock(elements=[quote, section(*about)])


def about_article(article: ArticleReference, texts: Texts, *further: str, words: str = "") -> list[TextPart | LinkPart]:
    """An article's title as a link that opens it at some words, its author, publisher and date, and further facts."""
    url = web_address(article.url)
    url = web_address(link_to_words(url, words)) or url if url else None
    title = line_of(article.title, TITLE_CHARS) or article.id
    names = (line_of(name or "", NAME_CHARS) for name in (article.author, article.publisher))
    facts = [*names, published(article, texts), *further]
    rest = "".join(f" · {fact}" for fact in facts if fact)
    return [*_title(title, url, BOLD), *([part(rest)] if rest else [])]


def _title(
    title: str, url: str | None, style: RichTextElementParts.TextStyle | None = None
) -> list[TextPart | LinkPart]:
    """An article's title as a link; if it names another host, the real one is linked instead."""
    if url is None:
        return [part(title, style)]
    if misleads(title, url):
        return [part(f"{title} (", style), LinkPart(url=url, text=real_host(url)), part(")", style)]
    return [LinkPart(url=url, text=title, style=style)]


def _also(how: str, articles: Sequence[ArticleReference], unnamed: int, texts: Texts) -> list[TextPart | LinkPart]:
    """Other articles with the same sentence, or that say the same, on a line of their own; the first few by name."""
    elements: list[TextPart | LinkPart] = []
    for article in articles[:ALSO_NAMED]:
        title, url = line_of(article.title, NAME_CHARS) or article.id, web_address(article.url)
        elements.append(part(", " if elements else f"\n{how} "))
        elements += _title(title, url)
        if article.publisher:
            elements.append(part(f" ({line_of(article.publisher, NAME_CHARS)})"))
    more = max(0, len(articles) - ALSO_NAMED) + unnamed
    if elements and more:
        elements.append(part(f", +{more}"))
    return elements


def _question(question: str, texts: Texts, asked_by: str | None) -> RichTextBlock:
    shown = part(line_of(question, QUESTION_CHARS), BOLD)
    if not asked_by:
        return RichTextBlock(elements=[section(shown)])
    return RichTextBlock(elements=[section(UserPart(user_id=asked_by), part(f" {texts.asked_by} "), shown)])


def _answer(answer: Answer, texts: Texts, limit: int, *, shareable: bool, share_in: str | None = None) -> list[Block]:
    best = next(iterate(answer), None) if answer.answer else None
    again, shared = Asked(question=answer.asked).dump(), Asked(question=answer.asked, thread=share_in).dump()
    if best is None:
        blocks: list[Block] = [plain_block(" ".join(filter(None, [texts.not_answered, _why(answer, texts)])))]
        blocks += [closest_block(q, texts, limit // CLOSEST_SHOWN) for q in answer.alternatives[:CLOSEST_SHOWN]]
        buttons = button(texts.closest, MORE, again) + button(texts.why, WHY, again) if answer.alternatives else []
        buttons += [] if answer.helps else button(texts.notify, NOTIFY, again)
    else:
        blocks = [quotation_block(best, texts, limit, heading(answer, texts))]
        blocks += [plain_block(cut(clean(sides), DIFFER_CHARS))] if (sides := differ(answer, texts)) else []
        is_list = answer.kind is QuestionKind.ARTICLES
        if is_list:
            others = answer.alternatives[:LISTED]
            blocks += [closest_block(other, texts, limit // (LISTED + 1)) for other in others]
        buttons = button(texts.more, MORE, again) if answer.alternatives and not is_list else []
        place = Place.of(best).dump()
        buttons += button(texts.context, CONTEXT, place) + button(texts.article, ARTICLE, place)
        buttons += [] if is_list else button(texts.why, WHY, again)
        buttons += button(texts.share_all if share_in else texts.share, SHARE, shared) if shareable else []
    if answer.understood_as:
        blocks.insert(0, plain_block(texts.understood.format(question=line_of(answer.understood_as, QUESTION_CHARS))))
    return [*blocks, *([ActionsBlock(elements=buttons)] if buttons else []), *_feedback(answer, best, texts)]


def _ask_person(answer: Answer, texts: Texts) -> list[Block]:
    """The button that passes a question on to people; none if the articles say."""
    asking = button(texts.ask_person, ASK_PERSON, Asked(question=answer.asked).dump())
    return [ActionsBlock(elements=asking)] if asking and not answer.helps else []


def _why(answer: Answer, texts: Texts) -> str:
    return cut(clean(why_not(answer.missing, texts)), WHY_CHARS)


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
