"""Modals that people submit: the form that asks what is wrong with an answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.feedback import Verdict
from qa_bot.slack.incoming.requests import mapping, read_request
from qa_bot.slack.quoting import clean
from qa_bot.slack.services import Services
from qa_bot.slack.views.modals import CORRECTION, CORRECTION_CHARS, FEEDBACK_VIEW, REASON, notice_modal
from qa_bot.slack.workers.judgements import FeedbackForm, record_judgement


def register(app: AsyncApp) -> None:
    """Registers the listener."""
    app.view(FEEDBACK_VIEW)(take_correction)


async def take_correction(
    ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext, services: Services
) -> None:
    """Records the reason and the right answer that a person gives."""
    request, form = read_request(body), FeedbackForm.load(view.get("private_metadata"))
    if request is None or form is None or services.refuses(context, form.channel, request.person_team):
        await ack()
        return
    texts = services.texts(form.channel)
    verdict, correction = _filled_in(view)
    if verdict is None and not correction:
        await ack(response_action="errors", errors={REASON: texts.feedback_needed})
        return
    await ack(response_action="update", view=notice_modal(texts.feedback_title, texts.thanks_for_feedback, texts))
    recording = record_judgement(
        services,
        form.judged,
        verdict or Verdict.WRONG,
        person=request.person,
        channel=form.channel,
        given=time.time(),
        correction=correction,
    )
    services.short_tasks.start(recording, "recording feedback")


def _filled_in(view: Mapping[str, Any]) -> tuple[Verdict | None, str]:
    """The verdict that was chosen, and the correction that was typed."""
    values = mapping(mapping(view.get("state")).get("values"))
    reason, correction = (mapping(mapping(values.get(name)).get(name)) for name in (REASON, CORRECTION))
    chosen, text = mapping(reason.get("selected_option")).get("value"), correction.get("value")
    verdict = Verdict(chosen) if chosen in set(Verdict) else None
    return verdict, clean(text[:CORRECTION_CHARS]).strip() if isinstance(text, str) else ""
