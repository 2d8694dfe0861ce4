"""Modals that are sent."""

from slack_bolt.async_app import AsyncApp

from qa_bot.slack.listeners.views.feedback import feedback
from qa_bot.slack.views.modals import FEEDBACK_VIEW


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.view(FEEDBACK_VIEW)(feedback)
