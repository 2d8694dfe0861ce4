"""Jobs about questions that only the asker sees the answer of, until they share it: /ask and its button."""

from __future__ import annotations

import logging

from pydantic import BaseModel, ConfigDict
from slack_sdk.errors import SlackApiError

from qa_bot.slack.incoming.messages import questions_in
from qa_bot.slack.jobs.state import Job
from qa_bot.slack.services import Desk
from qa_bot.slack.views.blocks import answer_message, plain_message
from qa_bot.slack.views.quoting import cut
from qa_bot.slack.views.texts import number
from qa_bot.slack.web_api.posting import error_code
from qa_bot.slack.web_api.responding import respond
from qa_bot.slack.workers.asker import Asker

QUESTION_CHARS = 300

_log = logging.getLogger(__name__)


class PrivatePayload(BaseModel):
    """What a job about a private question carries.

    Attributes:
        team, enterprise: the workspace whose token answers.
        bot_user: id of the bot's user there.
        channel: id of the channel where it was asked.
        person: who asked.
        question: in plain text.
        response_url: takes what only they see.
        key: names the question among all, and ends in a colon and the time at which it was shared.
    """

    model_config = ConfigDict(frozen=True)

    team: str | None
    enterprise: str | None
    bot_user: str | None = None
    channel: str
    person: str
    question: str
    response_url: str
    key: str


class PrivateWork:
    """Does the jobs.

    Args:
        desk: the parts of the app.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, job: Job) -> None:
        """Answers for the asker's eyes."""
        asked = PrivatePayload.model_validate(job.payload)
        desk, texts = self._desk, self._desk.texts(asked.channel)

        async def tell(ahead: int) -> None:
            language = desk.settings.channel(asked.channel).language
            waiting = texts.waiting.format(count=number(ahead, language))
            await respond(desk.session, asked.response_url, plain_message(f"… {waiting}"))

        if desk.settings.log_questions:
            _log.info("question in %s: %s", asked.channel, asked.question)
        outcomes = await desk.asker(asked.channel).ask(questions_in(asked.question), (), tell)
        desk.state.remember_question(asked.team or "", asked.person, cut(asked.question, QUESTION_CHARS))
        await respond(desk.session, asked.response_url, answer_message(outcomes, texts, shareable=True))

    async def share(self, job: Job) -> None:
        """Asks once more, as the channel may see it, and posts the answer there."""
        asked = PrivatePayload.model_validate(job.payload)
        desk, texts = self._desk, self._desk.texts(asked.channel)
        client = await desk.workspaces.client(asked.enterprise, asked.team)
        if client is None:
            return
        asker: Asker = desk.asker(asked.channel)
        outcomes = await asker.ask([asked.question])
        message = answer_message(outcomes, texts, asked_by=asked.person)
        try:
            await desk.poster.post(
                client, asked.channel, message, payload={"question": asked.key}, author=asked.bot_user
            )
        except SlackApiError as error:
            _log.info("an answer could not be shared in %s: %s", asked.channel, error_code(error))
            await respond(desk.session, asked.response_url, plain_message(texts.invite_me))
            return
        await respond(desk.session, asked.response_url, None, delete_original=True)
