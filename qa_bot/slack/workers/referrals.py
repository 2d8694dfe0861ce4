"""Jobs about questions that people are asked, because the articles don't say: ask them once, and close the question."""

from __future__ import annotations

import hashlib
import logging
import time

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.feedback import Verdict
from qa_bot.slack.incoming.messages import typed
from qa_bot.slack.quoting import clean, cut
from qa_bot.slack.services import Origin, Services
from qa_bot.slack.views.button_values import Judged
from qa_bot.slack.views.modals import CORRECTION_CHARS
from qa_bot.slack.views.referrals import referral_message, resolved_message
from qa_bot.slack.web_api.calls import call, error_code
from qa_bot.slack.workers.asking import ask
from qa_bot.slack.workers.judgements import record_judgement

REPLIES_READ = 15
"""Slack gives some apps no more at a time."""

_log = logging.getLogger(__name__)


class ReferralPayload(Origin):
    """What a job about such a question carries.

    Attributes:
        channel: id of the channel.
        thread: timestamp of the first message of the thread.
        question: as it was asked.
        person: id of who wants to know.
        by: id of who clicked.
        shown_at: timestamp of the message with the button.
    """

    channel: str
    thread: str
    question: str
    person: str
    by: str
    shown_at: str

    @property
    def key(self) -> str:
        """Names the question in its thread."""
        return f"referral:{self.channel}:{self.thread}:{_digest(self.question)}:{self.thread}"


async def refer(services: Services, client: AsyncWebClient, asked: ReferralPayload) -> None:
    """Asks the people whom the channel's settings name, in the thread, once."""
    whom, texts, state = (
        services.settings.channel(asked.channel).ask,
        services.texts(asked.channel, asked.person),
        services.state,
    )
    digest = _digest(asked.question)
    if not whom or state.is_referred(asked.channel, asked.thread, digest):
        return
    (outcome,) = await ask(services, asked.channel, [asked.question], team=asked.team)
    try:
        await services.poster.post(
            client,
            asked.channel,
            referral_message(outcome, asked.question, asked.person, whom, texts),
            thread=asked.thread,
            payload={"question": asked.key},
            author=asked.bot_user,
            again=asked.again,
        )
    except SlackApiError as error:
        _log.error("people could not be asked in %s: %s", asked.channel, error_code(error))
        return
    state.remember_referral(asked.channel, asked.thread, digest)


async def resolve(services: Services, client: AsyncWebClient, closed: ReferralPayload) -> None:
    """Closes a question, and keeps the last answer that somebody has written in the thread as feedback."""
    texts = services.texts(closed.channel, closed.person)
    reply = await _last_reply(client, closed)
    message = resolved_message(closed.question, closed.person, closed.by, texts)
    try:
        await services.poster.edit(client, closed.channel, closed.shown_at, message, {"question": closed.key})
    except SlackApiError as error:
        _log.error("a question to people could not be closed in %s: %s", closed.channel, error_code(error))
    if reply:
        author, text = reply
        await record_judgement(
            services,
            Judged(good=False, question=closed.question),
            Verdict.UNANSWERABLE,
            person=author,
            channel=closed.channel,
            team=closed.team,
            given=time.time(),
            correction=text,
        )


async def _last_reply(client: AsyncWebClient, closed: ReferralPayload) -> tuple[str, str] | None:
    """Who wrote last in the thread since people were asked, but for who wanted to know, and what; None if nobody did."""
    try:
        page = await call(
            client.conversations_replies,
            channel=closed.channel,
            ts=closed.thread,
            oldest=closed.shown_at,
            limit=REPLIES_READ,
        )
    except SlackApiError as error:
        _log.warning("a thread cannot be read (%s); run: qa-bot slack --check", error_code(error))
        return None
    people = {closed.person, closed.bot_user}
    replies = [
        (str(message["user"]), cut(clean(typed(str(message.get("text", "")), closed.bot_user)), CORRECTION_CHARS))
        for message in page.get("messages") or []
        if message.get("user") not in people
        and not message.get("bot_id")
        and str(message.get("ts", "")) > closed.shown_at
    ]
    return replies[-1] if replies else None


def _digest(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()[:16]
