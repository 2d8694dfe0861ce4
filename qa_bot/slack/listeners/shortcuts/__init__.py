"""Shortcuts."""

from slack_bolt.async_app import AsyncApp

from qa_bot.slack.listeners.shortcuts.answer_this import CALLBACK_ID, answer_this


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.shortcut({"callback_id": CALLBACK_ID, "type": "message_action"})(answer_this)
