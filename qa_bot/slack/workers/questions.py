"""Jobs about questions in channels, threads and direct messages: answer one, answer it anew, take the answer back."""

from __future__ import annotations

import logging

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.incoming.asked_questions import How, QuestionPayload
from qa_bot.slack.incoming.messages import SmallTalk, questions_in, small_talk, typed
from qa_bot.slack.incoming.threads import Conversation, read_thread, turn_payload
from qa_bot.slack.jobs.state import Job
from qa_bot.slack.services import Desk
from qa_bot.slack.views.blocks import Message, answer_message, plain_message
from qa_bot.slack.views.outcomes import Failure, Outcome, turn_of
from qa_bot.slack.views.quoting import cut
from qa_bot.slack.views.texts import Texts, number
from qa_bot.slack.web_api.posting import call, error_code, find_answer
from qa_bot.slack.web_api.responding import respond
from qa_bot.slack.workers.status_line import Sign

TITLE_CHARS = 80
QUESTION_CHARS = 300

_log = logging.getLogger(__name__)


class QuestionWork:
    """Does the jobs.

    Args:
        desk: the parts of the app.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, job: Job) -> None:
        """Answers a message in its thread."""
        asked = QuestionPayload.model_validate(job.payload)
        client = await self._desk.workspaces.client(asked.enterprise, asked.team)
        if client is None:
            return
        shortcut = asked.how is How.SHORTCUT
        if shortcut and await self._posted(client, asked) is not None:
            await self._tell(asked, self._desk.texts(asked.channel).already)
            return
        conversation = await self._conversation(client, asked)
        reply = await self._reply(client, asked, conversation) if conversation is not None else None
        if reply is None:
            return
        message, payload = reply
        try:
            posted = await self._desk.poster.post(
                client,
                asked.channel,
                message,
                thread=asked.thread,
                payload=payload,
                author=asked.bot_user,
                again=asked.sent_again or job.attempts > 1,
            )
        except SlackApiError as error:
            _log.error(
                "an answer could not be posted in %s: %s; see: qa-bot slack --check", asked.channel, error_code(error)
            )
            await self._tell(asked, self._desk.texts(asked.channel).invite_me)
            return
        self._desk.state.remember_answer(asked.channel, asked.ts, posted)
        if asked.how is How.DIRECT and asked.thread == asked.ts:
            sign = Sign(client, asked.channel, asked.ts, asked.thread)
            await sign.title(cut(typed(asked.text, asked.bot_user), TITLE_CHARS))

    async def refuse(self, job: Job) -> None:
        """Tells somebody that too many questions are waiting."""
        asked = QuestionPayload.model_validate(job.payload)
        client = await self._desk.workspaces.client(asked.enterprise, asked.team)
        if client is not None:
            said = plain_message(self._desk.texts(asked.channel).too_busy)
            await call(
                client.chat_postEphemeral,
                channel=asked.channel,
                user=asked.person,
                thread_ts=asked.thread,
                text=said.text,
                blocks=said.blocks,
            )

    async def answer_anew(self, job: Job) -> None:
        """Edits the answer to a message that was edited; answers it if it was no question before and the bot is meant."""
        asked = QuestionPayload.model_validate(job.payload)
        client = await self._desk.workspaces.client(asked.enterprise, asked.team)
        if client is None:
            return
        posted = await self._posted(client, asked)
        if posted is None:
            if asked.how in (How.MENTION, How.DIRECT):
                await self.answer(job)
            return
        conversation = await self._conversation(client, asked)
        reply = await self._reply(client, asked, conversation or Conversation())
        try:
            if reply is None:
                await self._desk.poster.remove(client, asked.channel, posted)
                self._desk.state.forget_answer(asked.channel, asked.ts)
            else:
                await self._desk.poster.edit(client, asked.channel, posted, *reply)
        except SlackApiError as error:
            _log.error("an answer could not be edited in %s: %s", asked.channel, error_code(error))

    async def take_back(self, job: Job) -> None:
        """Removes the answer to a message that was deleted."""
        asked = QuestionPayload.model_validate(job.payload)
        client = await self._desk.workspaces.client(asked.enterprise, asked.team)
        posted = await self._posted(client, asked) if client else None
        if client is None or posted is None:
            return
        try:
            await self._desk.poster.remove(client, asked.channel, posted)
        except SlackApiError as error:
            _log.error("an answer could not be removed in %s: %s", asked.channel, error_code(error))
        self._desk.state.forget_answer(asked.channel, asked.ts)

    # ------------------------------------------------------------------------------------------------------------------

    async def _tell(self, asked: QuestionPayload, text: str) -> None:
        """Tells the person who used a shortcut something that only they see."""
        if asked.response_url:
            await respond(self._desk.session, asked.response_url, plain_message(text))

    async def _posted(self, client: AsyncWebClient, asked: QuestionPayload) -> str | None:
        known = self._desk.state.answer_to(asked.channel, asked.ts)
        return known or await find_answer(client, asked.channel, asked.thread, asked.key, asked.bot_user)

    async def _conversation(self, client: AsyncWebClient, asked: QuestionPayload) -> Conversation | None:
        """The conversation that a message is part of; None if the bot is not meant."""
        if asked.thread == asked.ts:
            return Conversation()
        conversation = await read_thread(client, asked.channel, asked.thread, asked.ts, asked.bot_user)
        if asked.how is How.FOLLOW_UP and not conversation.joined:
            return None
        return conversation

    async def _reply(
        self, client: AsyncWebClient, asked: QuestionPayload, conversation: Conversation
    ) -> tuple[Message, dict[str, str]] | None:
        """What to say, and its metadata; None for nothing."""
        texts = self._desk.texts(asked.channel)
        text = typed(asked.text, asked.bot_user)
        talk = small_talk(text)
        if talk or not text:
            said = _said(talk or SmallTalk.HELP, texts)
            return (plain_message(said), turn_payload(asked.key, None)) if asked.how is not How.AUTO else None
        outcomes = await self._outcomes(client, asked, text, conversation)
        if not outcomes:
            return None
        if asked.how not in (How.AUTO, How.SHORTCUT):
            self._desk.state.remember_question(asked.team or "", asked.person, cut(text, QUESTION_CHARS))
        return answer_message(outcomes, texts), turn_payload(asked.key, turn_of(outcomes[-1]))

    async def _outcomes(
        self, client: AsyncWebClient, asked: QuestionPayload, text: str, conversation: Conversation
    ) -> list[Outcome]:
        desk, texts = self._desk, self._desk.texts(asked.channel)
        language = desk.settings.channel(asked.channel).language
        sign = Sign(client, asked.channel, asked.ts, asked.thread)

        async def tell(ahead: int) -> None:
            await sign.wait(texts.waiting.format(count=number(ahead, language)))

        if desk.settings.log_questions:
            _log.info("question in %s: %s", asked.channel, text)
        if asked.how is How.DIRECT:
            passages = number(await desk.archive.passages(), language)
            await sign.say(texts.status.format(passages=passages))
        asker = desk.asker(asked.channel)
        outcomes = await asker.ask(questions_in(text), conversation.turns, None if asked.how is How.AUTO else tell)
        await sign.stop()
        if asked.how is not How.AUTO:
            return outcomes
        return [outcome for outcome in outcomes if not isinstance(outcome, Failure) and outcome.answered]


def _said(talk: SmallTalk, texts: Texts) -> str:
    said = {
        SmallTalk.HELLO: texts.hello,
        SmallTalk.THANKS: texts.welcome,
        SmallTalk.GOODBYE: texts.goodbye,
        SmallTalk.HELP: texts.help,
    }
    return said[talk]
