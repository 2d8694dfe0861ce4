"""The indexes of the generation of passages that answers, whichever that is by now."""

from __future__ import annotations

import threading

from embeddings.store.local.change_log import ChangeLog
from embeddings.store.local.database import Database
from embeddings.store.local.followers import Followers
from embeddings.store.protocol import DenseKind, Say


class Generations:
    """Opens the indexes of a generation when it is first asked, and others when another process has put it in its place.

    Args:
        database: of the store.
        kind: the dense index to use.
        say: is told when a cache has to be rebuilt.
    """

    def __init__(self, database: Database, kind: DenseKind, say: Say) -> None:
        self._database = database
        self._kind = kind
        self._say = say
        self._guard = threading.RLock()
        self._opened: Followers | None = None
        self._retired: list[Followers] = []  # whose work in the background may not have stopped yet
        with database.errors():
            self._caches_are_new = ChangeLog(database, 0).last() == 0

    def current(self) -> Followers | None:
        """The indexes of the generation that answers; None while the store is empty."""
        facts = self._facts()
        if "encoder" not in facts:
            return None
        key = int(facts.get("generation", 0)), int(facts.get("dimension", 0))
        with self._guard:
            if self._opened is None or self._opened.key != key:
                if self._opened is not None:
                    self._opened.close(wait=False)
                    self._retired.append(self._opened)
                self._opened = self.open(*key)
            return self._opened

    def followed(self) -> Followers | None:
        """The same, brought up to the last commit as far as that is quick."""
        followers = self.current()
        if followers is not None:
            followers.follow()
        return followers

    def open(self, generation: int, dimension: int) -> Followers:
        """The indexes of any generation; whoever asks for them closes them."""
        facts = self._facts()
        rebuilt = int(facts.get("next generation", -1)), int(facts.get("next dimension", -1))
        return Followers(
            self._database,
            store=facts.get("store", ""),
            generation=generation,
            dimension=dimension,
            kind=self._kind,
            say=self._say,
            quiet=self._caches_are_new or rebuilt == (generation, dimension),
        )

    @property
    def dense_kind(self) -> str:
        """What the dense index is, in words."""
        return self._opened.dense.kind if self._opened else "not loaded"

    def _facts(self) -> dict[str, str]:
        with self._database.errors():
            return dict(self._database.connection().execute("SELECT name, value FROM facts").fetchall())

    def close(self) -> None:
        """Stops what goes on in the background."""
        with self._guard:
            for followers in (self._opened, *self._retired):
                if followers is not None:
                    followers.close()
            self._opened = None
            self._retired.clear()
