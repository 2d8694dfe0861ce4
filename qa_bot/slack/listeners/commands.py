"""The slash commands: `/ask question`, and `/ask-admin status | reindex | add URL | remove ID`."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.slack.incoming.access import Refusal
from qa_bot.slack.incoming.messages import SmallTalk, small_talk, typed
from qa_bot.slack.incoming.requests import Request, read_request
from qa_bot.slack.quoting import clean, unescape, web_address
from qa_bot.slack.services import Services, origin_of
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.web_api.responding import ephemeral, respond
from qa_bot.slack.workers.articles import AdminPayload, archive_status
from qa_bot.slack.workers.private_answers import PrivatePayload

ARGUMENT_CHARS = 2000
KEY_CHARS = 300


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.command("/ask")(ask)
    app.command("/ask-admin")(ask_admin)


async def ask(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes a question whose answer only the asker sees, or says how to ask."""
    request = read_request(body)
    if request is None or request.channel is None:
        await ack()
        return
    texts = services.texts(request.channel)
    refused = services.refuses(context, request.channel, request.person_team)
    question = typed(str(body.get("text") or ""))
    talk = small_talk(question)
    if refused:
        await ack(**ephemeral(texts.not_you if refused is Refusal.STRANGER else texts.not_here))
    elif not question or talk:
        replies = {SmallTalk.THANKS: texts.welcome, SmallTalk.GOODBYE: texts.goodbye}
        await ack(**ephemeral(replies.get(talk, texts.usage) if talk else texts.usage))
    elif services.jobs.full:
        await ack(**ephemeral(texts.too_busy))
    else:
        await ack()
        key = _key("ask", request.channel, request)
        payload = PrivatePayload(
            **origin_of(context),
            channel=request.channel,
            person=request.person,
            question=question,
            response_url=request.response_url,
            key=key,
        )
        services.jobs.put(key, "ask", payload.model_dump())


async def ask_admin(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes the command of an admin."""
    request = read_request(body)
    if request is None:
        await ack()
        return
    texts = services.texts(request.channel)
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
        payload = AdminPayload(verb=verb, argument=argument, channel=request.channel, response_url=request.response_url)
        services.jobs.put(_key("admin", request.person, request), "admin", payload.model_dump())


async def _send_status(services: Services, request: Request) -> None:
    status = await archive_status(services, request.channel)
    await respond(services.session, request.response_url, plain_message(status))


def _key(kind: str, name: str, request: Request) -> str:
    """The key of a command's job, the same each time that Slack sends the command."""
    return f"{kind}:{name}:{request.trigger_id or request.response_url}"[:KEY_CHARS]


def _address(text: str) -> str:
    """What was typed, without the brackets that Slack puts around addresses."""
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].partition("|")[0]
    return unescape(text)
