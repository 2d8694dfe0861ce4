"""The dense index of a growing store: of the right kind, made in the background, right all the while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from store_contract import (
    Vector,
    commit,
    dense_search,
    lexical_search,
    make_article,
    passages,
    rebuild,
    texts_of,
    unit_vector,
)

from embeddings.articles import article_id
from embeddings.errors import EncoderMismatchError
from embeddings.filters import ArticleFilter
from embeddings.store.local import LocalStore, caches, passage_facts
from embeddings.store.local import view as local_view
from embeddings.store.local.change_log import ChangeLog, last_change
from embeddings.store.local.dense import cache as dense_cache
from embeddings.store.local.dense.quantiser import Quantiser, cells_for
from embeddings.store.local.lexical import cache as lexical_cache
from embeddings.store.protocol import DenseKind, Hit

Open = Callable[..., LocalStore]


@pytest.fixture
def lines() -> list[str]:
    """What the stores say."""
    return []


@pytest.fixture
def open_store(tmp_path: Path, lines: list[str]) -> Iterator[Open]:
    """Opens the same store again each time that it is called."""
    opened: list[LocalStore] = []

    def open_one(kind: DenseKind = DenseKind.AUTO) -> LocalStore:
        opened.append(LocalStore(tmp_path / "store", lines.append, kind))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


def many_lines(count: int, start: int = 0) -> str:
    return "\n".join(f"line {number}" for number in range(start, start + count))


def exact(texts: list[str], question: Vector, count: int) -> list[str]:
    return sorted(texts, key=lambda text: -float(unit_vector(text) @ question))[:count]


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits for something that is bound to happen."""
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.01)


# -- kinds of index ----------------------------------------------------------------------------------------------------


def test_an_index_becomes_quantised_when_the_store_has_grown_and_is_trained_anew_when_it_has_grown_much(
    open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_cache, "EXACT_UP_TO", 300)
    store = open_store()
    kinds = []
    for number in range(5):
        commit(store, make_article(f"{number}.txt", many_lines(400 * (1 + number), start=10_000 * number)))
        store.writing.save_caches()
        store.refresh()
        kinds.append(store.status().dense_index.split(",")[0])
    cells = [cells_for(passages) for passages in (400, 400, 2400, 2400, 2400)]
    assert kinds == [f"quantised (FAISS IVF{number}" for number in cells]


def test_a_small_store_is_exact_and_keeps_no_copy_of_its_vectors(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    commit(store, make_article("a.txt", many_lines(300)))
    store.writing.save_caches()
    assert len(dense_search(store, unit_vector("x"), 999)) == 300
    assert store.status().dense_index.startswith("exact")
    assert list((tmp_path / "store").glob("dense*.faiss")) == []


@pytest.mark.parametrize("kind", [DenseKind.EXACT, DenseKind.QUANTISED])
def test_a_setting_decides_otherwise(open_store: Open, monkeypatch: pytest.MonkeyPatch, kind: DenseKind) -> None:
    monkeypatch.setattr(dense_cache, "EXACT_UP_TO", 300 if kind is DenseKind.EXACT else 9999)
    store = open_store(kind)
    commit(store, make_article("a.txt", many_lines(400)))
    store.writing.save_caches()
    store.refresh()
    assert store.status().dense_index.startswith(kind.value)


def test_a_quantised_index_finds_nearly_what_an_exact_one_finds_with_the_same_scores(open_store: Open) -> None:
    rng = np.random.default_rng(1)
    centres = [unit_vector(f"centre {number}", 64) for number in range(60)]

    def near_a_centre(text: str) -> Vector:
        vector = centres[hash_of(text) % 60] + 0.6 * unit_vector(text, 64)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)

    quantised = open_store(DenseKind.QUANTISED)
    for number in range(8):
        commit(quantised, make_article(f"{number}.txt", many_lines(500, start=500 * number)), vector=near_a_centre)
    quantised.writing.save_caches()
    compared = open_store(DenseKind.EXACT)
    shared = 0
    for _ in range(100):
        question = near_a_centre(f"question {rng.integers(1_000_000)}")
        hits, exact_hits = dense_search(quantised, question, 10), dense_search(compared, question, 10)
        shared += len(set(hits) & set(exact_hits))
    assert shared >= 0.95 * 1000


def hash_of(text: str) -> int:
    return int.from_bytes(unit_vector(text, 2).tobytes()[:3])


def test_an_index_made_piece_by_piece_answers_as_one_made_at_once_bit_for_bit(open_store: Open, tmp_path: Path) -> None:
    store = open_store(DenseKind.QUANTISED)
    commit(store, make_article("first.txt", many_lines(300)))
    store.writing.save_caches()
    for number in range(6):
        commit(store, make_article(f"{number}.txt", many_lines(40, start=1000 * number)))
        dense_search(store, unit_vector("x"), 5)
    store.writing.remove([article_id("/news/2.txt")])
    questions = [unit_vector(f"question {number}") for number in range(40)]
    before = [dense_search(store, question, 20) for question in questions]
    for path in (tmp_path / "store").glob("dense*"):
        path.unlink()
    fresh = open_store(DenseKind.QUANTISED)
    assert [dense_search(fresh, question, 20) for question in questions] == before


def test_the_same_sample_gives_the_same_quantiser() -> None:
    sample = np.stack([unit_vector(number, 16) for number in range(300)])
    assert Quantiser.train(sample, 16).to_bytes() == Quantiser.train(sample, 16).to_bytes()


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_the_copy_on_disk_can_be_cut_off_under_a_store_that_is_open(
    open_store: Open, tmp_path: Path, size: int
) -> None:
    writer = open_store(DenseKind.QUANTISED)
    commit(writer, make_article("a.txt", many_lines(300)))
    writer.writing.save_caches()
    store = open_store(DenseKind.QUANTISED)
    before = dense_search(store, unit_vector("x"), 20)
    (copy,) = (tmp_path / "store").glob("dense-*.faiss")
    with copy.open("r+b") as file:
        file.truncate(size)
    assert dense_search(store, unit_vector("x"), 20) == before
    assert dense_search(store, unit_vector("y"), 20) == dense_search(writer, unit_vector("y"), 20)


# -- in the background -------------------------------------------------------------------------------------------------


class Gate:
    """Holds whoever reads vectors or documents for an index, until `go` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        whole = getattr(ChangeLog, method)

        def delayed(log: ChangeLog, *arguments: object) -> Iterator[object]:
            if threading.current_thread().name.startswith(("dense", "lexical")):
                self.reached.set()
                assert self.go.wait(60)
            yield from whole(log, *arguments)

        monkeypatch.setattr(ChangeLog, method, delayed)


def test_a_question_does_not_wait_for_a_long_catch_up_and_finds_nothing_that_was_removed(
    open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_cache, "AT_ONCE", 10)
    store, writer = open_store(), open_store()
    commit(store, make_article("stays.txt", "stays"), make_article("goes.txt", "goes"))
    assert len(dense_search(store, unit_vector("x"), 9)) == 2
    gate = Gate(monkeypatch, "vectors")
    commit(writer, make_article("many.txt", many_lines(50)))
    writer.writing.remove([article_id("/news/goes.txt")])
    assert texts_of(store, dense_search(store, unit_vector("x"), 99)) == ["stays"]
    assert gate.reached.wait(60)
    commit(writer, make_article("late.txt", "late"))
    assert texts_of(store, dense_search(store, unit_vector("x"), 99)) == ["stays"]
    gate.go.set()
    wait_until(lambda: len(dense_search(store, unit_vector("x"), 99)) == 52)
    texts = ["stays", "late", *many_lines(50).split("\n")]
    assert texts_of(store, dense_search(store, unit_vector("x"), 5)) == exact(texts, unit_vector("x"), 5)


def test_while_an_index_is_being_trained_new_articles_are_found_at_once(
    open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_cache, "EXACT_UP_TO", 300)
    store, writer = open_store(), open_store()
    commit(store, make_article("a.txt", many_lines(290)))
    dense_search(store, unit_vector("x"), 9)
    reached, go = threading.Event(), threading.Event()
    train = Quantiser.train

    def delayed(sample: Vector, cells: int, check: Callable[[], None]) -> Quantiser:
        reached.set()
        assert go.wait(60)
        return train(sample, cells, check)

    monkeypatch.setattr(Quantiser, "train", delayed)
    commit(writer, make_article("b.txt", many_lines(20, start=1000)))
    assert len(dense_search(store, unit_vector("x"), 999)) == 310
    assert reached.wait(60)
    commit(writer, make_article("late.txt", "late"))
    writer.writing.remove([article_id("/news/b.txt")])
    assert texts_of(store, dense_search(store, unit_vector("late"), 1)) == ["late"]
    assert len(dense_search(store, unit_vector("x"), 999)) == 291
    go.set()
    wait_until(lambda: store.status().dense_index.startswith("quantised"))
    assert texts_of(store, dense_search(store, unit_vector("late"), 1)) == ["late"]
    assert len(dense_search(store, unit_vector("x"), 999)) == 291


def test_a_process_that_finds_no_index_answers_from_sqlite_until_there_is_one(
    open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_cache, "_READ_AT_ONCE", 10)
    writer = open_store()
    dates = {"old": date(1999, 1, 1), "new": date(2024, 1, 1)}
    for name, day in dates.items():
        text = "\n".join(f"{name} {line}" for line in range(50))
        commit(writer, make_article(name, text, published_at=day))
    gate = Gate(monkeypatch, "vectors")
    store = open_store()
    question = unit_vector("x")
    everything = [f"{name} {line}" for name in dates for line in range(50)]
    for _ in range(2):
        assert texts_of(store, dense_search(store, question, 5)) == exact(everything, question, 5)
        since = ArticleFilter(since=date(2020, 1, 1))
        assert texts_of(store, dense_search(store, question, 5, since)) == exact(everything[50:], question, 5)
        assert gate.reached.wait(60)
        assert store.status().dense_index.startswith("exact")
        gate.go.set()


def test_a_question_does_not_wait_for_a_long_rebuild_of_the_lexical_index(
    open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical_cache, "_AT_ONCE", 10)
    store, writer = open_store(), open_store()
    commit(store, make_article("a.txt", "the harbour\n" * 20 + "x"), make_article("goes.txt", "a harbour goes"))
    wait_until(lambda: len(lexical_search(store, "harbour", 99)) == 21)
    gate = Gate(monkeypatch, "documents")
    writer.writing.remove([article_id("/news/goes.txt")])
    commit(writer, make_article("b.txt", "a second harbour"))
    assert len(lexical_search(store, "harbour", 99)) == 20, "what was found before, except what has been removed"
    gate.go.set()
    wait_until(lambda: len(lexical_search(store, "harbour", 99)) == 21)
    assert texts_of(store, lexical_search(store, "second", 9)) == ["a second harbour"]


def test_closing_does_not_wait_for_work_in_the_background(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense_cache, "_READ_AT_ONCE", 10)
    commit(open_store(), make_article("a.txt", many_lines(500)))
    monkeypatch.setattr(dense_cache, "CHUNK", 1)
    vectors = ChangeLog.vectors

    def slow(log: ChangeLog, *arguments: object) -> Iterator[object]:
        for chunk in vectors(log, *arguments):  # type: ignore[arg-type]
            time.sleep(0.05)
            yield chunk

    monkeypatch.setattr(ChangeLog, "vectors", slow)
    store = open_store()
    store.refresh()
    began = time.monotonic()
    store.close()
    assert time.monotonic() - began < 10  # of the 25 seconds that it would take


# -- filters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [DenseKind.EXACT, DenseKind.QUANTISED])
@pytest.mark.parametrize("few", [True, False], ids=["one by one", "by the index"])
def test_a_filter_admits_what_it_says_and_all_of_it(
    open_store: Open, kind: DenseKind, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_view, "NARROW", 1000 if few else 0)
    monkeypatch.setattr(passage_facts, "BROAD", 1.1 if few else 0.0)
    store = open_store(kind)
    articles = []
    for number in range(40):
        article = make_article(
            f"{number}.txt",
            many_lines(10, start=100 * number),
            publisher=["The Post", "the wire", None][number % 3],
            published_at=date(2020, 1, 1 + number % 28) if number % 5 else None,
        )
        articles.append((article, ["/news", "https://x.example/?a[1]=*"][number % 2]))
        commit(store, article, origin=articles[-1][1])
    store.writing.save_caches()
    filters = [
        ArticleFilter(publishers=("THE POST",)),
        ArticleFilter(publishers=("the post", "The Wire"), since=date(2020, 1, 9)),
        ArticleFilter(until=date(2020, 1, 3), sources=("/news",)),
        ArticleFilter(sources=("https://x.example/?a[1]=*",)),
        ArticleFilter(sources=("*/news*",)),
        ArticleFilter(sources=("*",)),
        ArticleFilter(sources=("/new?",)),
        ArticleFilter(publishers=("",)),
        ArticleFilter(since=date.min, until=date.max),
    ]
    for only in filters:
        for _ in range(2):
            hits = dense_search(store, unit_vector("x"), 1000, only)
            article_ids = {passage.article_id for passage in passages(store, hits).values()}
            assert article_ids == {article.id for article, origin in articles if only.admits(article, origin)}
            assert len(hits) == 10 * len(article_ids)
            assert dense_search(store, unit_vector("x"), 7, only) == hits[:7]
            with store.view() as view:
                cosines = view.similarities(unit_vector("x"), [hit.passage_id for hit in hits])
            assert hits == sorted(
                (Hit(*pair) for pair in cosines.items()), key=lambda hit: (-hit.score, hit.passage_id)
            )
            by_word = lexical_search(store, "line", 1000, only)
            assert {hit.passage_id for hit in by_word} == {hit.passage_id for hit in hits}
            assert lexical_search(store, "line", 7, only) == by_word[:7]
        gone = articles.pop(3)[0]
        store.writing.remove([gone.id])
        articles.append((make_article("new.txt", "new", publisher="The Post", published_at=date(2020, 1, 2)), "/news"))
        commit(store, articles[-1][0], origin="/news")
        store.writing.remove([articles.pop()[0].id])


# -- another generation ------------------------------------------------------------------------------------------------


def test_a_rebuild_leaves_indexes_that_a_running_bot_opens_without_a_word(
    open_store: Open, tmp_path: Path, lines: list[str]
) -> None:
    store = open_store(DenseKind.QUANTISED)
    commit(store, make_article("a.txt", many_lines(300)))
    store.writing.save_caches()
    bot = open_store(DenseKind.QUANTISED)
    dense_search(bot, unit_vector("x"), 5)

    def vector(text: str) -> Vector:
        return unit_vector(text, 16)

    lines.clear()
    rebuild(store, encoder="other:2", vector=vector)
    assert [line.partition(" on ")[0] for line in lines] == ["training the dense index"]
    with pytest.raises(EncoderMismatchError, match="other:2"):
        dense_search(bot, unit_vector("x"), 5)
    assert texts_of(bot, dense_search(bot, vector("line 7"), 1)) == ["line 7"]
    assert len(lexical_search(bot, "line", 999)) == 300
    store.writing.save_caches()
    assert texts_of(bot, dense_search(bot, vector("line 8"), 1)) == ["line 8"]
    assert len(lines) == 1
    folder = tmp_path / "store"
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["generation-1"]
    assert not (folder / "lexical.json").exists()
    again = open_store(DenseKind.QUANTISED)
    assert texts_of(again, dense_search(again, vector("line 9"), 1)) == ["line 9"]
    assert len(lines) == 1
    assert again.status().passages == 300


# -- the log of changes ------------------------------------------------------------------------------------------------


def test_a_trimmed_log_harms_nobody(open_store: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(caches, "_LOGGED", 20)
    behind, store = open_store(), open_store()
    commit(store, make_article("first.txt", "first"), make_article("goes.txt", "goes"))
    assert len(dense_search(behind, unit_vector("x"), 9)) == len(lexical_search(behind, "first goes", 9)) == 2
    store.writing.remove([article_id("/news/goes.txt")])
    for number in range(10):
        commit(store, make_article("changes.txt", many_lines(10, start=10 * number)))
    changes = store.status().changes
    store.writing.save_caches()
    with store._database.snapshot() as connection:
        assert (
            connection.execute("SELECT count(*) FROM changes").fetchone()[0] < 60 < changes == last_change(connection)
        )
    for reader in (behind, store, open_store(), open_store(DenseKind.QUANTISED)):
        assert len(dense_search(reader, unit_vector("x"), 99)) == 11
        assert len(lexical_search(reader, "first line goes", 99)) == 11
        assert texts_of(reader, dense_search(reader, unit_vector("line 95"), 1)) == ["line 95"]
    commit(store, make_article("late.txt", "late"))
    assert texts_of(behind, dense_search(behind, unit_vector("late"), 1)) == ["late"]
    assert behind.status().changes == changes + 1
