"""Events: messages and mentions, edits and deletions, App Home opened, the app removed."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError
from qa_bot.slack.incoming.access import ANSWERED_SUBTYPES, is_from_bot, is_shared, team_of
from qa_bot.slack.incoming.messages import Trigger, is_question, links, trigger_of, typed
from qa_bot.slack.incoming.requests import IncomingMessage, mapping, read_id, read_message, read_timestamp
from qa_bot.slack.services import Origin, Services, identity_of, origin_of
from qa_bot.slack.web_api.files import read_files
from qa_bot.slack.workers.articles import PostPayload
from qa_bot.slack.workers.modal_presenter import publish_home
from qa_bot.slack.workers.questions import QuestionPayload, StopPayload
from qa_bot.slack.workers.welcomes import begin_welcome

ARTICLES_A_MESSAGE = 10

_log = logging.getLogger(__name__)


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.event("app_mention")(take_message)
    app.event("message")(take_message)
    app.event("member_joined_channel")(member_joined)
    app.event("app_home_opened")(app_home_opened)
    app.event("agent_session_stopped")(session_stopped)
    app.event("agent_session_title_changed")(session_renamed)
    app.event("app_uninstalled")(app_removed)
    app.event("tokens_revoked")(app_removed)


async def take_message(
    event: dict[str, Any],
    body: dict[str, Any],
    request: AsyncBoltRequest,
    context: AsyncBoltContext,
    services: Services,
) -> None:
    """Takes a message that was posted, edited or deleted."""
    subtype, shared = event.get("subtype"), is_shared(body)
    if subtype == "message_changed":
        _edited(event, context, services, shared=shared)
    elif subtype == "message_deleted":
        _deleted(event, context, services)
    elif subtype in ANSWERED_SUBTYPES:
        _posted(event, context, services, shared=shared, again=_sent_before(request))


async def member_joined(
    event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext, services: Services
) -> None:
    """Welcomes a channel that the bot joins; nobody else's joining is of interest."""
    channel = read_id(event.get("channel"))
    if channel is None or event.get("user") != identity_of(context).bot_user:
        return
    team = team_of({"user_team": event.get("inviter_team")}, shared=is_shared(body))
    if not services.refuses(context, channel, team):
        begin_welcome(services, Origin(**origin_of(context)), channel)


async def app_home_opened(event: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Shows App Home, or suggests questions above the messages."""
    person, channel = read_id(event.get("user")), read_id(event.get("channel"))
    if person is None or services.refuses(context, None, None):
        return
    if event.get("tab") != "messages":
        team = str(origin_of(context)["team"] or "")
        services.short_tasks.start(publish_home(services, context.client, person, team), "showing App Home")
    elif channel is not None:
        services.short_tasks.start(
            _suggest(services, context.client, channel, origin_of(context)["team"]), "suggesting questions"
        )


async def session_stopped(event: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes the click on the button that stops the bot's work in a thread."""
    channel, thread = read_id(event.get("channel")), read_timestamp(event.get("thread_ts"))
    if channel is None or thread is None or services.refuses(context, channel, None):
        return
    payload = StopPayload(**origin_of(context), channel=channel, ts=thread, thread=thread, received=time.time())
    if services.jobs.put(f"stop:{payload.about}:{event.get('event_ts')}", "stop", payload.model_dump()):
        services.state.threads.stop(channel, thread, payload.received)  # at once: the job waits for its turn


async def session_renamed(event: dict[str, Any], services: Services) -> None:
    """Notes that a person chose the title of a thread, which the bot then leaves alone."""
    channel, thread = read_id(event.get("channel")), read_timestamp(event.get("thread_ts"))
    if channel is not None and thread is not None:
        services.sessions.note_renamed(channel, thread)


async def app_removed(event: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Forgets the token of a workspace that removed the app or revoked the token."""
    if event.get("type") == "tokens_revoked" and not mapping(event.get("tokens")).get("bot"):
        return  # a person's token, which the bot does not use
    team = None if context.is_enterprise_install else context.team_id
    await services.workspaces.forget(context.enterprise_id, team)
    _log.warning(
        "the app was removed from %s; to use it there, install it again", context.team_id or context.enterprise_id
    )


def _posted(
    event: Mapping[str, Any], context: AsyncBoltContext, services: Services, *, shared: bool | None, again: bool
) -> None:
    posted = read_message(event, event.get("channel"))
    if posted is None or is_from_bot(event, services.settings, identity_of(context)):
        return
    if services.refuses(context, posted.channel, team_of(event, shared=shared)):
        return
    if _take_articles(event, posted, context, services):
        return
    mention = event.get("type") == "app_mention"
    trigger = Trigger.MENTION if mention else _trigger(posted, context, services)
    if trigger is None:
        return
    payload = _payload(posted, trigger, context, again=again)
    if not services.jobs.full:
        services.jobs.put(f"question:{payload.about}", "question", payload.model_dump())
    elif trigger not in (Trigger.AUTO, Trigger.FOLLOW_UP):
        services.jobs.put(f"question:{payload.about}", "too busy", payload.model_dump())


def _take_articles(
    event: Mapping[str, Any], posted: IncomingMessage, context: AsyncBoltContext, services: Services
) -> bool:
    """Takes the links and files of a message as articles, if its channel is for them; False if there are none."""
    if not services.settings.channel(posted.channel).index_posts:
        return False
    addresses, files = links(posted.text)[:ARTICLES_A_MESSAGE], read_files(event)[:ARTICLES_A_MESSAGE]
    if not (addresses or files) or (is_question(typed(posted.text)) and not files):
        return False
    payload = PostPayload(**origin_of(context), **posted._asdict(), links=tuple(addresses), files=tuple(files))
    services.jobs.put(f"index:{payload.about}", "index", payload.model_dump())
    return True


def _edited(event: Mapping[str, Any], context: AsyncBoltContext, services: Services, *, shared: bool | None) -> None:
    after, before = mapping(event.get("message")), mapping(event.get("previous_message"))
    if not after or not before:
        return
    if after.get("subtype") == "tombstone":  # a message with replies is not deleted, but emptied
        _deleted(event, context, services)
        return
    edited = read_message(after, event.get("channel"))
    if edited is None or edited.text == before.get("text"):
        return  # a link's preview, for example, changes a message, too
    if is_from_bot(after, services.settings, identity_of(context)):
        return
    if services.refuses(context, edited.channel, team_of(after, shared=shared)):
        return
    trigger = _trigger(edited, context, services)
    if trigger is None and not _may_have_answer(read_message(before, edited.channel), context, services):
        return
    payload = _payload(edited, trigger or Trigger.FOLLOW_UP, context)
    key = f"edit:{payload.about}:{event.get('event_ts') or event.get('ts')}"
    services.jobs.put(key, "edit", payload.model_dump())


def _deleted(event: Mapping[str, Any], context: AsyncBoltContext, services: Services) -> None:
    before = mapping(event.get("previous_message"))
    deleted = read_message(before, event.get("channel"))
    if deleted is None or is_from_bot(before, services.settings, identity_of(context)):
        return
    if _may_have_answer(deleted, context, services):
        payload = _payload(deleted, Trigger.FOLLOW_UP, context)
        services.jobs.put(f"delete:{payload.about}", "delete", payload.model_dump())


def _may_have_answer(message: IncomingMessage | None, context: AsyncBoltContext, services: Services) -> bool:
    """Whether a message may have an answer; to ask Slack at each edit and deletion would be too much."""
    if message is None:
        return False
    known = services.state.answer_to(message.channel, message.ts)
    return known is not None or _trigger(message, context, services) is not None


def _trigger(message: IncomingMessage, context: AsyncBoltContext, services: Services) -> Trigger | None:
    return trigger_of(
        message.text,
        services.settings.channel(message.channel),
        direct=message.channel.startswith("D"),
        in_thread=message.thread != message.ts,
        bot_user=identity_of(context).bot_user,
    )


def _payload(
    message: IncomingMessage, trigger: Trigger, context: AsyncBoltContext, *, again: bool = False
) -> QuestionPayload:
    return QuestionPayload(**origin_of(context), **message._asdict(), trigger=trigger, again=again)


def _sent_before(request: AsyncBoltRequest) -> bool:
    """Whether Slack says that it sent an event before: Socket Mode names the attempt also if it is the first, number 0."""
    (number, *_) = request.headers.get("x-slack-retry-num") or ["0"]
    return number.isdecimal() and int(number) > 0


async def _suggest(services: Services, client: AsyncWebClient, channel: str, workspace: str | None) -> None:
    try:
        questions = await services.archive.prompts(services.only(None))
    except QABotError as error:
        _log.error("no questions can be suggested: %s", error)
        return
    if questions:
        await services.sessions.attempt(
            workspace,
            client.assistant_threads_setSuggestedPrompts,
            channel_id=channel,
            title=services.texts(None).prompts_title,
            prompts=[{"title": question, "message": question} for question in questions],
        )
