"""A Slack for tests: the Web API, Socket Mode and signed requests on loopback, with a workspace behind them.

It answers as Slack does, errors included, and records what an app does that Slack or this product forbids.
"""

from slack_emulator.emulator import SlackEmulator
from slack_emulator.faults import Fault
from slack_emulator.reply import Reply
from slack_emulator.story import MENTION, Person

__all__ = ["MENTION", "Fault", "Person", "Reply", "SlackEmulator"]
