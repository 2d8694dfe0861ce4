"""Thumbs up and thumbs down."""

from __future__ import annotations

import time
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.feedback import Verdict
from qa_bot.slack.incoming.payloads import Judged
from qa_bot.slack.incoming.requests import Request, read_request, value_of
from qa_bot.slack.services import Desk
from qa_bot.slack.views.modals import feedback_modal
from qa_bot.slack.workers.judgements import Asking, keep
from qa_bot.slack.workers.modal_presenter import Looking


async def feedback(
    ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext, desk: Desk
) -> None:
    """Keeps what somebody thinks of an answer; asks what is wrong with one that is not right."""
    await ack()
    request, judged = read_request(body), Judged.load(value_of(body))
    if request is None or judged is None or desk.refuses(context, request.channel, request.person_team):
        return
    desk.background.start(_take(desk, client, request, judged, time.time()), "taking feedback")


async def _take(desk: Desk, client: AsyncWebClient, request: Request, judged: Judged, given: float) -> None:
    texts, looking = desk.texts(request.channel), Looking(desk, client, request)
    if not judged.good:
        asking = Asking(judged=judged, channel=request.channel)
        await looking.open(feedback_modal(asking.model_dump_json(), texts))
    said = judged.place is not None
    verdict = (Verdict.RIGHT if said else Verdict.UNANSWERABLE) if judged.good else Verdict.WRONG
    await keep(desk, judged, verdict, person=request.person, channel=request.channel, given=given)
    if judged.good:
        await looking.tell(texts.thanks_for_feedback)
