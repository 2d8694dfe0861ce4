"""`qa-bot index` is killed at random moments, interrupted, or its disk is full: whole batches stay, and the rest comes later.

Twenty kills; KILLS=200 in the environment makes it two hundred.
"""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest
from killed_archive import Archive, empty_archive, write_edition
from tiny_models import make_encoder

KILLS = int(os.environ.get("KILLS", "20"))

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forked")]


@pytest.fixture(scope="module")
def encoder_name(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An encoder that takes no time."""
    return make_encoder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def archive(tmp_path: Path, cache_dir: Path, encoder_name: str) -> Archive:
    """An archive without articles."""
    return empty_archive(tmp_path, cache_dir, encoder_name)


@pytest.mark.timeout(max(600, 20 * KILLS))
def test_a_killed_run_leaves_whole_batches_and_the_next_one_does_the_rest(archive: Archive) -> None:
    moments = random.Random(KILLS)
    archive.next_edition()
    took = archive.index().seconds
    archive.check()
    kills = partly = 0
    while kills < KILLS:
        archive.next_edition()
        done = archive.index(after=moments.uniform(0, took))
        while done.code == -signal.SIGKILL:
            kills += 1
            whole = archive.check()
            partly += 0 < whole < len(archive.texts)
            if moments.random() < 0.5:
                break
            done = archive.index(after=moments.uniform(0, took))
        assert done.code in (0, -signal.SIGKILL), done
        archive.check_that_the_next_run_finishes()
    assert partly, "no run was killed in the middle; that proves nothing"


def test_a_first_run_that_is_killed_leaves_a_store_that_opens_or_none(archive: Archive) -> None:
    moments = random.Random(1)
    archive.texts = write_edition(archive.folder, 1)
    for _ in range(4):
        if archive.index(after=moments.uniform(0, 0.5)).code == -signal.SIGKILL:
            archive.check()
    archive.check_that_the_next_run_finishes()


def test_ctrl_c_in_the_middle_says_what_is_committed(archive: Archive) -> None:
    archive.next_edition()
    took = archive.index().seconds
    moments = random.Random(2)
    for _ in range(20):
        archive.next_edition()
        done = archive.index(after=moments.uniform(0.3, 0.9) * took, signal=signal.SIGINT)
        if done.code == 130 and done.errors.splitlines()[-1] != "qa-bot: stopped":
            break
        assert done.code in (0, 130), done  # it had ended, or had not begun to index
        took = min(took, done.seconds)  # the first one may have been slowed by something else
    else:
        pytest.fail("no run was interrupted")
    assert all(line.startswith("qa-bot: ") for line in done.errors.splitlines()), done.errors
    assert f"stopped; {len(archive.stored())} articles are committed" in done.errors.splitlines()[-1]
    archive.check()
    archive.check_that_the_next_run_finishes()


def test_a_disk_that_fills_up_in_the_middle_leaves_whole_batches(archive: Archive) -> None:
    archive.texts = write_edition(archive.folder, 1)
    whole = 0
    for size in range(200_000, 4_000_000, 100_000):  # nobody knows how large the files are when it is half done
        done = archive.index(file_size=size)
        assert done.code == 2, done
        (line,) = done.errors.splitlines()
        assert "disk full" in line
        assert "what was committed is safe" in line
        whole = archive.check()
        if whole:
            break
    assert 0 < whole < len(archive.texts)
    archive.check_that_the_next_run_finishes()
