"""Slash commands."""

from slack_bolt.async_app import AsyncApp

from qa_bot.slack.listeners.commands.ask import ask
from qa_bot.slack.listeners.commands.ask_admin import ask_admin


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.command("/ask")(ask)
    app.command("/ask-admin")(ask_admin)
