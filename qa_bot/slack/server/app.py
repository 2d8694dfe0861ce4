"""The Bolt app: who the bot is in a workspace, what goes wrong, and the listeners."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization.async_authorize import AsyncCallableAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.slack.listeners import register
from qa_bot.slack.log_redaction import in_words
from qa_bot.slack.services import Desk
from qa_bot.slack.web_api.hosts import is_slacks

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

    async def authorize(enterprise_id: str | None, team_id: str | None) -> Any:
        return await desk.workspaces.authorize(enterprise_id, team_id)

    secret = desk.settings.signing_secret
    app = AsyncApp(
        # Bolt sets up the logger of its app's name, so that is none of ours; its own are as quiet as this one.
        name="slack_bolt.app",
        logger=logging.getLogger("slack_bolt"),
        client=client,
        signing_secret=secret.get_secret_value() if secret else "",
        # Bolt's own way would ask Slack who the bot is before each request is acknowledged.
        authorize=cast(Any, AsyncCallableAuthorize(logger=_log, func=authorize)),
        oauth_settings=oauth,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        request_verification_enabled=secret is not None,
    )

    async def bring_desk(body: dict[str, Any], context: AsyncBoltContext, next: Callable[[], Awaitable[None]]) -> None:
        context["desk"] = desk
        if not is_slacks(str(body.get("response_url")), desk.settings.api_url):
            body.pop("response_url", None)  # what only one person shall see goes nowhere else
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
