"""`qa-bot index --rebuild` is killed at random moments: what answered answers on, until all of the new is there.

Eight kills; KILLS=200 in the environment makes it two hundred.
"""

from __future__ import annotations

import json
import os
import random
import signal
from pathlib import Path

import pytest
from forked_runs import Ended
from killed_archive import LONGER, RULE, Archive, empty_archive
from tiny_models import make_encoder

from embeddings.indexing.chunking import PassageRule, cut

KILLS = int(os.environ.get("KILLS", "8"))
PAGES = "SELECT (SELECT page_count FROM pragma_page_count) - (SELECT count(*) FROM dbstat WHERE name = 'changes')"
"""Of the SQLite file, without the log of changes, which is trimmed only when it has 200,000 rows."""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forked")]


@pytest.fixture
def archive(tmp_path: Path, cache_dir: Path) -> Archive:
    """An archive of one edition, with short passages."""
    archive = empty_archive(tmp_path, cache_dir, make_encoder(tmp_path / "tiny"))
    archive.next_edition()
    assert archive.index().code == 0
    return archive


class Rebuilding:
    """An archive that is rebuilt from one passage length to another, and what is there of either."""

    def __init__(self, archive: Archive, before: PassageRule, after: PassageRule) -> None:
        self.archive = archive
        self.before = before
        self.after = after

    def check(self) -> int:
        """The store is whole and answers from one rule; how many articles it holds in passages of the next one.

        `Archive.check` asks both its indexes for every passage.
        """
        assert self.archive.check() == len(self.archive.texts)
        if self.is_done():
            return len(self.archive.texts)
        assert self.archive.rule() == self.before
        done = self.archive.articles("WHERE number IN (SELECT article FROM rebuilt)")
        self.archive.check_cut(self.archive.rows("next generation") if done else [], done, self.after)
        return len(done)

    def is_done(self) -> bool:
        """Whether the new passages answer."""
        return self.archive.rule() == self.after

    def check_that_the_next_run_finishes(self) -> None:
        """It embeds what is missing and nothing else, and nothing is left of what answered before."""
        if self.is_done():  # it was killed while it tidied up
            done = self.archive.index(rule=self.after)
            missing = 0
        else:
            lacking = self.archive.articles("WHERE number NOT IN (SELECT article FROM rebuilt)")
            missing = sum(len(cut(article, self.after).passages) for article in lacking)
            done = self.archive.rebuild(self.after)
        assert done.code == 0, done
        assert json.loads(done.output)["passages"]["embedded"] == missing
        assert self.is_done()
        self.check()
        ((passages, vectors),) = self.archive.query(
            "SELECT (SELECT count(*) FROM passages), (SELECT count(*) FROM vectors)"
        )
        assert passages == vectors == len(self.archive.rows("generation"))
        assert len(list(self.archive.data_dir.glob("generation-*"))) == 1
        again = json.loads(self.archive.index(rule=self.after).output)
        assert (again["unchanged"], again["passages"]["embedded"]) == (len(self.archive.texts), 0)


@pytest.mark.timeout(max(600, 20 * KILLS))
def test_a_killed_rebuild_leaves_what_answered_and_the_next_one_does_the_rest(archive: Archive) -> None:
    moments = random.Random(KILLS)
    took = archive.rebuild(LONGER).seconds
    ((pages,),) = archive.query(PAGES)
    rebuilding = Rebuilding(archive, LONGER, RULE)
    kills = partly = 0
    while kills < KILLS:
        done: Ended = archive.rebuild(rebuilding.after, after=moments.uniform(0, took))
        while done.code == -signal.SIGKILL:
            kills += 1
            partly += 0 < rebuilding.check() < len(archive.texts)
            if rebuilding.is_done() or moments.random() < 0.5:
                break
            done = archive.rebuild(rebuilding.after, after=moments.uniform(0, took))
        assert done.code in (0, -signal.SIGKILL), done
        rebuilding.check_that_the_next_run_finishes()
        rebuilding = Rebuilding(archive, rebuilding.after, rebuilding.before)
    ((pages_now,),) = archive.query(PAGES)
    assert pages_now <= 1.2 * pages, "the room of what is gone is not used again"
    assert partly, "no run was killed in the middle; that proves nothing"
