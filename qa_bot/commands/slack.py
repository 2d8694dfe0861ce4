"""`qa-bot slack`: serves the Slack app."""

from __future__ import annotations

import argparse
import logging
import os
from typing import Any

from qa_bot.commands import add_command, count, note
from qa_bot.settings import PREFIX, Settings

EXAMPLES = """\
examples:
  qa-bot slack                       serve by Socket Mode: SLACK_BOT_TOKEN, SLACK_APP_TOKEN
  qa-bot slack --http --port 3000    serve by HTTP: SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET
  qa-bot slack --check               say of each token, scope and setting whether it is right

the app's own settings stand in qa_bot.toml, in the tables [slack] and [slack.channels.<ID>]
"""


def register(commands: Any) -> None:
    """Adds `slack`."""
    slack = add_command(commands, "slack", _slack, "serve the Slack app", EXAMPLES)
    slack.add_argument("--http", action="store_true", help="serve by HTTP instead of Socket Mode")
    slack.add_argument("--host", default="127.0.0.1", metavar="HOST", help="with --http: address to listen on")
    slack.add_argument("--port", type=count, default=3000, metavar="PORT", help="with --http: port to listen on")
    slack.add_argument("--processes", type=count, default=1, metavar="N", help="with --http: processes that serve")
    slack.add_argument("--check", action="store_true", help="check tokens, scopes and settings, and end")


def _slack(options: argparse.Namespace, settings: Settings) -> int:
    from qa_bot.bot import QABot
    from qa_bot.slack.log_redaction import set_up_log
    from qa_bot.slack.settings import ENVIRONMENT, load_slack_settings

    slack = load_slack_settings()
    for name in ENVIRONMENT:
        os.environ.pop(name, None)  # Bolt would read some by itself, and warn that it does not use them
    secrets = (slack.bot_token, slack.app_token, slack.signing_secret, slack.client_secret)
    redacting = set_up_log(secrets, logging.DEBUG if os.environ.get(PREFIX + "DEBUG") else logging.INFO)
    with QABot(settings, lambda line: note(redacting.redact(line))) as bot:
        if options.check:
            from qa_bot.slack.check.check import check

            return check(bot, slack, http=options.http)
        if options.http:
            from qa_bot.slack.server.http import serve_http

            return serve_http(bot, slack, options.host, options.port, options.processes)
        from qa_bot.slack.server.socket_mode import serve_socket_mode

        return serve_socket_mode(bot, slack)
