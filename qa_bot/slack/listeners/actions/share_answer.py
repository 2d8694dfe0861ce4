"""Shares an answer that only the asker has seen in the channel."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.slack.incoming.events import read_timestamp
from qa_bot.slack.incoming.payloads import Asked
from qa_bot.slack.incoming.requests import read_request, value_of
from qa_bot.slack.services import Desk, place_of
from qa_bot.slack.workers.private_answers import PrivatePayload


async def share_answer(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, desk: Desk) -> None:
    """Takes the question once for each message that had the button."""
    await ack()
    request, asked, container = read_request(body), Asked.load(value_of(body)), body.get("container")
    shown = read_timestamp(container.get("message_ts")) if isinstance(container, dict) else None
    if request is None or request.channel is None or asked is None or shown is None:
        return
    if desk.refuses(context, request.channel, request.person_team):
        return
    key = f"share:{request.channel}:{request.person}:{shown}"
    payload = PrivatePayload(
        **place_of(body, context),
        channel=request.channel,
        person=request.person,
        question=asked.question,
        response_url=request.response_url,
        key=key,
    )
    desk.jobs.put(key, "share", payload.model_dump())
