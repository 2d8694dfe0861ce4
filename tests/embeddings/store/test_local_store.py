"""The store on one machine: SQLite is the truth, the indexes beside it are caches."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule
from store_contract import (
    StoreContract,
    commit,
    dense_search,
    lexical_search,
    make_article,
    rebuild,
    seen_through,
    texts_of,
    unit_vector,
)

from embeddings.articles import article_id
from embeddings.errors import SchemaError, StoreCorruptError, StoreError
from embeddings.filters import EVERYTHING
from embeddings.store.local import LocalStore
from embeddings.store.local.change_log import ChangeLog, LexicalDocument, last_change
from embeddings.store.local.database import read_facts
from embeddings.store.local.dense import cache as dense_cache
from embeddings.store.local.dense import quantiser
from embeddings.store.local.lexical.index import LexicalIndex
from embeddings.store.local.schema import SCHEMA_VERSION
from embeddings.store.local.view import LocalView
from embeddings.store.protocol import DenseKind, Store

DENSE_FILES = ("dense.json", "dense-*.faiss")
LEXICAL_FILES = ("lexical.json", "lexical/*")


class TestLocalStore(StoreContract):
    """The contract that every engine keeps."""

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Iterator[Callable[[], Store]]:
        opened: list[LocalStore] = []

        def open_one() -> Store:
            opened.append(LocalStore(tmp_path / "store"))
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()


def fill(folder: Path, subject: str) -> None:
    """Makes a store of four articles, big enough to be quantised, and closes it in order."""
    store = LocalStore(folder, kind=DenseKind.QUANTISED)
    for number in range(5):
        lines = [f"the {subject} number {number}", f"bridge w{number}"]
        lines += [f"{subject} line {line} of article {number}" for line in range(80)]
        commit(store, make_article(f"{number}.txt", "\n".join(lines)))
    store.writing.remove([article_id("/news/4.txt")])
    store.writing.save_caches()
    store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store of four articles, closed in order."""
    fill(tmp_path / "store", "harbour")
    return tmp_path / "store"


def search(store: LocalStore) -> tuple[object, ...]:
    """Searches that between them find everything."""
    question = unit_vector("question")
    return (
        dense_search(store, question, 1000),
        lexical_search(store, "harbour number", 1000),
        lexical_search(store, "bridge w3", 100),
    )


def opened_with_lines(folder: Path) -> tuple[LocalStore, list[str]]:
    """The store, and the list that what it says goes to."""
    lines: list[str] = []
    return LocalStore(folder, lines.append, DenseKind.QUANTISED), lines


# -- caches ------------------------------------------------------------------------------------------------------------


def test_a_store_that_was_closed_in_order_opens_without_a_word(folder: Path) -> None:
    store, lines = opened_with_lines(folder)
    search(store)
    store.close()
    assert lines == []


def _delete(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _overwrite(path: Path) -> None:
    path.write_bytes(bytes(reversed(path.read_bytes())))


def _flip_one_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [_delete, _empty, _cut_off, _overwrite, _flip_one_bit])
@pytest.mark.parametrize("pattern", DENSE_FILES + LEXICAL_FILES)
def test_a_damaged_cache_is_rebuilt_with_a_line_that_says_so(
    folder: Path, pattern: str, damage: Callable[[Path], None]
) -> None:
    store, _ = opened_with_lines(folder)
    before = search(store)
    store.close()
    for path in folder.glob(pattern):
        if path.stat().st_size:
            damage(path)
    store, lines = opened_with_lines(folder)
    assert search(store) == before
    name = "dense" if pattern in DENSE_FILES else "lexical"
    assert len(lines) == 1
    assert lines[0].startswith(f"rebuilding the {name} index from qa_bot.sqlite3: ")
    store.writing.save_caches()
    store.close()
    again, lines = opened_with_lines(folder)
    assert search(again) == before
    assert lines == []
    again.close()


def test_all_caches_can_be_deleted_while_the_store_is_open(folder: Path) -> None:
    store, _ = opened_with_lines(folder)
    before = search(store)
    for pattern in (*DENSE_FILES, "lexical.json"):
        for path in folder.glob(pattern):
            path.unlink()
    shutil.rmtree(folder / "lexical")
    assert search(store) == before
    commit(store, make_article("new.txt", "a volcano"))
    assert texts_of(store, lexical_search(store, "volcano", 5)) == ["a volcano"]
    assert texts_of(store, dense_search(store, unit_vector("a volcano"), 1)) == ["a volcano"]
    store.writing.save_caches()
    store.close()
    again, _ = opened_with_lines(folder)
    assert texts_of(again, lexical_search(again, "volcano", 5)) == ["a volcano"]
    again.close()


def test_a_question_that_is_late_leaves_the_index_as_the_others_have_made_it(folder: Path) -> None:
    ahead, lines = opened_with_lines(folder)
    late = LocalStore(folder, lines.append)
    with late._database.snapshot() as connection:
        facts, last = read_facts(connection), last_change(connection)
        commit(ahead, make_article("new.txt", "a volcano"))
        assert texts_of(ahead, lexical_search(ahead, "volcano", 5)) == ["a volcano"]
        caches = late._caches.current(facts)
        assert caches is not None
        caches.follow(connection, last)
    commit(ahead, make_article("newer.txt", "a glacier"))
    for store in (ahead, late):
        assert len(lexical_search(store, "volcano glacier", 5)) == 2
        store.close()
    assert lines == []


def test_an_older_copy_that_is_put_back_is_not_mixed_with_the_newer_indexes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_cache, "_UNSAVED", 0)
    database = folder / "qa_bot.sqlite3"
    shutil.copy(database, folder / "copy")
    store, _ = opened_with_lines(folder)
    commit(store, *[make_article(f"later{n}.txt", f"the volcano {n}") for n in range(4)])
    search(store)
    store.writing.save_caches()
    store.close()
    os.replace(folder / "copy", database)
    store, lines = opened_with_lines(folder)
    commit(store, *[make_article(f"other{n}.txt", f"the glacier {n}") for n in range(6)])
    store.close()
    store, _ = opened_with_lines(folder)
    assert lexical_search(store, "volcano", 9) == []
    assert len(lexical_search(store, "glacier", 9)) == 6
    assert texts_of(store, dense_search(store, unit_vector("the glacier 1"), 1)) == ["the glacier 1"]
    assert len(dense_search(store, unit_vector("x"), 999)) == store.status().passages
    store.close()
    assert all("ahead of the store" in line for line in lines)


def test_the_caches_of_another_store_are_not_believed(folder: Path, tmp_path: Path) -> None:
    fill(tmp_path / "other", "volcano")
    for name in ("dense.json", "lexical.json"):
        shutil.copy(tmp_path / "other" / name, folder / name)
    for path in (tmp_path / "other").glob("dense-*.faiss"):
        shutil.copy(path, folder)
    shutil.rmtree(folder / "lexical")
    shutil.copytree(tmp_path / "other" / "lexical", folder / "lexical")
    store, lines = opened_with_lines(folder)
    assert lexical_search(store, "volcano", 9) == []
    assert len(dense_search(store, unit_vector("x"), 999)) == store.status().passages == 4 * 82
    assert sorted(line.rpartition(": ")[2] for line in lines) == [
        "it belongs to another store",
        "it belongs to another store or encoder",
    ]
    store.close()


def test_statistics_of_removed_passages_do_not_linger(tmp_path: Path) -> None:
    """BM25 of a store that articles went out of is that of a store that never had them."""
    texts = {f"{n}.txt": f"harbour {'bridge ' * (n % 5)}w{n}" for n in range(40)}
    grown, fresh = LocalStore(tmp_path / "grown"), LocalStore(tmp_path / "fresh")
    commit(grown, *[make_article(name, text) for name, text in texts.items()])
    grown.refresh()
    grown.writing.remove([article_id(f"/news/{name}") for name in list(texts)[:25]])
    commit(fresh, *[make_article(name, text) for name, text in list(texts.items())[25:]])
    rankings = [(store, lexical_search(store, "harbour bridge w39", 40)) for store in (grown, fresh)]
    (grown_texts, _), (fresh_texts, _) = [(texts_of(store, hits), hits) for store, hits in rankings]
    assert grown_texts == fresh_texts
    assert [hit.score for hit in rankings[0][1]] == pytest.approx([hit.score for hit in rankings[1][1]], rel=1e-6)
    grown.close()
    fresh.close()


def test_an_interrupted_catch_up_finds_nothing_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in folder.glob("dense*"):
        path.unlink()
    store, _ = opened_with_lines(folder)
    whole = ChangeLog.vectors

    def interrupted(log: ChangeLog, *arguments: Any) -> Iterator[object]:
        yield from whole(log, *arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ChangeLog, "vectors", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.refresh()
    hits = dense_search(store, unit_vector("x"), 999)
    assert len(hits) == len({hit.passage_id for hit in hits}) == store.status().passages
    store.close()


# -- the SQLite file ---------------------------------------------------------------------------------------------------


def _checks_that_it_is_refused_and_untouched(folder: Path, error: type[StoreError], words: str) -> None:
    database = folder / "qa_bot.sqlite3"
    before = database.read_bytes()
    for attempt in (search, lambda store: commit(store, make_article("new.txt", "new text"))):
        with pytest.raises(error, match=words) as raised:
            attempt(LocalStore(folder))
        assert str(database) in str(raised.value)
        assert database.read_bytes() == before


@pytest.mark.parametrize("size", [1, 99, 100, 4096, 9000])
def test_a_cut_off_database_is_refused_and_untouched(folder: Path, size: int) -> None:
    os.truncate(folder / "qa_bot.sqlite3", size)
    _checks_that_it_is_refused_and_untouched(folder, StoreCorruptError, "the store is damaged")


@pytest.mark.parametrize("moved_to", [".", "generation-1"])
def test_an_emptied_database_is_refused_and_untouched(folder: Path, moved_to: str) -> None:
    (folder / "dense.json").unlink()
    (folder / moved_to).mkdir(exist_ok=True)
    (folder / "lexical.json").rename(folder / moved_to / "lexical.json")
    os.truncate(folder / "qa_bot.sqlite3", 0)
    _checks_that_it_is_refused_and_untouched(folder, StoreCorruptError, "it is empty")


def test_a_database_damaged_in_the_middle_is_refused_before_anything_is_written(folder: Path) -> None:
    database = folder / "qa_bot.sqlite3"
    data = bytearray(database.read_bytes())
    data[8192:] = os.urandom(len(data) - 8192)
    database.write_bytes(data)
    _checks_that_it_is_refused_and_untouched(folder, StoreCorruptError, "the store is damaged")


def test_a_file_that_is_no_database_is_refused_and_untouched(folder: Path) -> None:
    (folder / "qa_bot.sqlite3").write_text("Dear diary, " * 500)
    _checks_that_it_is_refused_and_untouched(folder, StoreCorruptError, "not a SQLite database")


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_of_another_program_is_refused_and_untouched(folder: Path, mode: str) -> None:
    database = folder / "qa_bot.sqlite3"
    database.unlink()
    connection = sqlite3.connect(database)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("CREATE TABLE diary (entry TEXT)")
    connection.commit()
    connection.close()
    _checks_that_it_is_refused_and_untouched(folder, SchemaError, "not a store of qa_bot")


@pytest.mark.parametrize(("version", "way"), [(SCHEMA_VERSION + 1, "update qa_bot"), (0, "qa-bot index")])
def test_another_schema_version_is_refused_with_a_way_forward(folder: Path, version: int, way: str) -> None:
    connection = sqlite3.connect(folder / "qa_bot.sqlite3")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    _checks_that_it_is_refused_and_untouched(folder, SchemaError, way)


def test_many_processes_can_make_the_same_store_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from embeddings.store.local.database import Database; "
        "Database(Path(sys.argv[1])).close()"
    )
    made = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "s" / "x.sqlite3")]) for _ in range(6)]
    assert [process.wait() for process in made] == [0] * 6


def test_the_log_of_writes_shrinks_again_when_the_views_are_closed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store")
    for number in range(12):
        with store.view() as view:
            commit(store, make_article(f"{number % 2}.txt", "\n".join(f"line {n}" for n in range(1500))))
            view.lexical_search("line", 5)
    assert (tmp_path / "store" / "qa_bot.sqlite3-wal").stat().st_size < 20_000_000
    store.close()


# -- processes ---------------------------------------------------------------------------------------------------------

_WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from store_contract import commit, make_article
from embeddings.store.local import LocalStore
from embeddings.store.local.dense import cache as dense_cache
from embeddings.store.local.dense import quantiser
from embeddings.store.local.change_log import ChangeLog
store = LocalStore(Path(sys.argv[1]))
for line in sys.stdin:
    commit(store, make_article(line.split()[0], line.strip()))
    print("committed", flush=True)
store.close()
"""


def test_a_running_process_sees_what_another_process_commits(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store")
    commit(store, make_article("mine", "mine the harbour"))
    assert len(lexical_search(store, "harbour", 5)) == 1
    code = _WRITER.format(tests=str(Path(__file__).parent))
    command = [sys.executable, "-c", code, str(tmp_path / "store")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        for number in range(3):
            print(f"theirs{number} the harbour", file=other.stdin, flush=True)
            assert other.stdout.readline() == "committed\n"
            assert len(lexical_search(store, "harbour", 9)) == number + 2
            assert len(dense_search(store, unit_vector("x"), 9)) == number + 2
        other.stdin.close()
    store.close()


_INDEXER = """
import sys
from pathlib import Path
import embeddings.indexing.reindexer
from qa_bot import QABot, load_settings
embeddings.indexing.reindexer.BATCH_PASSAGES = 3
with QABot(load_settings(data_dir=sys.argv[1], cache_dir=sys.argv[2])) as bot:
    report = bot.reindex([sys.argv[3]], progress=lambda progress: print(progress.entries, flush=True))
print(report.model_dump_json(), flush=True)
"""


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_from_the_last_whole_batch(tmp_path: Path, cache_dir: Path) -> None:
    articles, data, rng = tmp_path / "articles", tmp_path / "data", random.Random(7)
    articles.mkdir()
    for number in range(40):
        text = f"Article {number} is about the harbour of town {number}. " + f"Ship {number} came in. " * 25
        (articles / f"{number:02}.txt").write_text(text)
    command = [sys.executable, "-c", _INDEXER, str(data), str(cache_dir), str(articles)]
    committed = 0
    for _ in range(4):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(rng.randint(1, 35)):
                assert process.stdout.readline()
            time.sleep(rng.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
        store = LocalStore(data)
        stored = store.articles.list()
        assert len(stored) >= committed, "nothing that was committed is lost"
        committed = len(stored)
        for article in stored:
            assert article.text == (articles / Path(article.source).name).read_text().strip()
        assert len(dense_search(store, unit_vector("x", 384), 999)) == (store.status().passages if stored else 0)
        store.close()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["unchanged"] == committed
    assert report["new"] == 40 - committed
    store = LocalStore(data)
    per_article = store.status().passages / 40
    assert report["passages"]["embedded"] <= per_article * (40 - committed)
    assert store.status().articles == 40
    store.close()


# -- any sequence of events --------------------------------------------------------------------------------------------

_WORDS = st.lists(st.sampled_from([f"word{n}" for n in range(12)]), min_size=1, max_size=12).map(" ".join)
_TEXTS = st.lists(_WORDS, min_size=1, max_size=4, unique=True).map("\n".join)
_NAMES = st.sampled_from([f"{n}.txt" for n in range(6)])


class StoreUnderAnyEvents(RuleBasedStateMachine):
    """Commits, removals, lost caches and reopenings in any order: the searches agree with what was committed."""

    kind = DenseKind.EXACT
    stores = Bundle("stores")

    @initialize(target=stores, articles=st.dictionaries(_NAMES, _TEXTS, min_size=3))
    def begin(self, articles: dict[str, str]) -> object:
        self.folder = Path(tempfile.mkdtemp(prefix="store-"))
        self.opened: list[LocalStore] = []
        self.views: list[tuple[contextlib.ExitStack, LocalView, object]] = []
        self.model: dict[str, str] = {}
        stores = self._open(), self._open()
        self.commit_some(stores[0], articles)
        return multiple(*stores)

    def _open(self) -> int:
        self.opened.append(LocalStore(self.folder, kind=self.kind))
        return len(self.opened) - 1

    def commit_some(self, store: int, articles: dict[str, str]) -> None:
        commit(self.opened[store], *[make_article(name, text) for name, text in articles.items()])
        self.model |= articles

    @rule(store=stores, name=_NAMES, text=_TEXTS)
    def commit_one(self, store: int, name: str, text: str) -> None:
        self.commit_some(store, {name: text})

    @rule(store=stores, articles=st.dictionaries(_NAMES, _TEXTS, min_size=1, max_size=3))
    def commit(self, store: int, articles: dict[str, str]) -> None:
        self.commit_some(store, articles)

    @rule(store=stores, number=st.integers(0, 5))
    def remove_one(self, store: int, number: int) -> None:
        name = sorted(self.model)[number % len(self.model)] if self.model else "none"
        self.remove(store, [name])

    @rule(store=stores, names=st.lists(_NAMES, min_size=1, max_size=3, unique=True))
    def remove_some(self, store: int, names: list[str]) -> None:
        self.remove(store, names)

    def remove(self, store: int, names: list[str]) -> None:
        removed = self.opened[store].writing.remove([article_id(f"/news/{name}") for name in names])
        assert removed == len([name for name in names if self.model.pop(name, None) is not None])

    @rule(store=stores)
    def rebuild_all(self, store: int) -> None:
        rebuild(self.opened[store])

    @rule(store=stores)
    def save_caches(self, store: int) -> None:
        self.opened[store].writing.save_caches()

    @rule(pattern=st.sampled_from([*DENSE_FILES, *LEXICAL_FILES]))
    def lose_a_cache_that_is_in_use(self, pattern: str) -> None:
        for path in self.folder.glob(pattern):
            path.unlink()

    @rule(
        pattern=st.sampled_from([*DENSE_FILES, *LEXICAL_FILES]), damage=st.sampled_from([_cut_off, _empty, _overwrite])
    )
    def damage_a_cache(self, pattern: str, damage: Callable[[Path], None]) -> None:
        self.close_views()
        for store in self.opened:
            store.close()
        for path in self.folder.glob(pattern):
            damage(path)
        self.opened = [LocalStore(self.folder, kind=self.kind) for _ in self.opened]

    @rule(store=stores)
    def open_a_view(self, store: int) -> None:
        closing = contextlib.ExitStack()
        view = closing.enter_context(self.opened[store].view())
        self.views.append((closing, view, seen_through(view)))

    @precondition(lambda self: self.views)
    @rule()
    def an_open_view_shows_what_it_showed(self) -> None:
        for _, view, before in self.views:
            assert seen_through(view) == before

    def close_views(self) -> None:
        for closing, view, before in self.views:
            assert seen_through(view) == before
            closing.close()
        self.views.clear()

    @rule(store=stores)
    def reopen(self, store: int) -> None:
        self.close_views()
        self.opened[store].close()
        self.opened[store] = LocalStore(self.folder, kind=self.kind)

    @rule(store=stores, words=_WORDS)
    def searches_agree_with_what_is_committed(self, store: int, words: str) -> None:
        searched = self.opened[store]
        lines = [(text, line) for text in self.model.values() for line in text.split("\n")]
        question = unit_vector(words)
        hits = dense_search(searched, question, 5)
        cosines = sorted((float(unit_vector(line) @ question) for _, line in lines), reverse=True)
        assert [hit.score for hit in hits] == pytest.approx(cosines[:5], abs=1e-5)
        for hit, text in zip(hits, texts_of(searched, hits), strict=True):
            assert hit.score == pytest.approx(float(unit_vector(text) @ question), abs=1e-5)
        by_word = lexical_search(searched, words, 1000)
        matching = sorted(line for _, line in lines if set(line.split()) & set(words.split()))
        assert sorted(texts_of(searched, by_word)) == matching
        assert [hit.score for hit in by_word] == pytest.approx(self._bm25(searched, words), rel=1e-5)

    def _bm25(self, searched: LocalStore, words: str) -> list[float]:
        """Scores of an index that is made for this one search."""
        everything = dense_search(searched, unit_vector("x"), 10_000)
        documents = [
            LexicalDocument(number, text, "") for number, text in enumerate(texts_of(searched, everything), start=1)
        ]
        fresh = LexicalIndex(None, "fresh")
        fresh.apply([], documents, 1)
        return [hit.score for hit in fresh.searcher.search(words, 1000, EVERYTHING)]

    @invariant()
    def what_was_committed_is_there(self) -> None:
        if getattr(self, "opened", None):
            stored = {article.title: article.text for article in self.opened[0].articles.list()}
            assert stored == self.model

    def teardown(self) -> None:
        if hasattr(self, "views"):
            self.close_views()
        for store in getattr(self, "opened", []):
            store.close()
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)


class QuantisedStoreUnderAnyEvents(StoreUnderAnyEvents):
    """The same with an index that is trained on four passages, and looks into all of its cells."""

    kind = DenseKind.QUANTISED

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(dense_cache, "_FEWEST", 4)
        self.patch.setattr(quantiser, "_LOOKED_INTO", 1)

    def teardown(self) -> None:
        super().teardown()
        self.patch.undo()


_ANY_EVENTS = settings(  # an example is a whole story: 20 short ones in `make test`, 100 long ones in `make test-slow`
    max_examples=max(20, settings().max_examples // 8), suppress_health_check=list(HealthCheck)
)
TestStoreUnderAnyEvents = StoreUnderAnyEvents.TestCase
TestStoreUnderAnyEvents.settings = _ANY_EVENTS
TestQuantisedStoreUnderAnyEvents = QuantisedStoreUnderAnyEvents.TestCase
TestQuantisedStoreUnderAnyEvents.settings = _ANY_EVENTS


@pytest.mark.parametrize("attempt", range(5))
def test_a_commit_is_searched_while_the_index_is_being_saved(attempt: int) -> None:
    """A story that the machine above told: saving in the background held up a commit that is quick to apply."""
    story = QuantisedStoreUnderAnyEvents()
    before = {"1.txt": "word0 word9\nword11 word5\nword9 word2", "5.txt": "word5 word7\nword0 word2", "4.txt": "word4"}
    story.begin(articles=before)
    try:
        story.save_caches(store=1)
        story.damage_a_cache(pattern="dense.json", damage=_empty)
        story.open_a_view(store=1)
        story.save_caches(store=0)
        story.commit_some(1, {"5.txt": "word1 word4 word5"})
        story.reopen(store=0)
        story.searches_agree_with_what_is_committed(store=1, words="word1 word2")
    finally:
        story.teardown()


def test_a_view_that_is_open_while_a_rebuild_ends_can_still_be_filtered() -> None:
    story = QuantisedStoreUnderAnyEvents()
    story.begin(articles={"0.txt": "word0", "1.txt": "word0", "2.txt": "word0"})
    try:
        story.open_a_view(store=1)
        story.commit_some(1, {"0.txt": "word0"})
        story.open_a_view(store=1)
        story.rebuild_all(store=1)
        story.open_a_view(store=1)
        story.an_open_view_shows_what_it_showed()
    finally:
        story.teardown()
