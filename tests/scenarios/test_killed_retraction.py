"""A retraction, a restoring and an index run are killed at random moments: each happens wholly or not at all, and holds.

Eight kills of each; KILLS=50 in the environment makes it fifty.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from forked_runs import ForkServer
from killed_archive import Archive, empty_archive
from tiny_models import make_encoder

from embeddings.articles import article_id
from embeddings.store.local import LocalStore

KILLS = int(os.environ.get("KILLS", "8"))
NAME, COPY = "story.txt", "its copy.txt"
STORY = " ".join(f"The keeper of lamp {number} on the pier counted its ships and went home." for number in range(12))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(max(600, 60 * KILLS)),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forked"),
]


@pytest.fixture
def archive(tmp_path: Path, cache_dir: Path) -> Archive:
    """An archive with a story and a copy of it."""
    archive = empty_archive(tmp_path, cache_dir, make_encoder(tmp_path / "tiny"))
    archive.next_edition()
    _write_story(archive)
    assert archive.index().code == 0
    return archive


@pytest.fixture
def beside(archive: Archive, tmp_path: Path) -> Iterator[Archive]:
    """The same archive, to run a second command in at the same time."""
    (tmp_path / "beside").mkdir()
    server = ForkServer(tmp_path / "beside")
    yield archive.beside(server)
    server.close()


def _write_story(archive: Archive) -> None:
    (archive.folder / NAME).write_text(STORY)
    (archive.folder / COPY).write_text(f"{STORY}\n\nReporting by the agency.")


def _identity(archive: Archive) -> str:
    return article_id(str((archive.folder / NAME).resolve()))


def _index(archive: Archive, after: float, codes: list[int]) -> None:
    codes.append(archive.index(after=after).code)


def _state(archive: Archive) -> str:
    """Whether the story and its copy are both stored, or both retracted; fails if it is neither."""
    store = LocalStore(archive.data_dir)
    try:
        stored = {Path(article.source).name for article in store.articles.list()} & {NAME, COPY}
        retracted = {Path(one.article.source).name for one in store.retractions.list() if one.article}
        with store.view() as view:
            hits = view.passages([hit.passage_id for hit in view.lexical_search("keeper lamp pier ships", 100)])
    finally:
        store.close()
    states = {(2, 0): "stored", (0, 2): "retracted"}
    state = states.get((len(stored), len(retracted)), f"half: {stored} stored, {retracted} retracted")
    assert state in states.values(), state
    assert any("keeper" in passage.text for passage in hits.values()) == (state == "stored")
    return state


def test_a_killed_retraction_is_whole_or_nothing_and_no_index_run_undoes_it(archive: Archive) -> None:
    moments = random.Random(KILLS)
    kills = 0
    took, states = 0.5, set()
    while kills < KILLS:
        done = archive.run("articles", "retract", _identity(archive), after=moments.uniform(0, took))
        assert done.code in (0, -signal.SIGKILL), done
        took = done.seconds if done.code == 0 else took * 1.05
        kills += done.code != 0
        state = _state(archive)
        states.add(state)
        if done.code == 0 or "retracted: " in done.errors:
            assert state == "retracted", "it was said to be"
        assert archive.index(after=moments.choice([None, moments.uniform(0, 0.3)])).code in (0, -signal.SIGKILL)
        assert archive.index().code == 0
        assert _state(archive) == state
        if state == "retracted":
            undone = archive.run("articles", "restore", _identity(archive), after=moments.uniform(0, 1.0))
            kills += undone.code != 0
            if _state(archive) == "retracted":
                assert undone.code == -signal.SIGKILL, undone
                assert archive.run("articles", "restore", _identity(archive)).code == 0
            assert _state(archive) == "stored"
    assert "retracted" in states, "no retraction came as far as to do anything; that proves nothing"


def test_what_is_retracted_while_an_index_run_reads_it_does_not_come_back(archive: Archive, beside: Archive) -> None:
    moments = random.Random(KILLS)
    took = archive.index().seconds
    for number in range(KILLS):
        archive.next_edition()
        (archive.folder / NAME).write_text(f"{STORY} It was day {number}.")
        (archive.folder / COPY).write_text(f"{STORY} It was day {number}.\n\nReporting by the agency.")
        runs: list[int] = []
        other = threading.Thread(target=_index, args=(beside, moments.uniform(took, 4 * took), runs))
        other.start()
        threading.Event().wait(moments.uniform(0, took))
        done = archive.run("articles", "retract", _identity(archive))
        assert done.code == 0, done
        other.join()
        assert runs[0] in (0, -signal.SIGKILL)
        assert archive.index().code == 0
        store = LocalStore(archive.data_dir)
        assert not {Path(article.source).name for article in store.articles.list()} & {NAME, COPY}
        store.close()
        assert archive.run("articles", "restore", _identity(archive)).code == 0
        assert archive.index().code == 0
