"""The form that asks what is wrong with an answer."""

from __future__ import annotations

import time
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.feedback import Verdict
from qa_bot.slack.incoming.requests import read_request
from qa_bot.slack.services import Desk
from qa_bot.slack.views.modals import CORRECTION, CORRECTION_CHARS, REASON, notice_modal
from qa_bot.slack.views.quoting import clean
from qa_bot.slack.workers.judgements import Asking, keep


async def feedback(
    ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext, desk: Desk
) -> None:
    """Keeps what was filled in."""
    request, asking = read_request(body), Asking.load(view.get("private_metadata"))
    if request is None or asking is None or desk.refuses(context, asking.channel, request.person_team):
        await ack()
        return
    texts = desk.texts(asking.channel)
    verdict, correction = _filled_in(view)
    if verdict is None and not correction:
        await ack(response_action="errors", errors={REASON: texts.feedback_needed})
        return
    await ack(response_action="update", view=notice_modal(texts.feedback_title, texts.thanks_for_feedback, texts))
    kept = keep(
        desk,
        asking.judged,
        verdict or Verdict.WRONG,
        person=request.person,
        channel=asking.channel,
        given=time.time(),
        correction=correction,
    )
    desk.background.start(kept, "keeping feedback")


def _filled_in(view: dict[str, Any]) -> tuple[Verdict | None, str]:
    values = (view.get("state") or {}).get("values") or {}
    chosen = ((values.get(REASON) or {}).get(REASON) or {}).get("selected_option") or {}
    typed = ((values.get(CORRECTION) or {}).get(CORRECTION) or {}).get("value")
    verdict = chosen.get("value")
    known = Verdict(verdict) if verdict in set(Verdict) else None
    return known, clean(typed[:CORRECTION_CHARS]).strip() if isinstance(typed, str) else ""
