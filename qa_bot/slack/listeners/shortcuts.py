"""The message shortcut "Answer this"."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.slack.incoming.access import Refusal
from qa_bot.slack.incoming.messages import Trigger
from qa_bot.slack.incoming.requests import Request, mapping, read_message, read_request
from qa_bot.slack.services import Services, origin_of
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.web_api.responding import respond
from qa_bot.slack.workers.questions import QuestionPayload

SHORTCUT = "answer_this"
"""Callback id of the shortcut, in the manifest."""
KEY_CHARS = 300


def register(app: AsyncApp) -> None:
    """Registers the listener."""
    app.shortcut({"callback_id": SHORTCUT, "type": "message_action"})(answer_this)


async def answer_this(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes anybody's message as a question."""
    await ack()
    request, message = read_request(body), mapping(body.get("message"))
    if request is None or not message:
        return
    posted, texts = read_message(message, request.channel), services.texts(request.channel)
    refused = services.refuses(context, request.channel, request.person_team)
    if refused:
        _tell(services, request, texts.not_you if refused is Refusal.STRANGER else texts.not_here)
    elif posted is None:
        _tell(services, request, texts.no_words)
    elif services.jobs.full:
        _tell(services, request, texts.too_busy)
    else:
        payload = QuestionPayload(
            **origin_of(context),
            **posted._asdict(),
            trigger=Trigger.SHORTCUT,
            about=f"{posted.channel}:{posted.ts}",
            response_url=request.response_url,
        )
        key = f"shortcut:{payload.key}:{request.trigger_id}"[:KEY_CHARS]
        if not services.jobs.put(key, "question", payload.model_dump()):
            _tell(services, request, texts.already)


def _tell(services: Services, request: Request, text: str) -> None:
    response = respond(services.session, request.response_url, plain_message(text))
    services.short_tasks.start(response, "answering a shortcut")
