"""`/ask-admin status | reindex | add URL | remove ID`, for the people whom the settings name."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.slack.incoming.requests import Request, read_request
from qa_bot.slack.services import Desk
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.views.quoting import clean, unescape, web_address
from qa_bot.slack.web_api.responding import ephemeral, respond
from qa_bot.slack.workers.articles import AdminPayload, archive_status

ARGUMENT_CHARS = 2000


async def ask_admin(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, desk: Desk) -> None:
    """Does what an admin asks for."""
    request = read_request(body)
    if request is None:
        await ack()
        return
    texts = desk.texts(request.channel)
    if request.person not in desk.settings.admins or desk.refuses(context, None, request.person_team):
        await ack(**ephemeral(texts.admin_denied))
        return
    verb, _, argument = clean(str(body.get("text") or "")).strip().partition(" ")
    argument = _address(argument.strip()[:ARGUMENT_CHARS])
    usable = {
        "status": not argument,
        "reindex": not argument,
        "add": web_address(argument),
        "remove": argument.isalnum(),
    }
    if verb.lower() == "add" and argument and not usable["add"]:
        await ack(**ephemeral(texts.admin_failed.format(reason=texts.admin_address)))
    elif not usable.get(verb.lower()):
        await ack(**ephemeral(texts.admin_usage))
    elif verb.lower() == "status":
        await ack()
        desk.background.start(_say_status(desk, request), "saying the status")
    else:
        await ack(**ephemeral(texts.admin_started))
        payload = AdminPayload(
            verb=verb.lower(), argument=argument, channel=request.channel, response_url=request.response_url
        )
        desk.jobs.put(
            f"admin:{request.person}:{request.trigger or request.response_url}"[:300], "admin", payload.model_dump()
        )


async def _say_status(desk: Desk, request: Request) -> None:
    said = await archive_status(desk, request.channel)
    await respond(desk.session, request.response_url, plain_message(said))


def _address(text: str) -> str:
    """What was typed, without the brackets that Slack puts around addresses."""
    if text.startswith("<") and text.endswith(">"):
        return unescape(text[1:-1].partition("|")[0])
    return unescape(text)
