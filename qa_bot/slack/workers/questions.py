"""Jobs about messages in channels, threads and direct messages: answer one, update its answer, remove its answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

from pydantic import AliasChoices, Field
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError
from qa_bot.conversation.history import Turn
from qa_bot.conversation.remarks import Remark
from qa_bot.conversation.small_talk import SmallTalk, small_talk
from qa_bot.slack.incoming.messages import Trigger, questions_in, typed
from qa_bot.slack.incoming.requests import Request
from qa_bot.slack.jobs.threads import Conversation
from qa_bot.slack.quoting import cut
from qa_bot.slack.services import MessageOrigin, Services
from qa_bot.slack.settings import Reply
from qa_bot.slack.views.blocks import Failure, Message, Outcome, answer_message, plain_message
from qa_bot.slack.views.texts import number
from qa_bot.slack.web_api.calls import error_code
from qa_bot.slack.web_api.posting import Abandoned
from qa_bot.slack.web_api.responding import whisper
from qa_bot.slack.web_api.threads import find_answer, read_thread, turn_payload
from qa_bot.slack.workers.asking import ask, turn_of
from qa_bot.slack.workers.retractions import remember_quotations
from qa_bot.slack.workers.status_line import StatusLine
from qa_bot.slack.workers.unanswered import note_unanswered
from qa_bot.slack.workers.welcomes import begin_welcome

TITLE_CHARS = 80

_log = logging.getLogger(__name__)


class QuestionPayload(MessageOrigin):
    """What a job about a message carries.

    Attributes:
        person: who wrote it.
        text: of the message, as Slack sends it.
        trigger: what makes it a question.
        received: when the bot heard of it, in seconds since 1970.
        used_by, response_url: id of the user of a shortcut, and what takes messages that only they see; else empty.
    """

    person: str
    text: str
    trigger: Trigger = Field(validation_alias=AliasChoices("trigger", "how"))  # "how" in old jobs
    received: float = Field(default_factory=time.time)
    used_by: str = ""
    response_url: str = ""


class StopPayload(MessageOrigin):
    """What a job about a thread carries in which a person stopped the work, and when, in seconds since 1970."""

    received: float


async def answer(services: Services, client: AsyncWebClient, asked: QuestionPayload) -> None:
    """Answers a message in its thread."""
    if asked.trigger is Trigger.SHORTCUT and await _posted(services, client, asked) is not None:
        await _tell_user(services, client, asked, services.texts(asked.channel, asked.person).already)
        return
    conversation = await _conversation(services, client, asked)
    if conversation is None:
        return
    status_line = StatusLine(services, client, asked)
    try:
        await _post(services, client, asked, conversation, status_line)
    except Abandoned:
        _log.info("an answer in %s was stopped", asked.channel)
        _forget(services, asked)
        await status_line.clear()
    finally:
        await status_line.end()


async def _post(
    services: Services,
    client: AsyncWebClient,
    asked: QuestionPayload,
    conversation: Conversation,
    status_line: StatusLine,
) -> None:
    """Posts the reply to a message.

    Raises:
        Abandoned: a person has stopped it.
    """
    reply = await _reply(services, asked, conversation, status_line)
    if reply is None:
        return
    message, turn = reply
    if _is_quiet(services, asked):
        note, person = services.state.remember_refusal, asked.used_by or asked.person
        if not await whisper(client, asked.channel, person, message, thread=_thread(asked), note=note):
            await _tell_user(services, client, asked, services.texts(asked.channel, asked.person).invite_me)
        return
    # before the answer is posted: a follow-up may come at once, and this process may end
    services.state.threads.remember(asked.channel, asked.thread, asked.ts, turn)
    try:
        posted = await services.poster.post(
            client,
            asked.channel,
            message,
            thread=asked.thread,
            payload=turn_payload(asked.about, turn),
            author=asked.bot_user,
            again=asked.again,
            abandoned=_abandoned(services, asked),
        )
    except SlackApiError as error:
        code = error_code(error)
        _log.error("an answer could not be posted in %s: %s; run: qa-bot slack --check", asked.channel, code)
        _forget(services, asked)
        await _tell_user(services, client, asked, services.texts(asked.channel, asked.person).invite_me)
        return
    services.state.remember_answer(asked.channel, asked.ts, posted)
    if asked.trigger is Trigger.DIRECT:
        begin_welcome(services, asked, asked.channel)  # after the answer, which is what a person waits for
    if asked.trigger is Trigger.DIRECT and asked.thread == asked.ts:
        await status_line.title(cut(typed(asked.text, asked.bot_user), TITLE_CHARS))


def _is_quiet(services: Services, asked: QuestionPayload) -> bool:
    """Whether only the asker sees the answer."""
    is_channel = not asked.channel.startswith("D")
    return is_channel and services.settings.channel(asked.channel).reply is Reply.EPHEMERAL


async def refuse(services: Services, client: AsyncWebClient, asked: QuestionPayload) -> None:
    """Tells a person that too many questions are waiting."""
    message = plain_message(services.texts(asked.channel, asked.person).too_busy)
    note = services.state.remember_refusal
    await whisper(client, asked.channel, asked.person, message, thread=_thread(asked), note=note)


def _thread(asked: QuestionPayload) -> str | None:
    """The thread that a message is a reply in: it has messages, so that Slack shows in it what only one person sees."""
    return asked.thread if asked.thread != asked.ts else None


async def _tell_user(services: Services, client: AsyncWebClient, asked: QuestionPayload, text: str) -> None:
    """Tells the user of a shortcut something; nobody, if a message was asked otherwise."""
    request = Request(asked.used_by, None, asked.channel, "", asked.response_url, _thread(asked))
    if asked.used_by:
        await services.tell_where_used(client, request, text)


async def update_answer(services: Services, client: AsyncWebClient, asked: QuestionPayload) -> None:
    """Edits the answer to a message that was edited; answers it if it has no answer and asks the bot directly."""
    posted = await _posted(services, client, asked)
    if posted is None:
        if asked.trigger in (Trigger.MENTION, Trigger.DIRECT):
            await answer(services, client, asked)
        return
    conversation = await _conversation(services, client, asked)
    status_line, began = StatusLine(services, client, asked), time.time()
    try:
        reply = await _reply(services, asked, conversation or Conversation(), status_line)
        if reply is None:
            await services.poster.remove(client, asked.channel, posted)
            _forget(services, asked)
        else:
            message, turn = reply
            await services.poster.edit(client, asked.channel, posted, message, turn_payload(asked.about, turn))
            services.state.threads.remember(asked.channel, asked.thread, asked.ts, turn)
            services.state.quotations.forget(asked.channel, asked.ts, before=began)
    except SlackApiError as error:
        _log.error("an answer could not be edited in %s: %s", asked.channel, error_code(error))
    except Abandoned:
        await status_line.clear()
    finally:
        await status_line.end()


async def remove_answer(services: Services, client: AsyncWebClient, asked: QuestionPayload) -> None:
    """Removes the answer to a message that was deleted."""
    posted = await _posted(services, client, asked)
    if posted is None:
        return
    try:
        await services.poster.remove(client, asked.channel, posted)
    except SlackApiError as error:
        _log.error("an answer could not be removed in %s: %s", asked.channel, error_code(error))
    await note_unanswered(services, asked.about, [], team=asked.team, channel=asked.channel)
    _forget(services, asked)


def _abandoned(services: Services, asked: QuestionPayload) -> Callable[[], bool]:
    """Says whether a person has stopped the work in a message's thread since the message came."""
    return partial(services.state.threads.stopped, asked.channel, asked.thread, asked.received)


def _forget(services: Services, asked: QuestionPayload) -> None:
    services.state.forget_answer(asked.channel, asked.ts)
    services.state.quotations.forget(asked.channel, asked.ts)
    services.state.threads.forget(asked.channel, asked.thread, asked.ts)


async def stop(services: Services, client: AsyncWebClient, stopped: StopPayload) -> None:
    """Says that the bot works no more in a thread where a person stopped it; what runs there looks for that itself."""
    services.state.threads.stop(stopped.channel, stopped.thread, stopped.received)
    await StatusLine(services, client, stopped).rest()


async def _posted(services: Services, client: AsyncWebClient, asked: QuestionPayload) -> str | None:
    """Timestamp of the answer to a message, if there is one; Slack is asked about those from before our record."""
    known = services.state.answer_to(asked.channel, asked.ts)
    if known is not None or not (asked.again or services.state.threads.may_precede(asked.ts)):
        return known
    return await find_answer(client, asked.channel, asked.thread, asked.about, asked.bot_user)


async def _conversation(services: Services, client: AsyncWebClient, asked: QuestionPayload) -> Conversation | None:
    """The conversation that a message is part of; None if it is none of the bot's."""
    threads = services.state.threads
    if asked.thread == asked.ts:
        return threads.recent(asked.channel, asked.ts) if asked.trigger is Trigger.DIRECT else Conversation()
    conversation = threads.conversation(asked.channel, asked.thread, asked.ts)
    if conversation is None:
        conversation = await read_thread(client, asked.channel, asked.thread, asked.ts, asked.bot_user)
        if conversation is not None:
            threads.keep(asked.channel, asked.thread, conversation)
    conversation = conversation or Conversation()
    if asked.trigger is Trigger.FOLLOW_UP and not conversation.joined:
        return None
    return conversation


async def _reply(
    services: Services, asked: QuestionPayload, conversation: Conversation, status_line: StatusLine
) -> tuple[Message, Turn | None] | None:
    """The message that replies, and its turn of the conversation; None for no reply.

    Raises:
        Abandoned: a person has stopped it.
    """
    texts = services.texts(asked.channel, asked.person)
    text = typed(asked.text, asked.bot_user)
    talk = small_talk(text)
    if talk or not text:
        replies = {SmallTalk.HELLO: texts.hello, SmallTalk.THANKS: texts.welcome, SmallTalk.GOODBYE: texts.goodbye}
        message = plain_message(replies.get(talk, texts.help) if talk else texts.help)
        return (message, None) if asked.trigger is not Trigger.AUTO else None
    if conversation.turns and await _is_thanks(services, text):
        return plain_message(texts.welcome), None
    outcomes = await _outcomes(services, asked, text, conversation, status_line)
    if not outcomes:
        return None
    if asked.trigger not in (Trigger.AUTO, Trigger.SHORTCUT):
        services.remember_question(asked.team, asked.person, text)
    if _is_quiet(services, asked):
        return answer_message(outcomes, texts, shareable=True, share_in=asked.thread), None
    remember_quotations(services, asked, outcomes)
    askable = bool(services.settings.channel(asked.channel).ask) and asked.trigger is not Trigger.DIRECT
    return answer_message(outcomes, texts, askable=askable), turn_of(outcomes[-1])


async def _is_thanks(services: Services, text: str) -> bool:
    try:
        return await asyncio.to_thread(services.bot.remark, text) is Remark.THANKS
    except QABotError:
        return False  # whoever answers the question says what is wrong


async def _outcomes(
    services: Services, asked: QuestionPayload, text: str, conversation: Conversation, status_line: StatusLine
) -> list[Outcome]:
    """The outcomes of the questions in a text; only those that are answered where nobody asked the bot itself.

    Raises:
        Abandoned: a person has stopped it.
    """
    texts, abandoned = services.texts(asked.channel, asked.person), _abandoned(services, asked)

    async def tell(ahead: int) -> None:
        if not abandoned():
            await status_line.wait(texts.waiting.format(count=number(ahead, texts)))

    if services.settings.log_questions:
        _log.info("question in %s: %s", asked.channel, text)
    if asked.trigger is Trigger.DIRECT:
        passages = number(await services.archive.passages(), texts)
        await status_line.show(texts.status.format(passages=passages))
    auto = asked.trigger is Trigger.AUTO  # then nobody has asked the bot, and nothing is refused
    told = None if auto else tell
    outcomes = await ask(
        services,
        asked.channel,
        questions_in(text),
        conversation.turns,
        told,
        abandoned,
        asked.team,
        person=asked.person,
    )
    if not auto:
        await note_unanswered(services, asked.about, outcomes, team=asked.team, channel=asked.channel)
        return outcomes
    return [outcome for outcome in outcomes if not isinstance(outcome, Failure) and outcome.helps]
