"""Which sources have something new, seen from outside: what files look like, and how long ago a site was asked.

Files are looked at, not waited for: that works on every disk, also on one in the network, and a look at ten thousand takes
some fifty milliseconds.  A file counts as changed when it has looked the same twice, so that none is read while it is
being written.
"""

from __future__ import annotations

import glob
import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

LOOK_SECONDS = 0.5
"""Seconds between two looks at files; more where a look takes long."""

_BUSY = 0.05
"""Share of one core that looking may take."""


class Look(NamedTuple):
    """What tells that a file is another, has been written to, or may be read now; times in nanoseconds."""

    inode: int
    size: int
    written: int
    changed: int


class News(NamedTuple):
    """What a source has new: files as they look now, and files that are gone."""

    changed: Mapping[str, Look]
    gone: frozenset[str] = frozenset()


class Due(NamedTuple):
    """What has to be read: the news of each source that has some."""

    news: Mapping[str, News]

    @property
    def locations(self) -> list[str]:
        """The sources."""
        return list(self.news)

    def leaves(self, entry: str) -> bool:
        """Whether an entry is left as it is: it has not changed, or is being written.

        Args:
            entry: its identity: a path, a path with `#` and a record, or a URL.
        """
        paths = (entry, entry.rpartition("#")[0])
        return not is_address(entry) and not any(path in new.changed for new in self.news.values() for path in paths)


class Watch:
    """Looks at sources again and again.

    Args:
        locations: the sources, which are about to be read.
        site_seconds: seconds between two looks at an address.

    Attributes:
        pause: seconds until the next look.
    """

    def __init__(self, locations: Sequence[str], site_seconds: float) -> None:
        self._site_seconds = site_seconds
        self._asked = {location: time.monotonic() for location in locations if is_address(location)}
        self._read = {location: dict(files_of(location)) for location in locations if not is_address(location)}
        self._last: dict[str, dict[str, Look]] = {}
        self.pause = LOOK_SECONDS

    def due(self, locations: Sequence[str]) -> Due:
        """What is new in sources since it was `read`, and looks as it did the last time."""
        began, worked = time.monotonic(), time.thread_time()
        news = {}
        for location in locations:
            found = self._ask(location, began) if is_address(location) else self._look_at(location)
            if found is not None:
                news[location] = found
        # As long as the look took, too: a disk in the network may be slow without any work here.
        self.pause = max(LOOK_SECONDS, time.monotonic() - began, (time.thread_time() - worked) / _BUSY)
        return Due(news)

    def read(self, due: Due) -> None:
        """Notes that what was due has been read."""
        for location, news in due.news.items():
            if is_address(location):
                self._asked[location] = time.monotonic()
                continue
            held = self._read.setdefault(location, {})
            held.update(news.changed)
            for path in news.gone:
                held.pop(path, None)

    def _ask(self, location: str, now: float) -> News | None:
        asked = self._asked.get(location)
        return News({}) if asked is None or now >= asked + self._site_seconds else None

    def _look_at(self, location: str) -> News | None:
        now = dict(files_of(location))
        last, self._last[location] = self._last.get(location), now
        if last is None:
            return None
        read = self._read.get(location, {})
        changed = {path: look for path, look in now.items() if look != read.get(path) and look == last.get(path)}
        gone = frozenset(path for path in read if path not in now and path not in last)
        return News(changed, gone) if changed or gone else None


def is_address(location: str) -> bool:
    """Whether a source is on the web."""
    return location.startswith(("http://", "https://"))


def files_of(location: str) -> Iterator[tuple[str, Look]]:
    """What the files of a file, folder or glob look like now; whatever cannot be looked at is left out."""
    if os.path.isdir(location):
        yield from _files_below(location)
    elif os.path.lexists(location):
        yield from _look(location)
    else:
        for path in glob.iglob(location, recursive=True):
            yield from _files_below(path) if os.path.isdir(path) else _look(path)


def _files_below(folder: str) -> Iterator[tuple[str, Look]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:  # a reindex says what is wrong with it
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(entry.path)
        else:
            yield from _look(entry.path)


def _look(path: str) -> Iterator[tuple[str, Look]]:
    try:
        found = os.stat(path)
    except OSError:
        return
    if stat.S_ISREG(found.st_mode):
        yield path, Look(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
