"""The message shortcut "Answer this"."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.slack.incoming.access import Refusal
from qa_bot.slack.incoming.asked_questions import How, QuestionPayload
from qa_bot.slack.incoming.events import read_message
from qa_bot.slack.incoming.requests import Request, read_request
from qa_bot.slack.services import Desk, place_of
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.web_api.responding import respond

CALLBACK_ID = "answer_this"


async def answer_this(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, desk: Desk) -> None:
    """Takes somebody's message as a question."""
    await ack()
    request, message = read_request(body), body.get("message")
    if request is None or not isinstance(message, dict):
        return
    posted, texts = read_message(message, request.channel), desk.texts(request.channel)
    refused = desk.refuses(context, request.channel, request.person_team)
    if refused or posted is None:
        said = texts.not_you if refused is Refusal.STRANGER else texts.not_here if refused else texts.no_words
        _tell(desk, request, said)
        return
    payload = QuestionPayload(
        **place_of(body, context),
        channel=posted.channel,
        ts=posted.ts,
        thread=posted.thread,
        person=posted.person,
        text=posted.text,
        how=How.SHORTCUT,
        about=f"{posted.channel}:{posted.ts}",
        response_url=request.response_url,
    )
    if desk.jobs.full:
        _tell(desk, request, texts.too_busy)
    elif not desk.jobs.put(
        f"shortcut:{posted.channel}:{posted.ts}:{request.trigger}"[:300], "question", payload.model_dump()
    ):
        _tell(desk, request, texts.already)


def _tell(desk: Desk, request: Request, text: str) -> None:
    desk.background.start(respond(desk.session, request.response_url, plain_message(text)), "telling somebody")
