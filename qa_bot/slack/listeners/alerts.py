"""Alerts: ``/ask notify QUESTION``, the button under a reply without an answer, and the buttons that stop them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from embeddings.errors import QABotError, QuestionError
from qa_bot.answering.answerer import MAX_QUESTION_CHARS, check_question
from qa_bot.slack.incoming.access import Refusal
from qa_bot.slack.incoming.requests import Request, read_request, value_of
from qa_bot.slack.jobs.alerts import MOST_ALERTS, Added, Wish
from qa_bot.slack.services import Services, identity_of, workspace_of
from qa_bot.slack.views.alerts import STOP, STOP_ALL, Stopped, list_message
from qa_bot.slack.views.blocks import NOTIFY, Message, plain_message
from qa_bot.slack.views.button_values import Asked
from qa_bot.slack.views.texts import Texts, number
from qa_bot.slack.web_api.responding import respond

VERB = "notify"
"""The first word after ``/ask``."""

_log = logging.getLogger(__name__)


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.action(NOTIFY)(notify_person)
    app.action(STOP)(stop_alert)
    app.action(STOP_ALL)(stop_alerts)


def question_to_notify(text: str) -> str | None:
    """What stands behind ``notify``; None if something else was typed."""
    verb, _, question = text.partition(" ")
    return question.strip() if verb.lower() == VERB else None


async def answer_to_notify(question: str, request: Request, context: AsyncBoltContext, services: Services) -> Message:
    """Records what a person wants to know, before Slack hears that it is taken; lists what they wait for without a question."""
    texts = services.texts(request.channel, request.person)
    if not question:
        return list_message(services.state.alerts.of(workspace_of(context), request.person), texts)
    return plain_message(await _noted(question, request, context, services, texts))


async def notify_person(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes a question without an answer whose asker, or another person, wants to be told when an article answers it."""
    request, asked = read_request(body), Asked.load(value_of(body))
    if request is None or asked is None or services.refuses(context, request.channel, request.person_team):
        await ack()
        return
    said = await _noted(asked.question, request, context, services, services.texts(request.channel, request.person))
    await ack()
    services.short_tasks.start(services.tell_where_used(context.client, request, said), "saying that it is noted")


async def stop_alert(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Stops one of a person's alerts, and shows those that are left."""
    request, stopped = read_request(body), Stopped.load(value_of(body))
    if request is None or stopped is None or stopped.number is None:
        await ack()
        return
    alerts, team = services.state.alerts, workspace_of(context)
    alerts.stop(team, request.person, stopped.number)
    await ack()
    left = list_message(alerts.of(team, request.person), services.texts(request.channel, request.person))
    showing = respond(
        services.session, request.response_url, left, note=services.state.remember_refusal, replace_original=True
    )
    services.short_tasks.start(showing, "showing the alerts that are left")


async def stop_alerts(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Stops all alerts of a person."""
    request = read_request(body)
    if request is None:
        await ack()
        return
    services.state.alerts.stop(workspace_of(context), request.person)
    await ack()
    said = services.texts(request.channel, request.person).alerts_stopped
    services.short_tasks.start(
        services.tell_where_used(context.client, request, said), "saying that alerts are stopped"
    )


async def _noted(question: str, request: Request, context: AsyncBoltContext, services: Services, texts: Texts) -> str:
    """Records a wish; returns what to say to that."""
    if services.refuses(context, None, request.person_team) is Refusal.STRANGER:
        return texts.not_you  # not in direct messages, where they would be told
    try:
        question = check_question(question)
    except QuestionError:
        is_long = len(question) > MAX_QUESTION_CHARS
        return texts.too_long.format(count=number(MAX_QUESTION_CHARS, texts)) if is_long else texts.no_words
    try:
        await asyncio.to_thread(services.arriving.look)  # what is there by now has not arrived later
    except QABotError as error:
        _log.warning("it is not known which articles are there: %s", error)
    identity, sibling = identity_of(context), context.get("sibling")
    wish = Wish(
        workspace_of(context),
        identity.enterprise or context.enterprise_id,
        identity.bot_user,
        request.person,
        None if sibling is not None and sibling == request.person_team else request.person_team,
        request.channel,
        question,
    )
    replies = {
        Added.NEW: texts.alert_noted,
        Added.KNOWN: texts.alert_known,
        Added.FULL: texts.alerts_full.format(count=number(MOST_ALERTS, texts)),
    }
    return replies[services.state.alerts.add(wish)]
