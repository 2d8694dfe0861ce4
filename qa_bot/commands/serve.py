"""`qa-bot serve`: a page to ask in a browser, and an API for programs."""

from __future__ import annotations

import click

from qa_bot.commands import ANSWERING, Command, count, http_token, note, open_bot
from qa_bot.commands.server_log import set_up_server_log
from qa_bot.settings import TOKEN, Settings

EXAMPLES = """\
Examples:
  qa-bot serve                     a page at http://127.0.0.1:8080/, and an API beside it
  qa-bot serve --port 9000
"""

THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")


@click.command("serve", cls=Command, settings=ANSWERING, epilog=EXAMPLES)
@click.option("--host", default="127.0.0.1", metavar="HOST", help=f"the address to listen on; others need {TOKEN}")
@click.option("--port", type=count, default="8080", metavar="PORT", help="the port to listen on")
def command(settings: Settings, host: str, port: int) -> int:
    """Serve a page to ask in a browser, and an API."""
    from qa_bot.http.listener import listening_socket
    from qa_bot.monitoring.metrics import metrics_server
    from qa_bot.serve.server import serve

    token = http_token(host)
    set_up_server_log(settings.log_format)
    listening = listening_socket(host, port)
    with open_bot(settings) as bot, metrics_server(settings, bot):
        shown = f"[{host}]" if ":" in host else host
        note(f"listening on http://{shown}:{listening.getsockname()[1]}/")
        serve(bot, listening, token, () if token else (*THIS_MACHINE, shown))
    return 0
