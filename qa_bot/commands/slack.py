"""`qa-bot slack`: serves the Slack app."""

from __future__ import annotations

import logging
import os

import click

from qa_bot.commands import ANSWERING, Command, count, note
from qa_bot.commands.verbosity import given_level
from qa_bot.settings import PREFIX, Settings

EXAMPLES = """\
Examples:
  qa-bot slack                       serve by Socket Mode: SLACK_BOT_TOKEN, SLACK_APP_TOKEN
  qa-bot slack --http --port 3000    serve by HTTP: SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET
  qa-bot slack --check               check every token, scope and setting

The app's own settings are in qa_bot.toml, in the tables [slack] and [slack.channels.<ID>].
"""


@click.command("slack", cls=Command, settings=ANSWERING, epilog=EXAMPLES)
@click.option("--http", is_flag=True, help="serve by HTTP instead of Socket Mode")
@click.option("--host", default="127.0.0.1", metavar="HOST", help="with --http: the address to listen on")
@click.option("--port", type=count, default="3000", metavar="PORT", help="with --http: the port to listen on")
@click.option("--processes", type=count, default="1", metavar="N", help="with --http: the number of processes")
@click.option("--check", is_flag=True, help="check tokens, scopes and settings, then exit")
def command(settings: Settings, *, http: bool, host: str, port: int, processes: int, check: bool) -> int:
    """Serve the Slack app."""
    from qa_bot.bot import QABot
    from qa_bot.slack.log_redaction import set_up_log
    from qa_bot.slack.settings import ENVIRONMENT, load_slack_settings

    slack = load_slack_settings()
    for name in ENVIRONMENT:
        os.environ.pop(name, None)  # Bolt reads some of them itself, and warns that it does not use them
    secrets = (slack.bot_token, slack.app_token, slack.signing_secret, slack.client_secret)
    usual = logging.DEBUG if os.environ.get(PREFIX + "DEBUG") else logging.INFO
    redacting = set_up_log(secrets, given_level() or usual, settings.log_format)
    if given_level() is None:
        logging.getLogger("embeddings").setLevel(logging.WARNING)  # not each article that somebody posts
    with QABot(settings, lambda line: note(redacting.redact(line))) as bot:
        if check:
            from qa_bot.slack.check.check import check as check_app

            return check_app(bot, slack, http=http)
        if http:
            from qa_bot.slack.server.http import serve_http

            return serve_http(bot, slack, host, port, processes)
        from qa_bot.slack.server.socket_mode import serve_socket_mode

        return serve_socket_mode(bot, slack)
