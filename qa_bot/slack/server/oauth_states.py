"""What ties the end of an installation to its beginning: kept for minutes, and never more than a bounded number.

Anybody can begin an installation, and nobody has to end it; the SDK's stores keep what was begun for ever.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import UUID

from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.oauth.state_store.sqlite3 import SQLite3OAuthStateStore

KEPT = 1000
"""Installations that may have been begun and not ended; further ones push the oldest out."""


class StatesInSQLite(SQLite3OAuthStateStore):
    """The SDK's store in SQLite, which forgets."""

    def issue(self, *args: Any, **kwargs: Any) -> str:
        """A new state."""
        state: str = super().issue(*args, **kwargs)
        newest = "SELECT id FROM oauth_states ORDER BY id DESC LIMIT ?"
        with self.connect() as connection:
            connection.execute(
                f"DELETE FROM oauth_states WHERE expire_at < ? OR id NOT IN ({newest})", (time.time(), KEPT)
            )
        return state


class StatesInFiles(FileOAuthStateStore):
    """The SDK's store in files, which forgets."""

    def issue(self, *args: Any, **kwargs: Any) -> str:
        """A new state."""
        state: str = super().issue(*args, **kwargs)
        ages = {path: path.stat().st_mtime for path in Path(self.base_dir).iterdir() if _is_state(path)}
        oldest_first = sorted(ages, key=lambda path: ages[path])
        expired = [path for path in oldest_first if ages[path] < time.time() - self.expiration_seconds]
        for path in {*expired, *oldest_first[:-KEPT]}:
            path.unlink(missing_ok=True)
        return state


def _is_state(path: Path) -> bool:
    try:
        return path.is_file() and str(UUID(path.name)) == path.name
    except ValueError:
        return False
