"""Clicks on buttons, and fields of App Home."""

import re

from slack_bolt.async_app import AsyncApp

from qa_bot.slack.listeners.actions.ask_at_home import ask_again, ask_at_home
from qa_bot.slack.listeners.actions.feedback import feedback
from qa_bot.slack.listeners.actions.look_closer import more_answers, show_article, show_context
from qa_bot.slack.listeners.actions.share_answer import share_answer
from qa_bot.slack.views.blocks import ARTICLE, CONTEXT, FEEDBACK, MORE, SHARE
from qa_bot.slack.views.home import ASK, ASK_AGAIN


def register(app: AsyncApp) -> None:
    """Registers the listeners."""
    app.action(MORE)(more_answers)
    app.action(CONTEXT)(show_context)
    app.action(ARTICLE)(show_article)
    app.action(SHARE)(share_answer)
    app.action(FEEDBACK)(feedback)
    app.action(ASK)(ask_at_home)
    app.action(re.compile(rf"{ASK_AGAIN}_\d+"))(ask_again)
