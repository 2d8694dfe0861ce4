"""Listeners: each reads one kind of request, decides who is answered, and puts down a job or begins a short task."""

from slack_bolt.async_app import AsyncApp

from qa_bot.slack.listeners import actions, alerts, commands, events, team_answers


def register(app: AsyncApp) -> None:
    """Registers all listeners."""
    for kind in (events, commands, actions, team_answers, alerts):
        kind.register(app)
