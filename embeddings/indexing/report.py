"""What a reindex did, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Failure(_Frozen):
    """A source, or an entry of one, that could not be read, and why."""

    source: str
    reason: str


class PassageCounts(_Frozen):
    """Passages that were embedded, whose vectors were reused, and that are in the store.

    Attributes:
        per_second: passages embedded in a second of embedding; 0 if none was.
    """

    embedded: int
    reused: int
    total: int
    per_second: float = 0.0


class ReindexReport(_Frozen):
    """What a reindex did, or would do; articles are counted once each.

    Attributes:
        new, changed, unchanged, removed: articles.
        duplicates: among the new and changed, those that tell what another article tells already, if not word for word.
        failed: what could not be read; what the store held of it, it still holds.
        passages: see `PassageCounts`.
        seconds: wall time.
        dry_run: whether nothing was done.
    """

    new: int
    changed: int
    unchanged: int
    removed: int
    duplicates: int
    failed: tuple[Failure, ...]
    passages: PassageCounts
    seconds: float
    dry_run: bool = False


class Progress(NamedTuple):
    """How far a reindex is.

    Attributes:
        entries: looked at.
        total: of how many; 0 while nobody knows, as there are so many.
        embedded: passages, so far.
    """

    entries: int
    total: int
    embedded: int


class Tally:
    """Running totals of one reindex, in articles.

    Attributes:
        seen: identities of the entries that were listed.
        failed: what could not be read.
    """

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.failed: list[Failure] = []
        self.entries = self.new = self.changed = self.unchanged = self.removed = 0

    def fail(self, source: str, reason: str) -> None:
        """Notes what could not be read."""
        self.failed.append(Failure(source=source, reason=reason))

    def since(self, before: Sequence[int]) -> str:
        """What was counted since `now` was asked, in words."""
        names = ("new", "changed", "unchanged", "removed", "failed")
        counts = [count - old for count, old in zip(self.now(), before, strict=True)]
        words = [f"{count:,} {name}" for name, count in zip(names, counts, strict=True) if count]
        return ", ".join(words) or "nothing there"

    def now(self) -> Sequence[int]:
        """The counts at this moment, for `since`."""
        return self.new, self.changed, self.unchanged, self.removed, len(self.failed)
