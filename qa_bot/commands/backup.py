"""`qa-bot backup`: copies the data folder, whole and verified, also while the bot runs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from embeddings.text import visible
from qa_bot.commands import PATH, Command, as_json, print_json
from qa_bot.settings import Settings

EXAMPLES = """\
Examples:
  qa-bot backup /backups/qa-bot-2026-11-27
  qa-bot restore /backups/qa-bot-2026-11-27 --data-dir /srv/qa-bot

A backup holds the store, the feedback, what the Slack app remembers, and files posted in Slack. Indexes and models are made anew.
It holds all that was asked in Slack lately, and the tokens of installed workspaces: keep it as safe as the data folder.
"""


@click.command("backup", cls=Command, epilog=EXAMPLES)
@click.argument("folder", type=PATH, help="to make; it must not exist yet")
@as_json
def command(settings: Settings, folder: Path, as_json: bool) -> int:
    """Back up the store and all that belongs to it."""
    from qa_bot.backup import back_up
    from qa_bot.terminal.progress import ProgressLine

    with ProgressLine(sys.stderr) as line:
        manifest = back_up(settings.data_dir, folder, lambda done, total: line.steps(done, total, "bytes copied"))
    if as_json:
        print_json(manifest.model_dump_json())
    else:
        files = f"{len(manifest.files):,} file{'s' * (len(manifest.files) > 1)}"
        print(visible(f"Backed up {manifest.articles:,} articles, {files}, {manifest.size / 1e6:.1f} MB, to {folder}."))
    return 0
