"""`/ask question`: an answer that only the asker sees."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.slack.incoming.access import Refusal
from qa_bot.slack.incoming.messages import SmallTalk, small_talk, typed
from qa_bot.slack.incoming.requests import Request, read_request
from qa_bot.slack.services import Desk, place_of
from qa_bot.slack.views.texts import Texts
from qa_bot.slack.web_api.responding import ephemeral
from qa_bot.slack.workers.private_answers import PrivatePayload


async def ask(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, desk: Desk) -> None:
    """Takes the question, or says how it is asked."""
    request = read_request(body)
    if request is None or request.channel is None:
        await ack()
        return
    texts = desk.texts(request.channel)
    refused = desk.refuses(context, request.channel, request.person_team)
    question = typed(str(body.get("text") or ""))
    if refused:
        await ack(**ephemeral(texts.not_you if refused is Refusal.STRANGER else texts.not_here))
    elif not question or small_talk(question):
        await ack(**ephemeral(_said(small_talk(question), texts)))
    elif desk.jobs.full:
        await ack(**ephemeral(texts.too_busy))
    else:
        await ack()
        _take(request, question, body, context, desk)


def _take(request: Request, question: str, body: dict[str, Any], context: AsyncBoltContext, desk: Desk) -> None:
    key = f"ask:{request.channel}:{request.trigger or request.response_url}"[:300]
    payload = PrivatePayload(
        **place_of(body, context),
        channel=request.channel or "",
        person=request.person,
        question=question,
        response_url=request.response_url,
        key=key,
    )
    desk.jobs.put(key, "ask", payload.model_dump())


def _said(talk: SmallTalk | None, texts: Texts) -> str:
    if talk is SmallTalk.THANKS:
        return texts.welcome
    if talk is SmallTalk.GOODBYE:
        return texts.goodbye
    return texts.usage
