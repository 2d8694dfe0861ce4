"""Stores of earlier versions, and stores that may only be read."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import AS_ORDINARY_USER
from old_stores import ARTICLES, write_old_store
from store_contract import (
    ENCODER,
    RULE,
    commit,
    dense_search,
    lexical_search,
    make_article,
    make_indexed,
    texts_of,
    unit_vector,
)

from embeddings.errors import StoreError
from embeddings.store.local import LocalStore
from embeddings.store.local.schema import SCHEMA_VERSION
from embeddings.store.protocol import ArticleText, SourceRecord


@pytest.fixture(params=[1, 2, 3, 4])
def old_store(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of a store that an earlier version of the schema was written in."""
    folder = tmp_path / "store"
    write_old_store(folder, request.param)
    return folder


def test_a_store_of_an_earlier_version_is_brought_up_to_this_one_and_nothing_is_lost(old_store: Path) -> None:
    store = LocalStore(old_store)
    assert store.status().schema_version == SCHEMA_VERSION
    assert (store.encoder, store.passage_rule) == (ENCODER, RULE)
    assert store.sources.list() == [SourceRecord("/news"), SourceRecord("/more")]
    assert store.articles.list() == [ARTICLES[1], ARTICLES[0]]
    for article in ARTICLES:
        assert store.articles.get(article.id) == ArticleText(article, make_indexed(article).sentences)
        assert store.articles.origin(article.id) == "/news"
    assert texts_of(store, dense_search(store, unit_vector("the glacier"), 1)) == ["the glacier"]
    assert texts_of(store, lexical_search(store, "bridge", 5)) == ["the “bridge” 港"]
    commit(store, make_article("a.txt", "the volcano"), make_article("c.txt", "the harbour"))
    assert sorted(texts_of(store, dense_search(store, unit_vector("x"), 9))) == [
        "the glacier",
        "the harbour",
        "the volcano",
    ]
    shared = [known.source for known in store.articles.known("/more")]
    assert store.sources.remove("/news") == 3 - len(shared)
    assert store.status().passages == len(shared)
    assert [known.source for known in store.articles.known()] == shared
    store.close()


@pytest.mark.parametrize("old_store", [1, 2, 3], indirect=True)
def test_ids_get_longer_and_what_people_have_noted_still_finds_an_article(old_store: Path) -> None:
    connection = sqlite3.connect(old_store / "qa_bot.sqlite3")
    before = [row[0] for row in connection.execute("SELECT id FROM articles ORDER BY number")]
    vectors = list(connection.execute("SELECT * FROM vectors"))
    holds = connection.execute("SELECT name FROM sqlite_master WHERE name = 'holders'").fetchone()
    LocalStore(old_store).close()
    after = [row[0] for row in connection.execute("SELECT id FROM articles ORDER BY number")]
    assert after == [article.id for article in ARTICLES]
    assert [identity[:12] for identity in after] == before
    assert list(connection.execute("SELECT * FROM vectors")) == vectors
    held = list(connection.execute("SELECT location, article FROM holders"))
    assert held == ([("/more", ARTICLES[0].id)] if holds else [])
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


@pytest.mark.parametrize("old_store", [1, 2, 3], indirect=True)
def test_a_migration_that_is_broken_off_leaves_the_store_as_it_was(
    old_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sqlite3.connect(old_store / "qa_bot.sqlite3")
    before, (version,) = list(whole.iterdump()), whole.execute("PRAGMA user_version").fetchone()
    with monkeypatch.context() as patch:
        patch.setattr("embeddings.store.local.schema.article_id", lambda source: 1 / 0)
        with pytest.raises(StoreError, match="user-defined function raised exception"):
            LocalStore(old_store)
    assert list(whole.iterdump()) == before
    assert whole.execute("PRAGMA user_version").fetchone() == (version,)
    whole.close()
    store = LocalStore(old_store)
    assert len(store.articles.list()) == 2
    store.close()


def test_processes_that_open_an_old_store_at_once_migrate_it_once(old_store: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from embeddings.store.local import LocalStore; "
        "store = LocalStore(Path(sys.argv[1])); assert len(store.articles.list()) == 2; store.close()"
    )
    opened = [subprocess.Popen([sys.executable, "-c", code, str(old_store)]) for _ in range(5)]
    assert [process.wait() for process in opened] == [0] * 5


def test_a_new_store_has_the_tables_of_a_migrated_one(old_store: Path, tmp_path: Path) -> None:
    def tables(folder: Path) -> dict[str, set[tuple[object, ...]]]:
        LocalStore(folder).close()
        connection = sqlite3.connect(folder / "qa_bot.sqlite3")
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master ORDER BY name")]
        columns = {name: {row[1:] for row in connection.execute(f"PRAGMA table_xinfo ({name})")} for name in names}
        connection.close()
        return columns

    assert tables(old_store) == tables(tmp_path / "new")


def test_articles_of_an_old_store_can_be_retracted(old_store: Path) -> None:
    store = LocalStore(old_store)
    assert store.retractions.list() == []
    store.retractions.add(ARTICLES[0].id, reason="wrong", url=None, copies_of=lambda _: [])
    store.close()
    store = LocalStore(old_store)
    assert [(one.article, one.origin) for one in store.retractions.list()] == [(ARTICLES[0], "/news")]
    assert store.articles.list() == [ARTICLES[1]]
    assert texts_of(store, lexical_search(store, "bridge", 5)) == []
    store.close()


_READER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from store_contract import dense_search, lexical_search, unit_vector
from embeddings.store.local import LocalStore
store = LocalStore(Path(sys.argv[1]))
for line in sys.stdin:
    print(len(dense_search(store, unit_vector("x"), 99)), len(lexical_search(store, "harbour", 99)), flush=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write what others may not")
@pytest.mark.parametrize("when", ["before", "while"])
def test_a_bot_that_may_only_read_sees_what_another_process_commits(tmp_path: Path, when: str) -> None:
    folder = tmp_path / "store"
    writer = LocalStore(folder)
    commit(writer, make_article("a.txt", "the harbour"))
    if when == "while":
        writer.writing.save_caches()
    else:
        writer.close()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    with _reader(folder) as ask:
        assert ask() == "1 1"
        if when == "before":
            writer = LocalStore(folder)
        for number in range(3):
            commit(writer, make_article(f"{number}.txt", "the harbour again"))
            assert ask() == f"{number + 2} {number + 2}"
        writer.close()
        assert ask() == "4 4"


class _reader:
    """A process that may only read the store, and tells what it finds."""

    def __init__(self, folder: Path) -> None:
        code = _READER.format(tests=str(Path(__file__).parent))
        become = f"import os, sys\n{AS_ORDINARY_USER}\nos.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
        command = [sys.executable, "-c", become, "-c", code, str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Callable[[], str]:
        def ask() -> str:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print("?", file=self._process.stdin, flush=True)
            return self._process.stdout.readline().strip()

        return ask

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
