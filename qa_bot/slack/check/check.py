"""`qa-bot slack --check`: for each token, scope, event and setting, says whether it is right, or what to do."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import QABotError, SettingsError
from qa_bot.bot import QABot
from qa_bot.findings import Finding
from qa_bot.slack.check.validation import validate_manifests, validate_shapes
from qa_bot.slack.incoming.requests import mapping
from qa_bot.slack.jobs.state import FILE_NAME, SlackState
from qa_bot.slack.listeners.commands import SHORTCUT
from qa_bot.slack.settings import Language, Mode, SlackSettings, app_token, bot_token
from qa_bot.slack.views.languages import texts_in
from qa_bot.slack.web_api.calls import CALL_ERRORS, error_code
from qa_bot.slack.web_api.workspaces import SCOPES, app_of_bot, new_client, new_session
from qa_bot.slack.workers.workflow_steps import STEP

REFUSALS_SHOWN = 5
APP_IN_TOKEN = re.compile(r"xapp-\d+-(A[A-Z0-9]{6,})-")
"""An app token names its app."""
COMMANDS = ("/ask", "/ask-admin")

EVENTS = {
    "agent_session_stopped": "",
    "agent_session_title_changed": "",
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "function_executed": "",
    "member_joined_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "tokens_revoked": "",
}
"""Events that the app has to be subscribed to, and the scope that each needs."""

PAID_EVENTS, PAID_SCOPE = (
    frozenset({"agent_session_stopped", "agent_session_title_changed", "function_executed"}),
    "assistant:write",
)
"""What only paid plans of Slack have; `deploy/slack/manifest-basic.json` does without, and without steps and agent view."""
FREE_PLAN = "not there; a free plan does without it, for a paid one paste deploy/slack/manifest.json"

REINSTALL = (
    "add it at api.slack.com/apps under OAuth & Permissions, or paste deploy/slack/manifest.json, and reinstall the app"
)
UNKNOWN = {
    "channel_not_found": "no such channel, or a private one without the app; check the id, or /invite the app there",
    "user_not_found": "no such person; copy the member id from their profile",
}
KEPT = "what is posted there answers there only; slack.share_posts = true in qa_bot.toml shares it with all"
SHARED = (
    "what is posted there answers in every channel, direct message and workspace, as slack.share_posts is true; set it to "
    "false to keep posts in their channels"
)
WHAT_TO_DO = {
    "invalid_auth": "copy it again from api.slack.com/apps",
    "not_authed": "copy it again from api.slack.com/apps",
    "token_revoked": "reinstall the app at api.slack.com/apps and copy the new token",
    "token_expired": "reinstall the app at api.slack.com/apps and copy the new token",
    "account_inactive": "the app or its workspace was removed; install it again",
    "missing_scope": "an app-level token needs the scope connections:write; make a new one",
    "not_allowed_token_type": "it is another kind of token; SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-",
}


def check(bot: QABot, settings: SlackSettings, *, http: bool, write: Callable[[str], None] = print) -> int:
    """Checks everything that the app needs, and writes a line for each finding.

    Returns:
        The exit code: 0 if everything is right, else 2.
    """
    return asyncio.run(_check(bot, settings, http, write))


async def _check(bot: QABot, settings: SlackSettings, http: bool, write: Callable[[str], None]) -> int:
    wrong = 0
    async with new_session() as session:
        async for finding in _findings(bot, settings, http, session):
            write(finding.line())
            wrong += finding.right is False
    write(f"{wrong} of these must be fixed" if wrong else "everything that can be checked is right")
    return 2 if wrong else 0


async def _findings(
    bot: QABot, settings: SlackSettings, http: bool, session: aiohttp.ClientSession
) -> AsyncIterator[Finding]:
    client = None
    if settings.uses_oauth:
        yield Finding(True, "SLACK_CLIENT_ID, SLACK_CLIENT_SECRET", "set; workspaces install the app at /slack/install")
        listed = ", ".join(settings.workspaces) or "none, so nobody is answered; set slack.workspaces in qa_bot.toml"
        yield Finding(bool(settings.workspaces), "workspaces", listed)
    else:
        try:
            client = new_client(settings, session, bot_token(settings))
        except SettingsError as error:
            yield Finding(False, "SLACK_BOT_TOKEN", str(error))
    if client:
        async for finding in _of_bot_token(client, settings, session, http):
            yield finding
    for name, place in (("[slack]", None), *((f"channel {channel}", channel) for channel in settings.channels)):
        yield Finding(True, name, settings.in_words(place))
        if settings.channel(place).index_posts:
            yield Finding(None, f"{name}, index_posts", SHARED if settings.share_posts else KEPT)
    if http:
        yield await _finding("SLACK_SIGNING_SECRET", _signing_secret(settings), settings)
    else:
        yield await _finding("SLACK_APP_TOKEN", _app_token(settings, session, client), settings)
    if client:
        for channel in dict.fromkeys([*settings.channels, *settings.allowed_channels]):
            yield await _finding(f"channel {channel}", _channel(client, settings, channel), settings)
        if not settings.admins:
            yield Finding(None, "admins", "none, so nobody can use /ask-admin; set slack.admins in qa_bot.toml")
        if settings.digest_channel:
            yield await _finding("digest_channel", _digest(client, settings), settings)
        for person in settings.admins:
            yield await _finding(f"admin {person}", _person(client, person), settings)
    yield await _finding("articles", asyncio.to_thread(_articles, bot), settings)
    yield await _finding("posted messages", asyncio.to_thread(_refusals, bot), settings)


async def _finding(subject: str, check: Awaitable[str], settings: SlackSettings) -> Finding:
    """What a check says if it succeeds, or what its error says to do."""
    try:
        return Finding(True, subject, await check)
    except QABotError as error:
        return Finding(False, subject, str(error))
    except CALL_ERRORS as error:
        return Finding(False, subject, _why(error, settings.api_url))


async def _of_bot_token(
    client: AsyncWebClient, settings: SlackSettings, session: aiohttp.ClientSession, http: bool
) -> AsyncIterator[Finding]:
    try:
        response = await client.auth_test()
    except CALL_ERRORS as error:
        yield Finding(False, "SLACK_BOT_TOKEN", _why(error, settings.api_url))
        return
    name = f"{response.get('user')} ({response.get('user_id')}) in {response.get('team')}"
    yield Finding(True, "SLACK_BOT_TOKEN", name)
    granted = {scope.strip() for scope in response.headers.get("x-oauth-scopes", "").split(",")}
    for scope in SCOPES:
        if scope in granted:
            yield Finding(True, f"scope {scope}", "granted")
        elif scope == PAID_SCOPE:
            yield Finding(None, f"scope {scope}", FREE_PLAN)
        else:
            yield Finding(False, f"scope {scope}", f"missing; {REINSTALL}")
    texts = texts_in(settings.channel(None).language or Language.ENGLISH)
    shown = await validate_shapes(client, texts, str(response.get("user_id")))
    yield Finding(shown.right, "messages and views", shown.words)
    for finding in await _of_manifest(client, settings, session, http, str(response.get("bot_id"))):
        yield finding


async def _of_manifest(
    client: AsyncWebClient, settings: SlackSettings, session: aiohttp.ClientSession, http: bool, bot_id: str
) -> list[Finding]:
    """Compares the app's manifest, if Slack may be asked for it."""
    if settings.config_token is None:
        words = (
            "Slack does not tell a bot its events; to compare them, set SLACK_CONFIG_TOKEN (api.slack.com/apps, Your App "
            f"Configuration Tokens), or check that Event Subscriptions, bot events, lists {', '.join(EVENTS)}"
        )
        return [Finding(None, "events", words)]
    config_client = new_client(settings, session, settings.config_token.get_secret_value())
    try:
        app_id = await app_of_bot(client, bot_id)
        exported: Any = await config_client.apps_manifest_export(app_id=app_id or "")
    except CALL_ERRORS as error:
        return [Finding(False, "SLACK_CONFIG_TOKEN", _why(error, settings.api_url))]
    manifest = mapping(exported.get("manifest"))
    verdicts = await validate_manifests(config_client, manifest, http=http)
    validated = [Finding(verdict.right, f"manifest ({name})", verdict.words) for name, verdict in verdicts.items()]
    return [*validated, *compare(manifest, http=http)]


async def _signing_secret(settings: SlackSettings) -> str:
    secret = settings.signing_secret.get_secret_value() if settings.signing_secret else ""
    place = "copy it from api.slack.com/apps, Basic Information, App Credentials"
    if not secret:
        raise SettingsError(f"not set; {place}")
    if secret.startswith(("xox", "xapp-")):
        raise SettingsError(f"this is a token; {place}")
    return "set; the first request shows whether it is the right one"


async def _app_token(settings: SlackSettings, session: aiohttp.ClientSession, client: AsyncWebClient | None) -> str:
    token = app_token(settings)
    await new_client(settings, session).apps_connections_open(app_token=token)
    named = APP_IN_TOKEN.match(token)
    if client and named:
        bot = await client.auth_test()
        own = await app_of_bot(client, bot.get("bot_id"))
        if own and own != named.group(1):
            raise SettingsError(
                f"it belongs to the app {named.group(1)}, SLACK_BOT_TOKEN to {own}; copy both from the same app"
            )
    return "Socket Mode can be used"


async def _channel(client: AsyncWebClient, settings: SlackSettings, channel: str) -> str:
    info: Any = (await client.conversations_info(channel=channel))["channel"]
    own, name = settings.channel(channel), f"#{info.get('name') or channel}"
    if not info.get("is_member") and not info.get("is_im"):
        raise SettingsError(f"the app is not in {name}; type /invite there, and the app's name")
    if settings.allowed_channels and channel not in settings.allowed_channels:
        raise SettingsError(f"{name} has settings but is not in allowed_channels; add it there, or remove its table")
    if own.mode is Mode.OFF and own.index_posts:
        raise SettingsError(f"{name} has mode off, so nothing is indexed there; set another mode")
    return f"{name}, mode {own.mode}"


async def _digest(client: AsyncWebClient, settings: SlackSettings) -> str:
    if not settings.log_questions:
        raise SettingsError("nothing is posted, as questions are not recorded; set slack.log_questions = true")
    info: Any = (await client.conversations_info(channel=settings.digest_channel))["channel"]
    if not info.get("is_member"):
        raise SettingsError(f"the app is not in #{info.get('name')}; type /invite there, and the app's name")
    return f"#{info.get('name')}, each Monday"


async def _person(client: AsyncWebClient, person: str) -> str:
    user: Any = (await client.users_info(user=person)).get("user") or {}
    return str(user.get("real_name") or user.get("name") or "known")


def _articles(bot: QABot) -> str:
    status = bot.store.status()
    if not status.articles:
        raise SettingsError("none yet; run: qa-bot index FOLDER")
    return f"{status.articles:,} with {status.passages:,} passages in {status.location}"


def _refusals(bot: QABot) -> str:
    folder = bot.settings.data_dir
    if not (folder / FILE_NAME).exists():
        return "none yet"
    with closing(SlackState(folder)) as state:
        refusals = state.refusals()
    if not refusals:
        return "Slack refused none in the last days"
    kinds = [
        f"{refusal.times} × {refusal.code} {refusal.detail}".strip()
        + time.strftime(" (%Y-%m-%d)", time.gmtime(refusal.last))
        for refusal in refusals[:REFUSALS_SHOWN]
    ]
    raise SettingsError(
        f"Slack refused parts, which were left out: {'; '.join(kinds)}; update qa-bot, or report this line"
    )


def compare(manifest: Mapping[str, Any], *, http: bool) -> Iterator[Finding]:
    """Compares an app's manifest, as Slack exports it, with what the bot needs to serve by HTTP, or else by Socket Mode."""
    features, settings = mapping(manifest.get("features")), mapping(manifest.get("settings"))
    subscribed = mapping(settings.get("event_subscriptions")).get("bot_events") or []
    paid = bool(manifest.get("functions")) or "agent_view" in features
    for event in EVENTS:
        if event in PAID_EVENTS and event not in subscribed and not paid:
            yield Finding(None, f"event {event}", FREE_PLAN)
        else:
            yield _present(event in subscribed, f"event {event}", "Event Subscriptions", "subscribed")
    commands = _each(features.get("slash_commands"), "command")
    for command in COMMANDS:
        yield _present(command in commands, f"command {command}", "Slash Commands")
    shortcuts = _each(features.get("shortcuts"), "callback_id")
    yield _present(SHORTCUT in shortcuts, f"shortcut {SHORTCUT}", "Interactivity & Shortcuts")
    interactive = bool(mapping(settings.get("interactivity")).get("is_enabled"))
    yield _present(interactive, "interactivity", "Interactivity & Shortcuts")
    if paid:
        yield _present(STEP in mapping(manifest.get("functions")), f"workflow step {STEP}", "Workflow Steps")
        yield _present("agent_view" in features, "agent view", "Agents & AI Apps")
    else:
        yield Finding(None, "workflow step and agent view", FREE_PLAN)
    by_socket = bool(settings.get("socket_mode_enabled"))
    state = "on" if by_socket else "off"
    if by_socket is http:
        state += "; turn it off, or omit --http" if http else "; turn it on, or serve with --http"
    yield Finding(by_socket is not http, "Socket Mode", state)


def _present(right: bool, subject: str, place: str, words: str = "there") -> Finding:
    return Finding(right, subject, words if right else f"missing under {place}; {REINSTALL}")


def _each(entries: Iterable[Mapping[str, Any]] | None, name: str) -> list[Any]:
    return [entry.get(name) for entry in entries or []]


def _why(error: Exception, url: str) -> str:
    """Why a call to Slack failed, and what to do."""
    code = error_code(error)
    if not code:
        return f"{url} cannot be reached ({type(error).__name__}); check the network, the proxy and SLACK_API_URL"
    return UNKNOWN.get(code) or f"Slack says {code}; {WHAT_TO_DO.get(code, 'look it up at docs.slack.dev')}"
