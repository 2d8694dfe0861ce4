"""How what was not answered looks: to admins in App Home, and in the weekly digest."""

from __future__ import annotations

from collections.abc import Mapping

from slack_sdk.models.blocks import (
    Block,
    DividerBlock,
    HeaderBlock,
    RichTextBlock,
    RichTextListElement,
    RichTextSectionElement,
)

from qa_bot.slack.quoting import escape
from qa_bot.slack.views.blocks import Message, message
from qa_bot.slack.views.rich_text import BOLD, line_of, part, plain_block, section
from qa_bot.slack.views.texts import Texts, day, number
from qa_bot.unanswered import QuestionGroup, UnansweredReport

GROUPS_SHOWN = 10
QUESTION_CHARS = 200
CHANNELS_NAMED, WORDINGS_SHOWN = 3, 2
NAME_CHARS = 80


def unanswered_blocks(report: UnansweredReport, names: Mapping[str, str], texts: Texts) -> list[Block]:
    """What was not answered, the most frequent first, for App Home.

    Args:
        report: of a period that ends today.
        names: of channels, by their ids.
        texts: in the language of the person.
    """
    days = (report.until - report.since).days + 1
    count = number(report.questions, texts)
    said = texts.unanswered_in_days.format(days=days, count=count)
    blocks: list[Block] = [DividerBlock(), HeaderBlock(text=texts.unanswered_title)]
    blocks += [plain_block(texts.unanswered_off)] if report.notice else []
    if report.groups:
        return [*blocks, plain_block(said), *group_blocks(report, names, texts)]
    return blocks if report.notice else [*blocks, plain_block(texts.unanswered_none.format(days=days))]


def digest_message(report: UnansweredReport, names: Mapping[str, str], texts: Texts) -> Message:
    """What was not answered in a week."""
    days = {"since": day(report.since, texts), "until": day(report.until, texts)}
    said = texts.unanswered_week.format(**days, count=number(report.questions, texts))
    blocks: list[Block] = [HeaderBlock(text=texts.unanswered_title), plain_block(said)]
    return message(escape(said), [*blocks, *group_blocks(report, names, texts)])


def group_blocks(report: UnansweredReport, names: Mapping[str, str], texts: Texts) -> list[Block]:
    """The largest groups as a list, and how many there are besides."""
    items = [_group(group, names, texts) for group in report.groups[:GROUPS_SHOWN]]
    more = len(report.groups) - len(items)
    blocks: list[Block] = [RichTextBlock(elements=[RichTextListElement(style="ordered", elements=items)])]
    return [*blocks, plain_block(texts.unanswered_more.format(count=number(more, texts)))] if more else blocks


def _group(group: QuestionGroup, names: Mapping[str, str], texts: Texts) -> RichTextSectionElement:
    counts = ((group.refused, texts.unanswered_refused), (group.judged_wrong, texts.unanswered_wrong))
    facts = [text.format(count=number(count, texts)) for count, text in counts if count]
    for one in group.channels[:CHANNELS_NAMED]:
        name = line_of(names.get(one.channel, one.channel), NAME_CHARS) if one.channel else texts.unanswered_outside
        facts.append(f"{name} ({number(one.count, texts)})")
    further = len(group.channels) - CHANNELS_NAMED
    facts += [f"+{further}"] if further > 0 else []
    facts.append(texts.unanswered_last.format(day=day(group.last_asked, texts)))
    others = [texts.quotes.format(line_of(text, QUESTION_CHARS)) for text in group.wordings[1 : 1 + WORDINGS_SHOWN]]
    also = f"\n{texts.unanswered_also} {', '.join(others)}" if others else ""
    return section(part(line_of(group.question, QUESTION_CHARS), BOLD), part(f"\n{' · '.join(facts)}{also}"))
