"""Questions that are typed in App Home, or asked again there."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.incoming.messages import CHARS_READ
from qa_bot.slack.incoming.payloads import Asked
from qa_bot.slack.incoming.requests import read_request, value_of
from qa_bot.slack.services import Desk, place_of
from qa_bot.slack.views.quoting import clean
from qa_bot.slack.workers.modal_presenter import Looking


async def ask_at_home(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext, desk: Desk
) -> None:
    """Answers what was typed."""
    await ack()
    value = value_of(body)
    if isinstance(value, str) and value.strip():
        _answer(clean(value[:CHARS_READ]).strip(), body, client, context, desk)


async def ask_again(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext, desk: Desk
) -> None:
    """Answers an earlier question."""
    await ack()
    asked = Asked.load(value_of(body))
    if asked:
        _answer(asked.question, body, client, context, desk)


def _answer(question: str, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext, desk: Desk) -> None:
    request = read_request(body)
    if request is None or desk.refuses(context, None, request.person_team):
        return
    request = request._replace(channel=None)
    team = str(place_of(body, context)["team"] or "")
    desk.background.start(Looking(desk, client, request).answer(question, team), "answering in App Home")
