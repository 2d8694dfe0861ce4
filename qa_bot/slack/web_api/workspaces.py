"""The bot's token and identity in each workspace: in one by a bot token, or in several that installed it by OAuth."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urljoin

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.installation_store.sqlite3 import SQLite3InstallationStore
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import SettingsError
from qa_bot.slack.incoming.requests import mapping, read_id
from qa_bot.slack.settings import InstallationStoreKind, SlackSettings
from qa_bot.slack.web_api.calls import CALL_ERRORS, call, error_code
from qa_bot.slack.web_api.oauth_states import SignedStates

SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "reactions:write",
    "users:read",
)
"""Bot scopes that the app needs, all of them named in the manifests."""

InstallationStore = SQLite3InstallationStore | FileInstallationStore

OAUTH_STATE_SECONDS = 600
"""Seconds in which an installation that was begun must be ended."""
TIMEOUT = 30

_log = logging.getLogger(__name__)
_sdk_log = logging.getLogger("slack_sdk.web")
"""Quiet even where everything else is logged in full, as it would log whole questions and answers."""


class Workspaces(Protocol):
    """Finds the bot's token and identity for a workspace."""

    async def authorize(self, enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        """Who the bot is there; None if the app is not installed there."""

    async def client(self, enterprise_id: str | None, team_id: str | None) -> AsyncWebClient | None:
        """A client that acts as the bot there; None if the app is not installed there."""

    async def forget(self, enterprise_id: str | None, team_id: str | None) -> None:
        """Forgets the token of a workspace that the app was removed from."""

    async def app_id(self) -> str | None:
        """Id of the app that the bot's token belongs to; None if it is not known."""


def new_client(settings: SlackSettings, session: aiohttp.ClientSession, token: str | None = None) -> AsyncWebClient:
    """A client of the Web API; it does not retry, as `qa_bot.slack.web_api.calls.call` does."""
    return AsyncWebClient(
        token=token, base_url=settings.api_url, session=session, timeout=TIMEOUT, retry_handlers=[], logger=_sdk_log
    )


def new_session() -> aiohttp.ClientSession:
    """HTTP connections that all clients share."""
    # trust_env: through the proxy that HTTPS_PROXY names, as the SDK's own calls go
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=TIMEOUT), trust_env=True, cookie_jar=aiohttp.DummyCookieJar()
    )


class SingleWorkspace:
    """The workspace that the token of a client belongs to."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._identity: AuthorizeResult | None = None

    async def identify(self) -> AuthorizeResult:
        """Asks Slack who the bot is, until it says so.

        Raises:
            SlackApiError: the token is not good.
        """
        response = await call(self._client.auth_test)
        self._identity = AuthorizeResult.from_auth_test_response(
            bot_token=self._client.token, auth_test_response=response
        )
        return self._identity

    async def authorize(self, enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        """Who the bot is."""
        return self._identity or await self.identify()

    async def client(self, enterprise_id: str | None, team_id: str | None) -> AsyncWebClient | None:
        """The client."""
        return self._client

    async def forget(self, enterprise_id: str | None, team_id: str | None) -> None:
        """Does nothing: the token comes from the environment."""

    async def app_id(self) -> str | None:
        """Id of the app that the token belongs to; None if Slack does not tell."""
        identity = self._identity or await self.identify()
        try:
            return await app_of_bot(self._client, identity.bot_id)
        except CALL_ERRORS as error:
            _log.info("cannot look up the app's id: %s", error_code(error) or type(error).__name__)
            return None


class InstalledWorkspaces:
    """The workspaces that installed the app by OAuth, whose tokens are in a store of the SDK's."""

    def __init__(self, settings: SlackSettings, store: InstallationStore, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._store = store
        self._session = session

    async def authorize(self, enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        """Who the bot is there; None if the app is not installed there."""
        if not _are_ids(enterprise_id, team_id):
            return None
        bot = await self._store.async_find_bot(enterprise_id=enterprise_id, team_id=team_id)
        if bot is None and enterprise_id:  # an organisation installs the app once for all of its workspaces
            bot = await self._store.async_find_bot(
                enterprise_id=enterprise_id, team_id=None, is_enterprise_install=True
            )
        if bot is None or not bot.bot_token:
            return None
        return AuthorizeResult(
            enterprise_id=bot.enterprise_id,
            team_id=bot.team_id or team_id,
            bot_user_id=bot.bot_user_id,
            bot_id=bot.bot_id,
            bot_token=bot.bot_token,
            bot_scopes=bot.bot_scopes,
        )

    async def client(self, enterprise_id: str | None, team_id: str | None) -> AsyncWebClient | None:
        """A client that acts as the bot there; None if the app is not installed there."""
        identity = await self.authorize(enterprise_id, team_id)
        return new_client(self._settings, self._session, identity.bot_token) if identity else None

    async def forget(self, enterprise_id: str | None, team_id: str | None) -> None:
        """Deletes the token of a workspace that the app was removed from."""
        if not _are_ids(enterprise_id, team_id):
            return
        # the SDK's store in SQLite has no asynchronous deletion
        await asyncio.to_thread(self._store.delete_all, enterprise_id=enterprise_id, team_id=team_id or "")

    async def app_id(self) -> str | None:
        """None: each workspace has a token of its own, all of the app whose client id is set."""
        return None


async def app_of_bot(client: AsyncWebClient, bot: str | None) -> str | None:
    """Id of the app that a bot belongs to.

    Raises:
        SlackApiError: Slack does not tell.
    """
    info = mapping((await client.bots_info(bot=bot)).get("bot"))
    return read_id(info.get("app_id"))


def _are_ids(*ids: str | None) -> bool:
    """Whether these have the form of Slack's ids; the SDK's store in files makes names of folders of them."""
    return all(not id_ or re.fullmatch("[A-Z0-9]{1,64}", id_) for id_ in ids)


def oauth_settings(settings: SlackSettings, folder: Path) -> AsyncOAuthSettings:
    """Settings of the OAuth installation; the workspaces' tokens are kept in the data folder.

    Raises:
        SettingsError: the folder cannot be written.
    """
    secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
    return AsyncOAuthSettings(
        client_id=settings.client_id,
        client_secret=secret,
        authorization_url=urljoin(settings.api_url, "/oauth/v2/authorize"),
        scopes=list(SCOPES),
        installation_store=_installations(settings, folder),
        state_store=SignedStates(secret, OAUTH_STATE_SECONDS),
        state_expiration_seconds=OAUTH_STATE_SECONDS,
    )


def _installations(settings: SlackSettings, folder: Path) -> Any:
    client_id = settings.client_id or ""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if settings.installation_store is InstallationStoreKind.FILE:
            base = folder / "slack-installations"
            base.mkdir(mode=0o700, exist_ok=True)
            return FileInstallationStore(base_dir=str(base), client_id=client_id)
        database = folder / "slack-installations.sqlite3"
        database.touch(mode=0o600)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be written ({error.strerror}); set QA_BOT_DATA_DIR") from error
    store = SQLite3InstallationStore(database=str(database), client_id=client_id)
    store.init()  # type: ignore[no-untyped-call]
    return store
