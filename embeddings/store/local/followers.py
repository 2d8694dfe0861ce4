"""The indexes over one generation of passages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from embeddings.store.local.change_log import ChangeLog
from embeddings.store.local.database import Database
from embeddings.store.local.dense.file import AHEAD
from embeddings.store.local.dense.follower import DenseFollower
from embeddings.store.local.lexical.follower import LexicalFollower
from embeddings.store.local.rebuild import caches_folder
from embeddings.store.protocol import DenseKind, Say

_KEPT = 100_000  # changes


class Followers:
    """The dense and the lexical index, which follow the log of changes.

    Args:
        database: of the store.
        store: what tells this store from others.
        generation: of the passages.
        dimension: of their vectors.
        kind: the dense index to use.
        say: is told what a person should know.
        quiet: that an index is not there is no news.
    """

    def __init__(
        self,
        database: Database,
        *,
        store: str,
        generation: int,
        dimension: int,
        kind: DenseKind,
        say: Say,
        quiet: bool,
    ) -> None:
        self.key = (generation, dimension)
        self._database = database
        self._log = ChangeLog(database, generation)
        folder = caches_folder(database.path.parent, generation)
        put_back = not database.read_only and _forget_caches_ahead(folder, self._log)

        def explain(cache: str) -> Callable[[str], None]:
            def tell(reason: str) -> None:
                if not quiet:
                    say(f"rebuilding the {cache} index from {database.path.name}: {AHEAD if put_back else reason}")

            return tell

        self.dense = DenseFollower(folder, database, self._log, kind, dimension, say, explain("dense"))
        identity = f"{store}/{generation}" if generation else store
        self.lexical = LexicalFollower(folder, database, self._log, identity, say, explain("lexical"))

    def follow(self) -> bool:
        """Brings both up to the last commit, as far as that is quick; True if there was anything new."""
        with self._database.errors():
            new = [self.dense.follow(), self.lexical.follow()]
        return any(new)

    def catch_up(self) -> None:
        """Brings the copies on disk up to date, whatever it takes."""
        with self._database.errors():
            self.dense.bring_copy_up_to_date()
            self.lexical.catch_up()

    def trim_log(self) -> None:
        """Deletes old changes that the copies on disk are past; whoever is still before them makes his index anew."""
        if self._database.read_only:
            return
        with self._database.errors():
            connection = self._database.connection()
            first = int(connection.execute("SELECT coalesce(min(number), 0) FROM changes").fetchone()[0])
            last = min(self.lexical.change, self.dense.saved_change) - _KEPT
        if last - first < _KEPT:
            return
        for end in range(first + _KEPT, last + 1, _KEPT):
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM changes WHERE number <= ?", (end,))
                connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES ('trimmed', ?)", (str(end),))

    def close(self, *, wait: bool = True) -> None:
        """Stops what goes on in the background."""
        self.dense.close(wait=wait)
        self.lexical.close(wait=wait)


def _forget_caches_ahead(folder: Path, log: ChangeLog) -> bool:
    """Deletes caches that know changes which the store does not: an older copy of it has been put back.

    That must be seen now: once there are as many new changes, the caches would pass for being behind.
    """
    found = False
    for name in ("dense.json", "lexical.json"):
        manifest = folder / name
        try:
            change = int(json.loads(manifest.read_text())["change"])
            if change > log.last():
                found = True
                manifest.unlink(missing_ok=True)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found
