"""A weekly digest of what was not answered, for a channel that the settings name."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import date, datetime, timedelta

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError
from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.services import Origin, Services
from qa_bot.slack.views.unanswered import digest_message
from qa_bot.slack.web_api.calls import error_code
from qa_bot.slack.workers.unanswered import channel_names, gather_unanswered

CHECK_SECONDS = 60.0
"""Seconds between two looks at the calendar."""
HOUR = 8
"""Of Monday, from which on the week before is told, where the machine is."""

_log = logging.getLogger(__name__)


class DigestPayload(Origin):
    """What a job about a digest carries.

    Attributes:
        channel: id of the channel.
        monday: first day of the week that it tells of.
        begun: when the job was recorded, as a timestamp of Slack's.
    """

    channel: str
    monday: date
    begun: str


async def watch_calendar(services: Services) -> None:
    """Has the digest of each week posted, for as long as the app runs; several processes may do it at once."""
    settings = services.settings
    if not settings.digest_channel:
        return
    if not settings.log_questions:
        _log.warning("slack.digest_channel gets no digest: set slack.log_questions = true in qa_bot.toml")
        return
    if settings.uses_oauth and len(settings.workspaces) != 1:
        _log.warning("slack.digest_channel gets no digest: name the one workspace that it is in under slack.workspaces")
        return
    team = settings.workspaces[0] if settings.uses_oauth else None
    while True:
        try:
            await _put_job(services, settings.digest_channel, team)
        except asyncio.QueueFull:
            pass
        except Exception as error:
            _log.error("the weekly digest cannot be begun: %s", in_words(error))
        await asyncio.sleep(CHECK_SECONDS)


def last_week(now: datetime) -> date:
    """The Monday of the last week that is over, as of Monday at `HOUR`."""
    today = (now - timedelta(hours=HOUR)).date()
    return today - timedelta(days=today.weekday() + 7)


async def _put_job(services: Services, channel: str, team: str | None) -> None:
    identity = await services.workspaces.authorize(None, team)
    if identity is None:
        return
    monday = last_week(datetime.now())
    origin = {"team": team or identity.team_id, "enterprise": identity.enterprise_id}
    payload = DigestPayload(
        **origin, bot_user=identity.bot_user_id, channel=channel, monday=monday, begun=f"{time.time():.6f}"
    )
    services.jobs.put(f"digest:{channel}:{monday}", "digest", payload.model_dump(mode="json"))


async def post_digest(services: Services, client: AsyncWebClient, digest: DigestPayload) -> None:
    """Posts what was not answered in a week; nothing, if everything was."""
    texts, sunday = services.texts(digest.channel), digest.monday + timedelta(days=6)
    try:
        found = await gather_unanswered(services, digest.monday, sunday, digest.team or "")
    except QABotError as error:
        _log.error("the weekly digest cannot be made: %s", error)
        return
    if not found.groups:
        return
    try:
        await services.poster.post(
            client,
            digest.channel,
            digest_message(found, await channel_names(services, client, found, texts), texts),
            payload={"question": f"digest:{digest.channel}:{digest.monday}:{digest.begun}"},
            author=digest.bot_user,
            again=digest.again,
        )
    except SlackApiError as error:
        _log.error(
            "the weekly digest cannot be posted in slack.digest_channel, %s: %s; run: qa-bot slack --check",
            digest.channel,
            error_code(error),
        )
