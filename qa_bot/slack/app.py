"""The Bolt app: who the bot is in a workspace, what goes wrong, and the listeners."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from embeddings.errors import StoreError
from qa_bot.slack.desk import Desk
from qa_bot.slack.listeners import register
from qa_bot.slack.redacting import in_words

_log = logging.getLogger(__name__)


def build_app(desk: Desk, client: AsyncWebClient, oauth: AsyncOAuthSettings | None = None) -> AsyncApp:
    """Makes the app.

    Listeners run before their request is acknowledged, and only write down what is to be done: when Slack hears that a
    question has arrived, it is in the file of jobs.

    Args:
        desk: what the listeners hand their work to.
        client: of the Web API, without a token: each request is given that of its workspace.
        oauth: how workspaces install the app, if they do.
    """

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        found = await desk.workspaces.authorize(enterprise_id, team_id)
        if found is None:
            raise StoreError(f"the app is not installed in {team_id or enterprise_id}")
        return found

    secret = desk.settings.signing_secret
    app = AsyncApp(
        name="qa_bot",
        client=client,
        signing_secret=secret.get_secret_value() if secret else "",
        authorize=None if oauth else authorize,
        oauth_settings=oauth,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        request_verification_enabled=secret is not None,
    )

    async def bring_desk(context: AsyncBoltContext, next: Callable[[], Awaitable[None]]) -> None:
        context["desk"] = desk
        await next()

    app.use(bring_desk)
    app.error(report)
    register(app)
    return app


async def report(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Logs what no listener takes or what one fails at; never what the request says."""
    kind = body.get("type")
    if isinstance(error, BoltUnhandledRequestError):
        event = body.get("event")
        inner = event.get("type") if isinstance(event, dict) else None
        _log.info("nothing listens to this: %.80r", inner or kind or body.get("command"))
        return BoltResponse(status=200, body="")
    _log.error("a request (%.40r) could not be taken: %s", kind, in_words(error))
    return BoltResponse(status=500, body="")
