"""What Slack sends and who takes it: a room for each kind of request."""

from slack_bolt.async_app import AsyncApp

from qa_bot.slack.listeners import actions, commands, events, functions, shortcuts, views


def register(app: AsyncApp) -> None:
    """Registers every listener."""
    events.register(app)
    commands.register(app)
    shortcuts.register(app)
    actions.register(app)
    views.register(app)
    functions.register(app)
