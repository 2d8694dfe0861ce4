"""More answers, an answer in its context, an article's text: shown in a modal."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.incoming.payloads import Asked, Place
from qa_bot.slack.incoming.requests import Request, read_request, value_of
from qa_bot.slack.services import Desk
from qa_bot.slack.views.modals import article_modal, context_modal
from qa_bot.slack.workers.modal_presenter import Looking, Modal


async def more_answers(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext, desk: Desk
) -> None:
    """Shows the further answers."""
    await ack()
    request, asked = _allowed(body, context, desk), Asked.load(value_of(body))
    if request and asked:
        desk.background.start(Looking(desk, client, request).more(asked.question), "showing more answers")


async def show_context(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext, desk: Desk
) -> None:
    """Shows the sentences around an answer."""
    await ack()
    _show(body, client, context, desk, context_modal)


async def show_article(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext, desk: Desk
) -> None:
    """Shows the text of an article."""
    await ack()
    _show(body, client, context, desk, article_modal)


def _show(body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext, desk: Desk, modal: Modal) -> None:
    request, place = _allowed(body, context, desk), Place.load(value_of(body))
    if request and place:
        desk.background.start(Looking(desk, client, request).article(place, modal), "showing an article")


def _allowed(body: dict[str, Any], context: AsyncBoltContext, desk: Desk) -> Request | None:
    request = read_request(body)
    if request is None or desk.refuses(context, request.channel, request.person_team):
        return None
    return request
