"""The methods of the Web API, by name."""

from slack_emulator.methods import apps, assistants, chat, conversations, views
from slack_emulator.methods.method import Method, SlackError

METHODS: dict[str, Method] = {
    name: method for module in (apps, assistants, chat, conversations, views) for name, method in module.METHODS.items()
}

__all__ = ["METHODS", "Method", "SlackError"]
