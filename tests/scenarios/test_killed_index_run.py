"""`qa-bot index` is killed at random moments, interrupted, or its disk is full: whole batches stay, and the rest comes later.

Twenty kills; KILLS=200 in the environment makes it two hundred.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from commands import Command
from killed_runs import Ended, KilledRuns
from tiny_models import make_encoder

from embeddings.articles import Article
from embeddings.encoder import Encoder
from embeddings.local import LocalStore
from embeddings.reindexing.cutting import PassageRule, cut

KILLS = int(os.environ.get("KILLS", "20"))
BATCH = 6
RULE = PassageRule(100, 0)
ARTICLES = 40

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forked")


def story(number: int, edition: int) -> str:
    """An article of some passages, of which an edition changes one."""
    lines = [f"The {thing} of village {number} was painted in the year {1900 + number}." for thing in THINGS]
    lines[number % len(lines)] = f"The mayor of village {number} was elected for the {edition}th time on a Monday."
    return "\n\n".join(lines[: 2 + number % 4])


THINGS = ("harbour", "old town hall", "bridge over the river", "school", "lighthouse")


def write_edition(folder: Path, edition: int) -> dict[str, str]:
    """Writes the articles of an edition: some changed, some gone, some new; their texts by file name."""
    folder.mkdir(exist_ok=True)
    texts = {
        f"{number:02}.txt": story(number, edition if number % 3 == edition % 3 else 0)
        for number in range(ARTICLES)
        if number % 7 != edition % 7
    }
    for path in folder.iterdir():
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text)
    return texts


class Archive:
    """A folder of articles, its store, and what has to be in it."""

    def __init__(self, folder: Path, runs: KilledRuns, encoder: Encoder, data_dir: Path) -> None:
        self.folder = folder / "articles"
        self.edition = 0
        self.texts: dict[str, str] = {}
        self.before: dict[str, str] = {}
        self._runs = runs
        self._encoder = encoder
        self._data_dir = data_dir
        self._vectors: dict[str, bytes] = {}

    def next_edition(self) -> None:
        """News comes in."""
        self.before = self.stored()
        self.edition += 1
        self.texts = write_edition(self.folder, self.edition)

    def index(self, *, after: float | None = None, signal: int = 9, file_size: int = 0) -> Ended:
        """Runs `qa-bot index`."""
        return self._runs.run(
            ["index", "--quiet", "--json", str(self.folder)], after=after, signal=signal, file_size=file_size
        )

    def stored(self) -> dict[str, str]:
        """The texts that are in the store, by file name; none if there is no store yet."""
        if not (self._data_dir / "qa_bot.sqlite3").exists():
            return {}
        store = LocalStore(self._data_dir)
        try:
            return {Path(article.source).name: article.text for article in store.articles()}
        finally:
            store.close()

    def check(self) -> int:
        """The store holds whole articles of this edition and the one before, and can be searched; how many of this one."""
        store = LocalStore(self._data_dir)
        try:
            held = {Path(article.source).name: article for article in store.articles()}
            for name, article in held.items():
                assert article.text in (self.texts.get(name), self.before.get(name)), f"{name} is of no edition"
            if store.encoder is not None:
                self._check_passages(store, list(held.values()))
            return sum(article.text == self.texts.get(name) for name, article in held.items())
        finally:
            store.close()

    def _check_passages(self, store: LocalStore, articles: list[Article]) -> None:
        """Each passage of each article is there once with its vector, in SQLite and in both indexes."""
        wanted = sorted((article.id, p.start, p.end) for article in articles for p in cut(article, RULE).passages)
        with sqlite3.connect(self._data_dir / "qa_bot.sqlite3") as connection:
            rows = connection.execute(
                "SELECT passages.id, articles.id, start, end, vector FROM passages JOIN articles ON number = article "
                "LEFT JOIN vectors ON vectors.passage = passages.id"
            ).fetchall()
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()
        assert sorted((article, start, end) for _, article, start, end, _ in rows) == wanted
        texts = {article.id: article.text for article in articles}
        for _, article, start, end, vector in rows:
            assert vector == self._vector(texts[article][start:end])
        query = self._encoder.encode_question("Who was elected?")
        exact = sorted((-float(np.dot(np.frombuffer(row[4], np.float32), query)), row[0]) for row in rows)
        found = store.dense_search(query, len(rows) + 5)
        assert [hit.passage_id for hit in found] == [passage for _, passage in exact] or np.allclose(
            [hit.score for hit in found], [-score for score, _ in exact], atol=1e-5
        )
        assert {hit.passage_id for hit in found} == {row[0] for row in rows}
        assert {hit.passage_id for hit in store.lexical_search("village", 10_000)} == {row[0] for row in rows}

    def _vector(self, text: str) -> bytes:
        if text not in self._vectors:
            self._vectors[text] = self._encoder.encode_passages([text])[0].tobytes()
        return self._vectors[text]

    def to_embed(self) -> int:
        """Distinct passages of this edition that the store has no vectors of."""
        wanted = {text for one in self.texts.values() for text in _passages(one)}
        return len(wanted - {text for one in self.stored().values() for text in _passages(one)})

    def check_that_the_next_run_finishes(self) -> None:
        """It embeds what is missing and nothing else; then there is nothing to do."""
        missing = self.to_embed()
        done = self.index()
        assert done.code == 0, done
        report = json.loads(done.output.splitlines()[-1])
        assert report["passages"]["embedded"] == missing
        assert self.stored() == self.texts
        assert self.check() == len(self.texts)
        again = json.loads(self.index().output)
        assert (again["unchanged"], again["passages"]["embedded"]) == (len(self.texts), 0)


def _passages(text: str) -> list[str]:
    return cut(Article(id="", title="", text=text, source=""), RULE).texts


@pytest.fixture(scope="module")
def encoder_name(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An encoder that takes no time."""
    return make_encoder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def archive(tmp_path: Path, cache_dir: Path, encoder_name: str) -> Iterator[Archive]:
    """An archive without articles."""
    encoder = Encoder.load(encoder_name, cache_dir / "models")
    environment = {
        **Command(tmp_path, cache_dir, tmp_path / "data").environment,
        "QA_BOT_ENCODER": encoder_name,
        "QA_BOT_PASSAGE_CHARS": str(RULE.max_chars),
        "QA_BOT_PASSAGE_OVERLAP": "0",
        "QA_BOT_COMMIT_PASSAGES": str(BATCH),
    }
    with KilledRuns(tmp_path, environment) as runs:
        yield Archive(tmp_path, runs, encoder, tmp_path / "data")


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
        if done.code == 130:
            break
        assert done.code == 0, done
    else:
        pytest.fail("no run was interrupted")
    assert all(line.startswith("qa-bot: ") for line in done.output.splitlines()), done.output
    assert f"stopped; {len(archive.stored())} articles are committed" in done.output.splitlines()[-1]
    archive.check()
    archive.check_that_the_next_run_finishes()


def test_a_disk_that_fills_up_in_the_middle_leaves_whole_batches(archive: Archive) -> None:
    archive.texts = write_edition(archive.folder, 1)
    whole = 0
    for size in range(200_000, 4_000_000, 100_000):  # nobody knows how large the files are when it is half done
        done = archive.index(file_size=size)
        assert done.code == 2, done
        (line,) = done.output.splitlines()
        assert "disk full" in line
        assert "what was committed is safe" in line
        whole = archive.check()
        if whole:
            break
    assert 0 < whole < len(archive.texts)
    archive.check_that_the_next_run_finishes()
