"""Which sources have changes, seen from outside: the state of files, and how long ago a site was checked.

Files are checked again and again, because that works on every disk, also on one in the network.  A check of ten
thousand files takes some fifty milliseconds.  A file counts as changed when it is unchanged between two checks, so that
none is read while it is being written.
"""

from __future__ import annotations

import glob
import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from embeddings.sources.documents import SIDE_CAR
from embeddings.sources.web.addresses import is_web_address

CHECK_SECONDS = 0.5
"""Seconds between two checks of files; more where a check takes long."""

_BUSY = 0.05
"""The share of one core that checks may take."""


class FileStat(NamedTuple):
    """What differs when a file is replaced, written to or made readable; times in nanoseconds."""

    inode: int
    size: int
    written: int
    changed: int


class Changes(NamedTuple):
    """What is new in a source: files as they are now, and the paths of files that are gone."""

    changed: Mapping[str, FileStat]
    gone: frozenset[str] = frozenset()


class Pending(NamedTuple):
    """What has to be read: the changes of each source that has any."""

    changes: Mapping[str, Changes]

    @property
    def locations(self) -> list[str]:
        """The sources."""
        return list(self.changes)

    def leaves(self, entry: str) -> bool:
        """Whether to leave an entry, by its identity, as it is: neither it nor its side-car changed, or it is being written."""
        side_car = entry + SIDE_CAR
        files = {entry, entry.rpartition("#")[0], side_car}
        touched = (side_car in new.gone or not files.isdisjoint(new.changed) for new in self.changes.values())
        return not is_web_address(entry) and not any(touched)


class Watch:
    """Checks sources again and again.

    Args:
        locations: the sources, which are about to be read.
        site_seconds: seconds between two checks of an address.

    Attributes:
        pause: seconds until the next check.
    """

    def __init__(self, locations: Sequence[str], site_seconds: float) -> None:
        self._site_seconds = site_seconds
        self._asked = {location: time.monotonic() for location in locations if is_web_address(location)}
        self._read = {location: dict(files_of(location)) for location in locations if not is_web_address(location)}
        self._last: dict[str, dict[str, FileStat]] = {}
        self.pause = CHECK_SECONDS

    def check(self, locations: Sequence[str]) -> Pending:
        """What is new in sources since `read`, and unchanged between two checks."""
        began, worked = time.monotonic(), time.thread_time()
        pending = {}
        for location in locations:
            changes = self._site(location, began) if is_web_address(location) else self._files(location)
            if changes is not None:
                pending[location] = changes
        # As long as the check took, too: a disk in the network may be slow without any work here.
        self.pause = max(CHECK_SECONDS, time.monotonic() - began, (time.thread_time() - worked) / _BUSY)
        return Pending(pending)

    def read(self, pending: Pending) -> None:
        """Notes that what was pending has been read."""
        for location, changes in pending.changes.items():
            if is_web_address(location):
                self._asked[location] = time.monotonic()
                continue
            files = self._read.setdefault(location, {})
            files.update(changes.changed)
            for path in changes.gone:
                files.pop(path, None)

    def _site(self, location: str, now: float) -> Changes | None:
        asked = self._asked.get(location)
        return Changes({}) if asked is None or now >= asked + self._site_seconds else None

    def _files(self, location: str) -> Changes | None:
        now = dict(files_of(location))
        last, self._last[location] = self._last.get(location), now
        if last is None:
            return None
        read = self._read.get(location, {})
        changed = {path: file for path, file in now.items() if file != read.get(path) and file == last.get(path)}
        gone = frozenset(path for path in read if path not in now and path not in last)
        return Changes(changed, gone) if changed or gone else None


def files_of(location: str) -> Iterator[tuple[str, FileStat]]:
    """The state of the files of a file, folder or glob, with their side-cars; without files that cannot be checked."""
    for path in [location] if os.path.lexists(location) else glob.iglob(location, recursive=True):
        if not os.path.isdir(path):
            yield from _stat(path)
            yield from _stat(path + SIDE_CAR)
        for folder, names, files in os.walk(
            path
        ):  # without what cannot be listed; a reindex says what is wrong with it
            names[:] = [name for name in names if not name.startswith(".")]
            beginning = os.path.join(folder, "")
            for name in files:
                if not name.startswith("."):
                    yield from _stat(beginning + name)


def _stat(path: str) -> Iterator[tuple[str, FileStat]]:
    try:
        status = os.stat(path)
    except OSError:
        return
    if stat.S_ISREG(status.st_mode):
        yield path, FileStat(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
