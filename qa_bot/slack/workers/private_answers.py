"""Jobs about /ask: answers that only the asker sees, until they share them with the channel."""

from __future__ import annotations

import logging

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.incoming.messages import questions_in
from qa_bot.slack.jobs.state import Job
from qa_bot.slack.services import MessageOrigin, Origin, Services
from qa_bot.slack.views.blocks import answer_message
from qa_bot.slack.views.texts import number
from qa_bot.slack.web_api.calls import error_code
from qa_bot.slack.web_api.responding import respond
from qa_bot.slack.web_api.threads import turn_payload
from qa_bot.slack.workers.asking import ask, turn_of
from qa_bot.slack.workers.retractions import remember_quotations
from qa_bot.slack.workers.unanswered import note_unanswered

_log = logging.getLogger(__name__)


class PrivatePayload(Origin):
    """What a job about a private question carries.

    Attributes:
        channel: id of the channel where it was asked.
        person: who asked.
        question: in plain text.
        response_url: takes messages that only they see.
        key: names the question; ends in a colon and the time at which it was shared.
        thread: timestamp of the message in whose thread it is shared; None for outside threads.
    """

    channel: str
    person: str
    question: str
    response_url: str
    key: str
    thread: str | None = None


async def answer(services: Services, job: Job) -> None:
    """Answers a question so that only the asker sees it."""
    asked = PrivatePayload.model_validate(job.payload)
    client = await services.workspaces.client(asked.enterprise, asked.team)
    await services.learn_language(client, asked.channel, asked.person)
    texts = services.texts(asked.channel, asked.person)

    async def tell(ahead: int) -> None:
        waiting = texts.waiting.format(count=number(ahead, texts))
        await services.tell(asked.response_url, f"… {waiting}")

    if services.settings.log_questions:
        _log.info("question in %s: %s", asked.channel, asked.question)
    outcomes = await ask(
        services, asked.channel, questions_in(asked.question), (), tell, team=asked.team, person=asked.person
    )
    services.remember_question(asked.team, asked.person, asked.question)
    await note_unanswered(services, asked.key, outcomes, team=asked.team, channel=asked.channel)
    shown = answer_message(outcomes, texts, shareable=True)
    await respond(services.session, asked.response_url, shown, note=services.state.remember_refusal)


async def share(services: Services, client: AsyncWebClient, asked: PrivatePayload) -> None:
    """Asks again, as the channel may see it, and posts the answer there."""
    texts = services.texts(asked.channel, asked.person)
    (outcome,) = await ask(services, asked.channel, [asked.question], team=asked.team, person=asked.person)
    message, turn = answer_message([outcome], texts, asked_by=asked.person), turn_of(outcome)
    try:
        posted = await services.poster.post(
            client,
            asked.channel,
            message,
            thread=asked.thread,
            payload=turn_payload(asked.key, turn),
            author=asked.bot_user,
        )
    except SlackApiError as error:
        _log.info("an answer could not be shared in %s: %s", asked.channel, error_code(error))
        await services.tell(asked.response_url, texts.invite_me)
        return
    thread = asked.thread or posted
    services.state.threads.remember(asked.channel, thread, posted, turn)  # its thread goes on from it
    origin = MessageOrigin(
        **asked.model_dump(include=set(Origin.model_fields)), channel=asked.channel, ts=posted, thread=thread
    )
    remember_quotations(services, origin, [outcome], posted)
    await respond(services.session, asked.response_url, None, delete_original=True)
