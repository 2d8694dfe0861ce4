"""What people call by name: `/ask` and `/ask-admin`, the shortcut *Answer this*, and the step of workflows."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.conversation.small_talk import SmallTalk, small_talk
from qa_bot.slack.incoming.access import Refusal
from qa_bot.slack.incoming.messages import CHARS_READ, Trigger, typed
from qa_bot.slack.incoming.requests import Request, mapping, read_id, read_message, read_request
from qa_bot.slack.listeners.alerts import answer_to_notify, question_to_notify
from qa_bot.slack.quoting import clean, unescape, web_address
from qa_bot.slack.services import Services, origin_of
from qa_bot.slack.web_api.responding import ephemeral
from qa_bot.slack.workers.articles import AdminPayload, archive_status
from qa_bot.slack.workers.private_answers import PrivatePayload
from qa_bot.slack.workers.questions import QuestionPayload
from qa_bot.slack.workers.workflow_steps import CHANNEL, QUESTION, STEP, StepPayload

SHORTCUT = "answer_this"
"""Callback id of the shortcut, in the manifest."""
ARGUMENT_CHARS = 2000
KEY_CHARS = 300
TOKEN_CHARS = 500


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.command("/ask")(ask)
    app.command("/ask-admin")(ask_admin)
    app.shortcut({"callback_id": SHORTCUT, "type": "message_action"})(answer_this)
    app.function(STEP)(answer_question)


async def ask(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes a question whose answer only the asker sees, or one to wait for an article for, or says how to ask."""
    request = read_request(body)
    if request is None or request.channel is None:
        await ack()
        return
    texts = services.texts(request.channel, request.person)
    refused = services.refuses(context, request.channel, request.person_team)
    question = typed(str(body.get("text") or ""))
    talk = small_talk(question)
    if refused:
        await ack(**ephemeral(texts.not_you if refused is Refusal.STRANGER else texts.not_here))
    elif (wanted := question_to_notify(question)) is not None:
        reply = await answer_to_notify(wanted, request, context, services)
        await ack(**reply._asdict(), response_type="ephemeral")
    elif not question or talk:
        replies = {SmallTalk.THANKS: texts.welcome, SmallTalk.GOODBYE: texts.goodbye}
        await ack(**ephemeral(replies.get(talk, texts.usage) if talk else texts.usage))
    elif services.jobs.full:
        await ack(**ephemeral(texts.too_busy))
    else:
        await ack()
        key = _key("ask", request.channel, request)
        payload = PrivatePayload(**origin_of(context), **request._asdict(), question=question, key=key)
        services.jobs.put(key, "ask", payload.model_dump())


async def ask_admin(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes the command of an admin."""
    request = read_request(body)
    if request is None:
        await ack()
        return
    texts = services.texts(request.channel, request.person)
    if request.person not in services.settings.admins or services.refuses(context, None, request.person_team):
        await ack(**ephemeral(texts.admin_denied))
        return
    verb, _, argument = clean(str(body.get("text") or "")).strip().partition(" ")
    verb, argument = verb.lower(), _address(argument.strip()[:ARGUMENT_CHARS])
    usable = {
        "status": not argument,
        "reindex": not argument,
        "add": web_address(argument),
        "remove": argument.isalnum(),
    }
    if verb == "add" and argument and not usable["add"]:
        await ack(**ephemeral(texts.admin_failed.format(reason=texts.admin_address)))
    elif not usable.get(verb):
        await ack(**ephemeral(texts.admin_usage))
    elif verb == "status":
        await ack()
        services.short_tasks.start(_send_status(services, request), "sending the status")
    else:
        await ack(**ephemeral(texts.admin_started))
        payload = AdminPayload(**request._asdict(), verb=verb, argument=argument)
        services.jobs.put(_key("admin", request.person, request), "admin", payload.model_dump())


async def answer_this(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes anybody's message as a question."""
    await ack()
    request, message = read_request(body), mapping(body.get("message"))
    if request is None or not message:
        return
    posted, texts = read_message(message, request.channel), services.texts(request.channel, request.person)
    refused = services.refuses(context, request.channel, request.person_team)
    if refused:
        _tell(context, services, request, texts.not_you if refused is Refusal.STRANGER else texts.not_here)
    elif posted is None:
        _tell(context, services, request, texts.no_words)
    elif services.jobs.full:
        _tell(context, services, request, texts.too_busy)
    else:
        payload = QuestionPayload(
            **origin_of(context),
            **posted._asdict(),
            trigger=Trigger.SHORTCUT,
            used_by=request.person,
            response_url=request.response_url,
        )
        if not services.jobs.put(_key("shortcut", payload.about, request), "question", payload.model_dump()):
            _tell(context, services, request, texts.already)


async def answer_question(event: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes the question that a workflow asks; one that is refused, too, as the workflow waits for the step's end."""
    execution, inputs, token = (
        event.get("function_execution_id"),
        mapping(event.get("inputs")),
        event.get("bot_access_token"),
    )
    question, channel = inputs.get(QUESTION), read_id(inputs.get(CHANNEL))
    unreadable = bool(inputs.get(CHANNEL)) and channel is None
    if not isinstance(execution, str):
        return
    payload = StepPayload(
        **origin_of(context),
        execution=execution[:100],
        question=typed(question[:CHARS_READ]) if isinstance(question, str) else "",
        token=token[:TOKEN_CHARS] if isinstance(token, str) else "",
        refused=unreadable or services.refuses(context, channel, None) is not None,
        channel=channel,
    )
    services.jobs.put(f"step:{payload.execution}", "step", payload.model_dump())


async def _send_status(services: Services, request: Request) -> None:
    await services.tell(request.response_url, await archive_status(services, request.channel))


def _tell(context: AsyncBoltContext, services: Services, request: Request, text: str) -> None:
    if context.client is not None:
        services.short_tasks.start(services.tell_where_used(context.client, request, text), "answering a shortcut")


def _key(kind: str, name: str, request: Request) -> str:
    """Names a job; the same each time that Slack sends the request."""
    return f"{kind}:{name}:{request.trigger_id or request.response_url}"[:KEY_CHARS]


def _address(text: str) -> str:
    """What was typed, without the brackets that Slack puts around addresses."""
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].partition("|")[0]
    return unescape(text)
