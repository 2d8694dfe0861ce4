"""`qa-bot slack --check`: says of each token, scope, event and setting whether it is right, and what to do if it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError, SettingsError
from qa_bot.bot import QABot
from qa_bot.slack.check.findings import EVENTS, NOT_COMING_THROUGH, REINSTALL, Finding, compare, why
from qa_bot.slack.server.serving import app_token, bot_token
from qa_bot.slack.server.workspaces import SCOPES, new_client, new_session
from qa_bot.slack.settings import Mode, SlackSettings
from qa_bot.slack.web_api.posting import error_code


def check(bot: QABot, settings: SlackSettings, *, http: bool, write: Callable[[str], None] = print) -> int:
    """Checks everything and says what it finds.

    Args:
        bot: whose store is looked at.
        settings: of the Slack app.
        http: whether it is to be served by HTTP, not Socket Mode.
        write: takes the lines.

    Returns:
        The exit code: 0 if all is right, else 2.
    """
    return asyncio.run(_check(bot, settings, http, write))


async def _check(bot: QABot, settings: SlackSettings, http: bool, write: Callable[[str], None]) -> int:
    wrong = 0
    async with new_session() as session:
        async for finding in _findings(bot, settings, http, session):
            write(finding.line())
            wrong += finding.right is False
    write(f"{wrong} to be put right" if wrong else "all that can be checked is right")
    return 2 if wrong else 0


async def _findings(
    bot: QABot, settings: SlackSettings, http: bool, session: aiohttp.ClientSession
) -> AsyncIterator[Finding]:
    client = None
    if settings.uses_oauth:
        yield Finding(True, "SLACK_CLIENT_ID, SLACK_CLIENT_SECRET", "set; workspaces install the app at /slack/install")
    else:
        try:
            client = new_client(settings, session, bot_token(settings))
        except SettingsError as error:
            yield Finding(False, "SLACK_BOT_TOKEN", str(error))
    if client:
        async for finding in _of_bot_token(client, settings, session, http):
            yield finding
    if http:
        yield _of_secret(settings)
    else:
        yield await _of_app_token(settings, session)
    if client:
        async for finding in _of_channels(client, settings):
            yield finding
        async for finding in _of_people(client, settings):
            yield finding
    yield await asyncio.to_thread(_of_store, bot)


async def _of_bot_token(
    client: AsyncWebClient, settings: SlackSettings, session: aiohttp.ClientSession, http: bool
) -> AsyncIterator[Finding]:
    try:
        found = await client.auth_test()
    except NOT_COMING_THROUGH as error:
        yield Finding(False, "SLACK_BOT_TOKEN", why(error, client.base_url))
        return
    yield Finding(True, "SLACK_BOT_TOKEN", f"{found.get('user')} ({found.get('user_id')}) in {found.get('team')}")
    granted = {scope.strip() for scope in _header(found.headers, "x-oauth-scopes").split(",")}
    for scope in SCOPES:
        right = scope in granted
        yield Finding(right, f"scope {scope}", "granted" if right else f"missing; {REINSTALL}")
    for finding in await _of_manifest(client, settings, session, http, str(found.get("bot_id"))):
        yield finding


async def _of_manifest(
    client: AsyncWebClient, settings: SlackSettings, session: aiohttp.ClientSession, http: bool, bot_id: str
) -> list[Finding]:
    """What the app's own manifest says of events and commands, if Slack may be asked for it."""
    if settings.config_token is None:
        place = "set SLACK_CONFIG_TOKEN (api.slack.com/apps, Your App Configuration Tokens) to have it compared, or see that"
        words = (
            f"Slack doesn't tell a bot; {place} {', '.join(EVENTS)} are listed under Event Subscriptions, bot events"
        )
        return [Finding(None, "events", words)]
    config_client = new_client(settings, session, settings.config_token.get_secret_value())
    try:
        bot: Any = (await client.bots_info(bot=bot_id))["bot"]
        exported: Any = await config_client.apps_manifest_export(app_id=bot["app_id"])
    except NOT_COMING_THROUGH as error:
        return [Finding(False, "SLACK_CONFIG_TOKEN", why(error, client.base_url))]
    return list(compare(exported.get("manifest") or {}, http=http))


def _of_secret(settings: SlackSettings) -> Finding:
    secret = settings.signing_secret.get_secret_value() if settings.signing_secret else ""
    place = "it stands at api.slack.com/apps under Basic Information, App Credentials"
    if not secret:
        return Finding(False, "SLACK_SIGNING_SECRET", f"not set; {place}")
    if secret.startswith(("xox", "xapp-")):
        return Finding(False, "SLACK_SIGNING_SECRET", f"this is a token; {place}")
    return Finding(True, "SLACK_SIGNING_SECRET", "set; whether it is the right one shows with the first request")


async def _of_app_token(settings: SlackSettings, session: aiohttp.ClientSession) -> Finding:
    try:
        token = app_token(settings)
        await new_client(settings, session).apps_connections_open(app_token=token)
    except SettingsError as error:
        return Finding(False, "SLACK_APP_TOKEN", str(error))
    except NOT_COMING_THROUGH as error:
        return Finding(False, "SLACK_APP_TOKEN", why(error, settings.api_url))
    return Finding(True, "SLACK_APP_TOKEN", "Socket Mode can be used")


async def _of_channels(client: AsyncWebClient, settings: SlackSettings) -> AsyncIterator[Finding]:
    for channel in dict.fromkeys([*settings.channels, *settings.allowed_channels]):
        own = settings.channel(channel)
        subject = f"channel {channel}"
        try:
            found: Any = (await client.conversations_info(channel=channel))["channel"]
        except SlackApiError as error:
            code = error_code(error)
            unseen = "no such channel, or a private one that the app is not in; check the id, or /invite the app there"
            yield Finding(False, subject, unseen if code == "channel_not_found" else why(error, client.base_url))
            continue
        except NOT_COMING_THROUGH as error:
            yield Finding(False, subject, why(error, client.base_url))
            continue
        name = f"#{found.get('name') or channel}"
        if not found.get("is_member") and not found.get("is_im"):
            yield Finding(False, subject, f"the app is not in {name}; type /invite and the app's name there")
        elif settings.allowed_channels and channel not in settings.allowed_channels:
            yield Finding(
                False, subject, f"{name} has settings, but is not in allowed_channels; add it, or remove its table"
            )
        elif own.mode is Mode.OFF and own.index_posts:
            yield Finding(False, subject, f"{name} is off, so nothing is indexed there; set another mode")
        else:
            yield Finding(True, subject, f"{name}, mode {own.mode}")


async def _of_people(client: AsyncWebClient, settings: SlackSettings) -> AsyncIterator[Finding]:
    if not settings.admins:
        yield Finding(None, "admins", "none; nobody can use /ask-admin (slack.admins in qa_bot.toml)")
    for person in settings.admins:
        try:
            found = await client.users_info(user=person)
        except NOT_COMING_THROUGH as error:
            words = (
                "no such person; use the member id from their profile"
                if error_code(error) == "user_not_found"
                else why(error, client.base_url)
            )
            yield Finding(False, f"admin {person}", words)
            continue
        user: Any = found.get("user") or {}
        yield Finding(True, f"admin {person}", str(user.get("real_name") or user.get("name") or "known"))


def _of_store(bot: QABot) -> Finding:
    try:
        found = bot.store.status()
    except QABotError as error:
        return Finding(False, "articles", str(error))
    if not found.articles:
        return Finding(False, "articles", "there are none yet; run: qa-bot index FOLDER")
    return Finding(True, "articles", f"{found.articles:,} with {found.passages:,} passages in {found.location}")


def _header(headers: Any, name: str) -> str:
    return next((str(value) for key, value in dict(headers).items() if str(key).lower() == name), "")
