"""Messages and mentions: questions, follow-ups, articles, edits and deletions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest

from qa_bot.slack.incoming.access import ANSWERED_SUBTYPES, is_from_bot, team_of
from qa_bot.slack.incoming.asked_questions import How, QuestionPayload, how_meant
from qa_bot.slack.incoming.events import IncomingMessage, read_message
from qa_bot.slack.incoming.messages import is_question, links, typed
from qa_bot.slack.services import Desk, home_of, place_of
from qa_bot.slack.web_api.files import read_files
from qa_bot.slack.workers.articles import PostPayload

ARTICLES_A_MESSAGE = 10


async def message(
    event: dict[str, Any], body: dict[str, Any], request: AsyncBoltRequest, context: AsyncBoltContext, desk: Desk
) -> None:
    """Takes a message that was posted, edited or deleted."""
    subtype = event.get("subtype")
    if subtype == "message_changed":
        _edited(event, body, context, desk)
    elif subtype == "message_deleted":
        _deleted(event, body, context, desk)
    elif subtype in ANSWERED_SUBTYPES:
        _posted(event, body, context, desk, sent_again="x-slack-retry-num" in request.headers)


def _posted(
    event: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext, desk: Desk, *, sent_again: bool
) -> None:
    posted = read_message(event, event.get("channel"))
    if posted is None or is_from_bot(event, desk.settings, home_of(context)):
        return
    if desk.refuses(context, posted.channel, team_of(event, shared=_is_shared(body))):
        return
    if _take_articles(event, posted, body, context, desk):
        return
    how = How.MENTION if event.get("type") == "app_mention" else _how(posted, context, desk)
    if how is not None:
        payload = _payload(posted, how, body, context)
        desk.take_question(payload.model_copy(update={"sent_again": sent_again}))


def _take_articles(
    event: Mapping[str, Any], posted: IncomingMessage, body: Mapping[str, Any], context: AsyncBoltContext, desk: Desk
) -> bool:
    """Takes the links and files of a message as articles, in a channel that is for them; False if there are none."""
    if not desk.settings.channel(posted.channel).index_posts:
        return False
    found, files = links(posted.text)[:ARTICLES_A_MESSAGE], read_files(event)[:ARTICLES_A_MESSAGE]
    if not (found or files) or (is_question(typed(posted.text)) and not files):
        return False
    key = f"{posted.channel}:{posted.ts}"
    payload = PostPayload(
        **place_of(body, context),
        channel=posted.channel,
        ts=posted.ts,
        thread=posted.thread,
        links=tuple(found),
        files=tuple(files),
        about=key,
    )
    desk.jobs.put(f"index:{key}", "index", payload.model_dump())
    return True


def _edited(event: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext, desk: Desk) -> None:
    now, before = event.get("message"), event.get("previous_message")
    if not isinstance(now, dict) or not isinstance(before, dict):
        return
    if now.get("subtype") == "tombstone":  # a message that had replies is not deleted, but emptied
        _deleted(event, body, context, desk)
        return
    edited = read_message(now, event.get("channel"))
    if edited is None or edited.text == before.get("text") or is_from_bot(now, desk.settings, home_of(context)):
        return  # an unfurled link, say, changes a message, too
    if desk.refuses(context, edited.channel, team_of(now, shared=_is_shared(body))):
        return
    how = _how(edited, context, desk)
    if how is None and not _may_be_answered(before, edited.channel, context, desk):
        return
    payload = _payload(edited, how or How.FOLLOW_UP, body, context)
    desk.jobs.put(f"edit:{payload.key}:{event.get('event_ts') or event.get('ts')}", "edit", payload.model_dump())


def _deleted(event: Mapping[str, Any], body: Mapping[str, Any], context: AsyncBoltContext, desk: Desk) -> None:
    before = event.get("previous_message")
    deleted = read_message(before, event.get("channel")) if isinstance(before, dict) else None
    if deleted is None or is_from_bot(before or {}, desk.settings, home_of(context)):
        return
    if not _may_be_answered(before or {}, deleted.channel, context, desk):
        return
    payload = _payload(deleted, How.FOLLOW_UP, body, context)
    desk.jobs.put(f"delete:{payload.key}", "delete", payload.model_dump())


def _may_be_answered(before: Mapping[str, Any], channel: str, context: AsyncBoltContext, desk: Desk) -> bool:
    """Whether a message as it was may have an answer: asking Slack at each edit and deletion would be too much."""
    was = read_message(before, channel)
    if was is None:
        return False
    return desk.state.answer_to(channel, was.ts) is not None or _how(was, context, desk) is not None


def _how(posted: IncomingMessage, context: AsyncBoltContext, desk: Desk) -> How | None:
    return how_meant(
        posted.text,
        desk.settings.channel(posted.channel),
        direct=posted.channel.startswith("D"),
        in_thread=posted.thread != posted.ts,
        bot_user=home_of(context).bot_user,
    )


def _payload(posted: IncomingMessage, how: How, body: Mapping[str, Any], context: AsyncBoltContext) -> QuestionPayload:
    return QuestionPayload(
        **place_of(body, context),
        channel=posted.channel,
        ts=posted.ts,
        thread=posted.thread,
        person=posted.person,
        text=posted.text,
        how=how,
        about=f"{posted.channel}:{posted.ts}",
    )


def _is_shared(body: Mapping[str, Any]) -> bool:
    return bool(body.get("is_ext_shared_channel"))
