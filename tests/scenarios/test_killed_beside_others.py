"""A watch, a removal and one of two index runs are killed at random moments: nothing is lost, and nothing is half there.

Six kills of each; KILLS=50 in the environment makes it fifty.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from forked_runs import Ended, ForkServer
from killed_archive import Archive, empty_archive
from tiny_models import make_encoder

from embeddings.articles import article_id

KILLS = int(os.environ.get("KILLS", "6"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(max(600, 60 * KILLS)),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forked"),
]


@pytest.fixture
def archive(tmp_path: Path, cache_dir: Path) -> Archive:
    """An archive of one edition."""
    archive = empty_archive(tmp_path, cache_dir, make_encoder(tmp_path / "tiny"))
    archive.next_edition()
    assert archive.index().code == 0
    return archive


@pytest.fixture
def beside(archive: Archive, tmp_path: Path) -> Iterator[Archive]:
    """The same archive, to run a second command in at the same time."""
    (tmp_path / "beside").mkdir()
    server = ForkServer(tmp_path / "beside")
    yield archive.beside(server)
    server.close()


class Running:
    """A command that runs in a thread."""

    def __init__(self, archive: Archive, *arguments: str, after: float | None = None) -> None:
        self._ended: list[Ended] = []
        self._thread = threading.Thread(target=lambda: self._ended.append(archive.run(*arguments, after=after)))
        self._thread.start()

    def end(self) -> Ended:
        """Waits for its end."""
        self._thread.join()
        return self._ended[0]


def test_a_killed_watch_leaves_whole_batches(archive: Archive) -> None:
    moments = random.Random(KILLS)
    took = archive.index().seconds
    kills = 0
    while kills < KILLS:
        watch = Running(archive, "index", str(archive.folder), "--watch", after=moments.uniform(0, 2 * took + 2))
        time.sleep(moments.uniform(0, took + 0.5))
        archive.next_edition()
        done = watch.end()
        assert done.code == -signal.SIGKILL, done
        kills += 1
        archive.check()
        archive.check_that_the_next_run_finishes()


@pytest.mark.parametrize("what", ["articles", "sources"])
def test_a_killed_removal_removes_all_or_nothing(archive: Archive, what: str) -> None:
    moments = random.Random(KILLS)
    archive.before = archive.texts
    kills = removed = 0
    took = 0.5
    while kills < KILLS:
        names = moments.sample(sorted(archive.texts), 9) if what == "articles" else sorted(archive.texts)
        ids = [article_id(str((archive.folder / name).resolve())) for name in names]
        arguments = ids if what == "articles" else [str(archive.folder)]
        done = archive.run(what, "remove", *arguments, after=moments.uniform(0, took))
        assert done.code in (0, -signal.SIGKILL), done
        took = done.seconds if done.code == 0 else took * 1.05
        kills += done.code != 0
        left = archive.texts.keys() - archive.stored().keys()
        assert left in (set(), set(names))
        removed += bool(left)
        archive.check()
        archive.check_that_the_next_run_finishes()
    assert removed, "no removal came as far as to remove anything; that proves nothing"


def test_one_of_two_index_runs_is_killed_and_the_other_does_the_work(archive: Archive, beside: Archive) -> None:
    moments = random.Random(KILLS)
    took = archive.index().seconds
    kills = 0
    while kills < KILLS:
        archive.next_edition()
        other = Running(beside, "index", str(archive.folder))
        done = archive.index(after=moments.uniform(0, 2 * took))
        kills += done.code == -signal.SIGKILL
        assert done.code in (0, -signal.SIGKILL), done
        done = other.end()
        assert done.code == 0, done
        assert archive.stored() == archive.texts
        archive.check()
        archive.check_that_the_next_run_finishes()
