"""`qa-bot mcp`: lets assistants ask the articles, by the Model Context Protocol."""

from __future__ import annotations

import importlib.util

import click

from embeddings.errors import SettingsError
from qa_bot.commands import ANSWERING, Command, count, http_token, note, open_bot
from qa_bot.commands.server_log import set_up_server_log
from qa_bot.settings import TOKEN, Settings

EXAMPLES = """\
Examples:
  qa-bot mcp                       for an assistant that starts it: stdin and stdout
  qa-bot mcp --http --port 8000    at http://127.0.0.1:8000/mcp

In an assistant's configuration, name the command qa-bot with the argument mcp.
"""

INSTALL = "pip install 'qa-bot[mcp]' (in a clone: pip install '.[mcp]')"


@click.command("mcp", cls=Command, settings=ANSWERING, epilog=EXAMPLES)
@click.option("--http", is_flag=True, help="serve by HTTP instead of stdin and stdout")
@click.option("--host", default="127.0.0.1", metavar="HOST", help=f"with --http: the address; others need {TOKEN}")
@click.option("--port", type=count, default="8000", metavar="PORT", help="with --http: the port to listen on")
def command(settings: Settings, *, http: bool, host: str, port: int) -> int:
    """Serve assistants by the Model Context Protocol."""
    if importlib.util.find_spec("mcp") is None:
        raise SettingsError(f"qa-bot mcp needs the SDK of the Model Context Protocol; run: {INSTALL}")
    listening, token = None, ""
    if http:
        from qa_bot.http.listener import listening_socket

        token, listening = http_token(host), listening_socket(host, port)
    set_up_server_log(settings.log_format)  # before the SDK sets up its own
    with open_bot(settings) as bot:
        from qa_bot.mcp_server import PATH, serve_http, serve_stdio

        if bot.store.encoder is None:
            note(f"the store in {settings.data_dir} is empty; run: qa-bot index FOLDER")
        if listening:
            shown = f"[{host}]" if ":" in host else host
            note(f"listening on http://{shown}:{listening.getsockname()[1]}{PATH}")
            serve_http(bot, listening, shown, token)
        else:
            serve_stdio(bot)
    return 0
