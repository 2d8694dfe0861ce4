"""Steps for Workflow Builder."""

from slack_bolt.async_app import AsyncApp

from qa_bot.slack.listeners.functions.answer_question import answer_question
from qa_bot.slack.workers.workflow_steps import CALLBACK_ID


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.function(CALLBACK_ID)(answer_question)
