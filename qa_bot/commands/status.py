"""`qa-bot status`: store, index, models, versions, sizes."""

from __future__ import annotations

import argparse
from typing import Any

from qa_bot.commands import add_command, open_bot, print_json
from qa_bot.settings import Settings

EXAMPLES = """\
examples:
  qa-bot status
  qa-bot status --json
"""


def register(commands: Any) -> None:
    """Adds `status`."""
    status = add_command(commands, "status", _status, "store, index, models, versions, sizes", EXAMPLES)
    status.add_argument("--json", action="store_true", help="print JSON")


def _status(options: argparse.Namespace, settings: Settings) -> int:
    import json

    from qa_bot.commands.status_report import collect_status, render_status

    with open_bot(settings) as bot:
        found = collect_status(bot)
    if options.json:
        print_json(json.dumps(found, ensure_ascii=False))
    else:
        print(render_status(found))
    return 0
