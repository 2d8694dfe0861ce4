"""`qa-bot restore`: puts a backup into an empty data folder."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from embeddings.text import visible
from qa_bot.commands import PATH, Command, as_json, note, print_json
from qa_bot.settings import Settings

EXAMPLES = """\
Examples:
  qa-bot restore /backups/qa-bot-2026-11-27
  qa-bot restore /backups/qa-bot-2026-11-27 --data-dir /srv/qa-bot
"""


@click.command("restore", cls=Command, epilog=EXAMPLES)
@click.argument("folder", type=PATH, help="that qa-bot backup has made")
@as_json
def command(settings: Settings, folder: Path, as_json: bool) -> int:
    """Restore a backup into a data folder that is empty."""
    from qa_bot.backup import restore
    from qa_bot.terminal.progress import ProgressLine

    with ProgressLine(sys.stderr) as line:
        manifest = restore(folder, settings.data_dir, lambda done, total: line.steps(done, total, "bytes copied"))
    posted = any(file.path.startswith("slack_files/") for file in manifest.files)
    if posted and manifest.data_dir != str(settings.data_dir.resolve()):
        note(
            f"files that were posted in Slack are remembered under {manifest.data_dir}; "
            "restore to that folder, or their articles go when qa-bot index runs next"
        )
    if as_json:
        print_json(manifest.model_dump_json())
    else:
        print(visible(f"Restored {manifest.articles:,} articles to {settings.data_dir}, as of {manifest.made_at}."))
    return 0
