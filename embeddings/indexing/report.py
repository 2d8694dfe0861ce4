"""What a reindex did, and how far it has come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel

from embeddings.store.protocol import Store


class Failure(BaseModel, frozen=True):
    """A source, or an entry of one, that could not be read, and why."""

    source: str
    reason: str


class PassageCounts(BaseModel, frozen=True):
    """Passages that were embedded, whose vectors were reused, and that are in the store.

    Attributes:
        per_second: passages embedded in a second of embedding; 0 if none was.
    """

    embedded: int
    reused: int
    total: int
    per_second: float = 0.0


class ReindexReport(BaseModel, frozen=True):
    """What a reindex did, or would do; articles are counted once each.

    Attributes:
        new, changed, unchanged, removed: articles.
        duplicates: new and changed articles that tell the same story as another, if not word for word.
        failed: what could not be read; the store keeps what it has of it.
        passages: see `PassageCounts`.
        seconds: wall time.
        dry_run: whether nothing was done.
        retracted: articles that are left out because they are retracted.
        articles: in the store now.
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
    retracted: int = 0
    articles: int = 0


class Progress(NamedTuple):
    """How far a reindex has come.

    Attributes:
        entries: read so far.
        total: entries to read; 0 if there are too many to know yet.
        embedded: passages embedded so far.
    """

    entries: int
    total: int
    embedded: int


class Tally:
    """Running totals of one reindex, in articles and passages; it begins when it is made.

    Attributes:
        seen: identities of the entries that were listed.
        failed: what could not be read.
        encoding_seconds: spent on embedding.
    """

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.failed: list[Failure] = []
        self.entries = self.new = self.changed = self.unchanged = self.removed = self.duplicates = 0
        self.retracted = 0
        self.embedded = self.reused = 0
        self.encoding_seconds = 0.0
        self._began = time.monotonic()

    def fail(self, source: str, reason: str) -> None:
        """Notes what could not be read."""
        self.failed.append(Failure(source=source, reason=reason))

    def counts(self) -> Sequence[int]:
        """The counts at this moment, for `since`."""
        return self.new, self.changed, self.unchanged, self.removed, self.retracted, len(self.failed)

    def has_read(self, before: Sequence[int]) -> bool:
        """Whether an article was read since `counts` was called."""
        return any(count > old for count, old in zip(self.counts()[:3], before[:3], strict=True))

    def since(self, before: Sequence[int]) -> str:
        """What was counted since `counts` was called, in words."""
        names = ("new", "changed", "unchanged", "removed", "retracted", "failed")
        counts = [count - old for count, old in zip(self.counts(), before, strict=True)]
        words = [f"{count:,} {name}" for name, count in zip(names, counts, strict=True) if count]
        return ", ".join(words) or "nothing there"

    def report(self, store: Store, *, dry_run: bool = False) -> ReindexReport:
        """The report of this reindex, now that it is over."""
        status = store.status()
        speed = round(self.embedded / self.encoding_seconds, 1) if self.encoding_seconds else 0.0
        return ReindexReport(
            new=self.new,
            changed=self.changed,
            unchanged=self.unchanged,
            removed=self.removed,
            duplicates=self.duplicates,
            failed=tuple(self.failed),
            passages=PassageCounts(embedded=self.embedded, reused=self.reused, total=status.passages, per_second=speed),
            seconds=round(time.monotonic() - self._began, 3),
            dry_run=dry_run,
            retracted=self.retracted,
            articles=status.articles,
        )
