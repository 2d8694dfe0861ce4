"""Somebody opens the app: its Home tab, or its messages."""

from __future__ import annotations

import logging
from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError
from qa_bot.slack.incoming.events import read_id
from qa_bot.slack.services import Desk, place_of
from qa_bot.slack.web_api.posting import call
from qa_bot.slack.workers.modal_presenter import publish_home

_log = logging.getLogger(__name__)


async def app_home_opened(
    event: dict[str, Any], body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext, desk: Desk
) -> None:
    """Shows App Home, or suggests questions above the messages."""
    person, channel = read_id(event.get("user")), read_id(event.get("channel"))
    if person is None or desk.refuses(context, None, None):
        return
    if event.get("tab") == "messages":
        if channel is not None:
            desk.background.start(_suggest(desk, client, channel), "suggesting questions")
        return
    team = str(place_of(body, context)["team"] or "")
    desk.background.start(publish_home(desk, client, person, team), "showing App Home")


async def _suggest(desk: Desk, client: AsyncWebClient, channel: str) -> None:
    try:
        questions = await desk.archive.prompts(desk.only(None))
    except QABotError as error:
        _log.error("no questions can be suggested: %s", error)
        return
    if questions:
        await call(
            client.assistant_threads_setSuggestedPrompts,
            channel_id=channel,
            title=desk.texts(None).prompts_title,
            prompts=[{"title": question, "message": question} for question in questions],
        )
