"""Events that the app subscribes to."""

from slack_bolt.async_app import AsyncApp

from qa_bot.slack.listeners.events.app_home_opened import app_home_opened
from qa_bot.slack.listeners.events.message import message
from qa_bot.slack.listeners.events.removed import removed


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.event("app_mention")(message)
    app.event("message")(message)
    app.event("app_home_opened")(app_home_opened)
    app.event("app_uninstalled")(removed)
    app.event("tokens_revoked")(removed)
