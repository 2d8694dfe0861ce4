"""What every store must do: inherit `StoreContract` and say how the store is opened."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from retraction_contract import RetractionContract

from embeddings.articles import Article, article_id
from embeddings.errors import StoreError
from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.sentences import split_sentences
from embeddings.store.protocol import (
    MOST_COPIES,
    MOST_NEAR,
    CopyGroup,
    Hit,
    IndexedArticle,
    NewPassage,
    SignedArticle,
    Store,
    StoredPassage,
    View,
)

DIMENSION = 8
RULE = "one passage a line"
ENCODER = "random:1"

Vector = NDArray[np.float32]


def unit_vector(seed: object, dimension: int = DIMENSION) -> Vector:
    """A unit vector that is always the same for a seed."""
    number = int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:8])
    vector = np.random.default_rng(number).standard_normal(dimension).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def make_article(name: str, text: str, **facts: Any) -> Article:
    """An article that came from the file /news/NAME."""
    source = f"/news/{name}"
    return Article(**({"id": article_id(source), "title": name, "text": text, "source": source} | facts))


def make_indexed(
    article: Article, *, origin: str = "/news", vector: Callable[[str], Vector] = unit_vector
) -> IndexedArticle:
    """An article cut into one passage for each line."""
    passages, at = [], 0
    for line in article.text.split("\n"):
        text_hash = hashlib.sha256(line.encode()).digest()[:16]
        passages.append(NewPassage(at, at + len(line), text_hash, vector(line)))
        at += len(line) + 1
    return IndexedArticle(article, origin, split_sentences(article.text), passages)


def commit(store: Store, *articles: Article, **options: Any) -> None:
    """Stores articles."""
    store.writing.commit([make_indexed(article, **options) for article in articles], encoder=ENCODER, passage_rule=RULE)


def seen_through(view: View) -> tuple[object, ...]:
    """All that a view shows of articles about the harbour."""
    question = unit_vector("question")
    hits = view.dense_search(question, 1000), view.lexical_search("harbour bridge w1", 1000)
    ids = sorted({hit.passage_id for ranking in hits for hit in ranking})
    passages = view.passages(ids)
    article_ids = sorted({passage.article_id for passage in passages.values()})
    articles, dated = view.articles(article_ids), view.narrowed(ArticleFilter(since=date(2024, 1, 1)))
    assert (list(passages), list(articles)) == (ids, article_ids), "what a search finds is there"
    return (
        (view.encoder, view.passage_rule, view.newest(), view.idf(["harbour", "bridg"])),
        (hits, passages, articles, view.copies(article_ids), view.similarities(question, ids)),
        (dated.dense_search(question, 1000), dated.lexical_search("harbour", 1000), dated.newest()),
    )


def copies(store: Store, article_ids: Sequence[str], only: ArticleFilter = EVERYTHING) -> dict[str, list[Article]]:
    """The copies of articles."""
    with store.view(only) as view:
        groups = view.copies(article_ids)
    assert not any(group.more for group in groups.values())
    return {article_id: group.newest for article_id, group in groups.items()}


def newest(store: Store, only: ArticleFilter = EVERYTHING) -> date | None:
    """The day of the newest article."""
    with store.view(only) as view:
        return view.newest()


def rebuild(store: Store, *, encoder: str = ENCODER, passage_rule: str = RULE, vector: Any = unit_vector) -> None:
    """Makes passages and vectors of all articles anew."""
    store.writing.begin_rebuild(encoder=encoder, passage_rule=passage_rule)
    while not store.writing.finish_rebuild():
        batch = [store.articles.get(article_id) for article_id in store.writing.awaiting_rebuild(3)]
        store.writing.commit_rebuilt(
            [make_indexed(stored.article, vector=vector) for stored in batch if stored is not None]
        )


def dense_search(store: Store, vector: Vector, count: int, only: ArticleFilter = EVERYTHING) -> list[Hit]:
    """Searches the store as it is now."""
    with store.view(only) as view:
        return view.dense_search(vector, count)


def lexical_search(store: Store, question: str, count: int, only: ArticleFilter = EVERYTHING) -> list[Hit]:
    """Searches the store as it is now."""
    with store.view(only) as view:
        return view.lexical_search(question, count)


def passages(store: Store, hits: Sequence[Hit]) -> dict[int, StoredPassage]:
    """The passages that were found, those that are still there."""
    with store.view() as view:
        return view.passages([hit.passage_id for hit in hits])


def texts_of(store: Store, hits: Sequence[Hit]) -> list[str]:
    """The texts of the passages that were found."""
    with store.view() as view:
        passages = view.passages([hit.passage_id for hit in hits])
    return [passages[hit.passage_id].text for hit in hits]


class _Broken(Sequence[NewPassage]):
    """Passages that cannot be read to the end, as when the power goes."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: Any) -> Any:
        if index:
            raise InterruptedError("the power went")
        return NewPassage(0, 1, b"0" * 16, unit_vector("x"))


class StoreContract(RetractionContract):
    """Tests of one engine.  `open_store` opens the same store again each time that it is called."""

    @pytest.fixture
    def open_store(self) -> Iterator[Callable[[], Store]]:
        raise NotImplementedError

    @pytest.fixture
    def store(self, open_store: Callable[[], Store]) -> Store:
        return open_store()

    # -- articles ------------------------------------------------------------------------------------------------------

    def test_a_new_store_is_empty(self, store: Store) -> None:
        assert store.encoder is None
        assert store.passage_rule is None
        assert store.sources.list() == []
        assert store.articles.known() == []
        assert store.articles.list() == []
        assert dense_search(store, unit_vector("x"), 5) == []
        assert lexical_search(store, "harbour", 5) == []
        assert store.refresh() is False
        assert store.status().articles == store.status().passages == 0

    @pytest.mark.parametrize(
        "published_at",
        [None, date(2024, 2, 29), datetime(2024, 2, 29, 13, 5), datetime(2024, 2, 29, 0, 0, tzinfo=UTC)],
        ids=str,
    )
    def test_an_article_comes_back_as_it_went_in(
        self, store: Store, open_store: Callable[[], Store], published_at: date | datetime | None
    ) -> None:
        article = make_article(
            "harbour.txt",
            "The harbour’s café reopened. 港は再開した。 “Good,” said Ann 👩‍🚀.\r\nIt rained.",
            title="Harbour — reopened",
            url="https://news.example/harbour?a=1",
            author="Ann Reed, 港野 はる",
            publisher="The Example",
            published_at=published_at,
        )
        commit(store, article)
        for reader in (store, open_store()):
            stored = reader.articles.get(article.id)
            assert stored is not None
            assert stored.article == article
            assert stored.article.content_hash == article.content_hash
            assert list(stored.sentences) == split_sentences(article.text)
            assert reader.articles.list() == [article]
            assert reader.articles.origin(article.id) == "/news"

    def test_what_is_not_there_is_none(self, store: Store) -> None:
        commit(store, make_article("a.txt", "alpha"))
        assert store.articles.get("0" * 12) is None
        assert store.articles.origin("0" * 12) is None
        with store.view() as view:
            assert not view.passages([10**9])
            assert not view.articles(["0" * 12])
            assert view.similarities(unit_vector("x"), [10**9]) == {}
        assert store.writing.remove(["0" * 12]) == 0

    def test_a_later_version_takes_the_place_of_an_earlier_one(self, store: Store) -> None:
        commit(store, make_article("a.txt", "alpha harbour\nbeta"), make_article("b.txt", "gamma"))
        before = lexical_search(store, "harbour", 5)
        commit(store, make_article("a.txt", "delta\nepsilon bridge"))
        assert passages(store, before) == {}
        assert lexical_search(store, "harbour", 5) == []
        assert texts_of(store, lexical_search(store, "bridge", 5)) == ["epsilon bridge"]
        assert texts_of(store, dense_search(store, unit_vector("delta"), 1)) == ["delta"]
        assert (store.status().articles, store.status().passages) == (2, 3)

    def test_an_article_never_takes_the_place_of_one_from_another_source(self, store: Store) -> None:
        alpha = make_article("a.txt", "alpha")
        commit(store, alpha)
        with pytest.raises(StoreError, match=r"/news/b.txt: has the same id as /news/a.txt"):
            commit(store, make_article("b.txt", "beta", id=alpha.id))
        assert store.articles.list() == [alpha]

    def test_removed_articles_are_found_no_more(self, store: Store) -> None:
        alpha, beta = make_article("a.txt", "alpha harbour"), make_article("b.txt", "beta harbour")
        commit(store, alpha, beta)
        assert store.writing.remove([alpha.id, "0" * 12]) == 1
        assert texts_of(store, lexical_search(store, "harbour", 5)) == ["beta harbour"]
        assert texts_of(store, dense_search(store, unit_vector("alpha harbour"), 5)) == ["beta harbour"]
        assert [known.id for known in store.articles.known()] == [beta.id]

    def test_a_commit_is_all_or_nothing(self, store: Store, open_store: Callable[[], Store]) -> None:
        commit(store, make_article("a.txt", "alpha"))
        good = make_indexed(make_article("b.txt", "beta"))
        bad = IndexedArticle(make_article("a.txt", "broken"), "/news", [], _Broken())
        with pytest.raises(InterruptedError):
            store.writing.commit([good, bad], encoder=ENCODER, passage_rule=RULE)
        for reader in (store, open_store()):
            assert [article.text for article in reader.articles.list()] == ["alpha"]
            assert texts_of(reader, dense_search(reader, unit_vector("beta"), 5)) == ["alpha"]

    def test_until_a_rebuild_is_whole_the_old_passages_answer(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        articles = [make_article(f"{name}.txt", f"{name} harbour") for name in ("alpha", "beta", "gamma")]
        commit(store, *articles)
        before = dense_search(store, unit_vector("x"), 9), lexical_search(store, "harbour", 9)

        def vector(text: str) -> Vector:
            return unit_vector(f"other {text}", 4)

        def half_done(rebuilder: Store) -> list[str]:
            rebuilder.writing.begin_rebuild(encoder="other:2", passage_rule="another")
            awaited = rebuilder.writing.awaiting_rebuild(9)
            rebuilder.writing.commit_rebuilt([make_indexed(articles[0], vector=vector)])
            assert not rebuilder.writing.finish_rebuild()
            return awaited

        assert half_done(open_store()) == [article.id for article in articles]
        for reader in (store, open_store()):
            assert (reader.encoder, reader.passage_rule) == (ENCODER, RULE)
            assert (dense_search(reader, unit_vector("x"), 9), lexical_search(reader, "harbour", 9)) == before
            assert reader.status().passages == 3
            (stored_vector,) = reader.articles.vectors_of([make_indexed(articles[0]).passages[0].text_hash]).values()
            assert stored_vector.shape == (DIMENSION,)
        assert half_done(open_store()) == [article.id for article in articles[1:]], "it goes on where it was"
        rebuild(open_store(), encoder="other:2", passage_rule="another", vector=vector)
        for reader in (store, open_store()):
            assert (reader.encoder, reader.passage_rule) == ("other:2", "another")
            assert texts_of(reader, dense_search(reader, vector("beta harbour"), 1)) == ["beta harbour"]
            assert len(lexical_search(reader, "harbour", 9)) == reader.status().passages == 3
            assert reader.articles.list() == sorted(articles, key=lambda article: article.title)

    def test_a_rebuild_for_another_encoder_takes_the_place_of_one_that_was_broken_off(self, store: Store) -> None:
        commit(store, make_article("a.txt", "alpha"), make_article("b.txt", "beta"))
        store.writing.begin_rebuild(encoder="other:2", passage_rule=RULE)
        store.writing.commit_rebuilt(
            [make_indexed(make_article("a.txt", "alpha"), vector=lambda text: unit_vector(text, 4))]
        )
        rebuild(store, encoder="third:3", vector=lambda text: unit_vector(text, 5))
        assert store.encoder == "third:3"
        assert texts_of(store, dense_search(store, unit_vector("alpha", 5), 1)) == ["alpha"]
        store.writing.save_caches()
        assert store.status().passages == 2

    def test_two_rebuilds_at_once_do_not_mix(self, store: Store, open_store: Callable[[], Store]) -> None:
        articles = [make_article("a.txt", "alpha"), make_article("b.txt", "beta")]
        commit(store, *articles)
        late, same = open_store(), open_store()
        store.writing.begin_rebuild(encoder="other:2", passage_rule=RULE)
        late.writing.begin_rebuild(encoder="third:3", passage_rule=RULE)
        same.writing.begin_rebuild(encoder="third:3", passage_rule=RULE)
        remade = [make_indexed(article, vector=lambda text: unit_vector(text, 5)) for article in articles]
        for broken_off in (lambda: store.writing.commit_rebuilt(remade), store.writing.finish_rebuild):
            with pytest.raises(StoreError, match="another process has begun to rebuild"):
                broken_off()
        late.writing.commit_rebuilt(remade[:1])
        same.writing.commit_rebuilt(remade)
        assert late.writing.finish_rebuild()
        same.writing.commit_rebuilt(remade)
        assert same.writing.finish_rebuild()
        assert store.encoder == "third:3"
        assert sorted(texts_of(store, dense_search(store, unit_vector("x", 5), 9))) == ["alpha", "beta"]

    def test_articles_that_come_change_and_go_during_a_rebuild_end_up_right(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        goes, changes = make_article("goes.txt", "goes"), make_article("changes.txt", "before")
        commit(store, goes, changes, make_article("stays.txt", "stays"))

        def vector(text: str) -> Vector:
            return unit_vector(text, 4)

        def remade(name: str, text: str) -> IndexedArticle:
            return make_indexed(make_article(name, text), vector=vector)

        store.writing.begin_rebuild(encoder="other:2", passage_rule=RULE)
        store.writing.commit_rebuilt(
            [remade("goes.txt", "goes"), remade("changes.txt", "before"), remade("stays.txt", "stays")]
        )
        writer = open_store()
        writer.writing.remove([goes.id])
        commit(writer, make_article("changes.txt", "after"), make_article("comes.txt", "comes"))
        assert texts_of(store, dense_search(store, unit_vector("after"), 1)) == ["after"]
        assert not store.writing.finish_rebuild()
        store.writing.commit_rebuilt([remade("changes.txt", "before")])
        assert len(store.writing.awaiting_rebuild(9)) == 2, "what was made of the text before is not taken"
        rebuild(store, encoder="other:2", vector=vector)
        for reader in (store, writer, open_store()):
            assert sorted(texts_of(reader, dense_search(reader, vector("x"), 9))) == ["after", "comes", "stays"]
            assert len(lexical_search(reader, "before goes", 9)) == 0
            assert len(lexical_search(reader, "after comes stays", 9)) == 3
        with pytest.raises(StoreError):
            commit(store, make_article("late.txt", "late"))
        store.writing.save_caches()
        assert store.status().passages == 3

    def test_another_encoder_needs_a_rebuild(self, store: Store) -> None:
        commit(store, make_article("a.txt", "alpha"))
        with pytest.raises(StoreError):
            store.writing.commit([make_indexed(make_article("b.txt", "beta"))], encoder="other:2", passage_rule=RULE)
        assert [article.text for article in store.articles.list()] == ["alpha"]

    def test_a_rebuild_with_another_encoder_is_seen_by_who_has_the_store_open(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        articles = [make_article("a.txt", "alpha"), make_article("b.txt", "beta")]
        commit(store, *articles)
        dense_search(store, unit_vector("alpha"), 1)
        other = open_store()

        def vector(text: str) -> Vector:
            return unit_vector(text, 4)

        rebuild(other, encoder="other:2", vector=vector)
        for reader in (store, other, open_store()):
            assert reader.encoder == "other:2"
            assert texts_of(reader, dense_search(reader, vector("beta"), 1)) == ["beta"]
            assert texts_of(reader, lexical_search(reader, "alpha", 5)) == ["alpha"]
            assert reader.status().passages == 2

    def test_articles_are_listed_newest_first_and_undated_last(self, store: Store) -> None:
        dates = {"old": date(1999, 1, 1), "new": datetime(2024, 5, 1, 12, 0), "middle": date(2024, 4, 30), "none": None}
        commit(store, *[make_article(name, name, published_at=at) for name, at in dates.items()])
        assert [article.title for article in store.articles.list()] == ["new", "middle", "old", "none"]
        assert [article.title for article in store.articles.list(offset=1, limit=2)] == ["middle", "old"]
        assert store.articles.list(offset=4) == []

    def test_articles_are_listed_by_a_filter_and_words_and_summed_up(self, store: Store) -> None:
        facts: list[dict[str, Any]] = [
            {"publisher": "Ex", "published_at": date(2024, 1, 2)},
            {"publisher": "Ex", "published_at": datetime(2023, 5, 6, 7, 8)},
            {"publisher": "Why"},
        ]
        articles = [make_article(str(number), f"Harbour {number}", **one) for number, one in enumerate(facts)]
        commit(store, *articles)
        ex = ArticleFilter(publishers=("EX",))
        assert store.articles.list(only=ex) == articles[:2]
        assert store.articles.list(only=ex, offset=1, limit=5) == articles[1:2]
        assert store.articles.list(words=["HARBOUR", "2"]) == articles[2:]
        assert store.articles.list(only=ex, words=["2"]) == []
        assert (store.articles.count(), store.articles.count(ex), store.articles.count(words=["0"])) == (3, 2, 1)
        summary = store.articles.summary()
        assert dict(summary.publishers) == {"Ex": 2, "Why": 1}
        assert (summary.oldest, summary.newest, summary.undated) == (date(2023, 5, 6), date(2024, 1, 2), 1)

    def test_sources_are_remembered_once_in_their_order(self, store: Store, open_store: Callable[[], Store]) -> None:
        for location in ("/b", "/a", "/b"):
            store.sources.add(location)
        store.sources.add("/a", '{"include": ["*.md"]}')
        store.sources.note_result("/b", "2 new")
        assert store.sources.list() == open_store().sources.list()
        assert [(source.location, source.options, source.last_result) for source in store.sources.list()] == [
            ("/b", "{}", "2 new"),
            ("/a", '{"include": ["*.md"]}', None),
        ]
        for source in store.sources.list():
            assert source.added_at is not None
            assert datetime.fromisoformat(source.added_at).tzinfo == UTC
        assert store.sources.list()[0].last_indexed_at is not None
        store.sources.add("/a")
        assert store.sources.list()[1].options == '{"include": ["*.md"]}'

    def test_what_is_remembered_is_there_with_the_commit_or_not_at_all(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        assert store.sources.sync_state("feed") is None
        store.sources.set_sync_state({"feed": "etag 1", "other": "x"})
        indexed = make_indexed(make_article("a.txt", "alpha"))
        store.writing.commit([indexed], encoder=ENCODER, passage_rule=RULE, sync_state={"feed": "etag 2"})
        bad = IndexedArticle(make_article("a.txt", "broken"), "/news", [], _Broken())
        with pytest.raises(InterruptedError):
            store.writing.commit([bad], encoder=ENCODER, passage_rule=RULE, sync_state={"feed": "etag 3"})
        assert (open_store().sources.sync_state("feed"), store.sources.sync_state("other")) == ("etag 2", "x")

    def test_removing_a_source_removes_what_no_other_source_holds(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        only, shared, other = (make_article(name, f"the harbour of {name}") for name in ("only", "shared", "other"))
        for location in ("/news", "/more", "/most"):
            store.sources.add(location)
        commit(store, only, shared, origin="/news")
        commit(store, other, origin="/more")
        store.sources.hold("/most", [shared.id])
        store.sources.hold("/more", [shared.id, other.id, "0" * 12])
        assert [known.id for known in store.articles.known("/more")] == [shared.id, other.id]
        assert len(lexical_search(store, "harbour", 9, ArticleFilter(sources=("/news",)))) == 2
        assert store.sources.remove("/news") == 1
        for reader in (store, open_store()):
            assert [source.location for source in reader.sources.list()] == ["/more", "/most"]
            assert {known.id for known in reader.articles.known()} == {shared.id, other.id}
            assert reader.articles.origin(shared.id) == "/more"
            assert reader.articles.known("/news") == []
            for hits in (
                lexical_search(reader, "harbour", 9, ArticleFilter(sources=("/more",))),
                dense_search(reader, unit_vector("x"), 9, ArticleFilter(sources=("/more",))),
            ):
                assert sorted(texts_of(reader, hits)) == ["the harbour of other", "the harbour of shared"]
        assert store.sources.remove("/more") == 1
        assert [known.id for known in store.articles.known()] == [shared.id]
        assert store.sources.remove("/most") == 1
        assert store.sources.remove("/none") == 0
        assert lexical_search(store, "harbour", 9) == dense_search(store, unit_vector("x"), 9) == []

    def test_a_source_lets_go_of_an_article_and_another_keeps_it(self, store: Store) -> None:
        alpha, beta = make_article("a.txt", "alpha"), make_article("b.txt", "beta")
        commit(store, alpha, beta, origin="/news")
        store.sources.hold("/more", [alpha.id])
        assert store.sources.release("/news", [alpha.id, beta.id]) == 1
        assert (store.articles.origin(alpha.id), [known.id for known in store.articles.known()]) == (
            "/more",
            [alpha.id],
        )
        commit(store, make_article("a.txt", "alpha 2"), origin="/news")
        assert store.articles.origin(alpha.id) == "/news"
        assert [known.id for known in store.articles.known("/more")] == [alpha.id]
        assert store.sources.release("/news", [alpha.id]) == 0
        assert store.sources.release("/more", [alpha.id]) == 1

    # -- copies --------------------------------------------------------------------------------------------------------

    def test_articles_that_share_a_band_are_near(self, store: Store) -> None:
        for name, signature, bands in (("a", b"s1", [b"x", b"y"]), ("b", b"s2", [b"y", b"z"]), ("c", b"", [b"z"])):
            indexed = make_indexed(make_article(name, f"text {name}"))._replace(signature=signature, bands=bands)
            store.writing.commit([indexed], encoder=ENCODER, passage_rule=RULE)
        ids = [article_id(f"/news/{name}") for name in "abc"]
        assert store.articles.near([b"x", b"y"]) == [SignedArticle(ids[0], b"s1"), SignedArticle(ids[1], b"s2")]
        assert store.articles.near([b"z"]) == [SignedArticle(ids[1], b"s2"), SignedArticle(ids[2], b"")]
        assert len(store.articles.near([bytes([n, m]) for n in range(10) for m in range(200)] + [b"x"])) == 1
        assert store.articles.near([]) == store.articles.near([b"?"]) == []
        store.writing.remove([ids[1]])
        assert store.articles.near([b"y", b"z"]) == [SignedArticle(ids[0], b"s1"), SignedArticle(ids[2], b"")]

    def test_copies_of_an_article_are_the_others_of_its_group(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        articles = {
            name: make_article(name, f"text {name}", published_at=date(2024, 1, day))
            for day, name in enumerate("abcde", start=1)
        }
        pairs = {"a": None, "b": "a", "c": "b", "d": None, "e": "d"}
        for name, original in pairs.items():
            indexed = make_indexed(articles[name])
            of = articles[original].id if original else None
            store.writing.commit([indexed._replace(duplicate_of=of)], encoder=ENCODER, passage_rule=RULE)
        a, b, c, d, e = articles.values()
        for reader in (store, open_store()):
            assert copies(reader, [a.id, c.id, d.id, "0" * 12]) == {a.id: [c, b], c.id: [b, a], d.id: [e]}
            since = ArticleFilter(since=date(2024, 1, 2))
            assert copies(reader, [a.id, c.id, d.id], since) == {a.id: [c, b], c.id: [b], d.id: [e]}
        store.writing.remove([a.id])
        assert copies(store, [a.id, b.id]) == {b.id: [c]}
        commit(store, make_article("b", "quite another text"))
        assert copies(store, [b.id, c.id]) == {}
        assert copies(store, [d.id]) == {d.id: [e]}

    def test_of_many_copies_the_newest_are_shown_and_the_others_counted(self, store: Store) -> None:
        articles = [
            make_article(f"copy-{day}", f"text {day}", published_at=date(2024, 1, 1) + timedelta(day))
            for day in range(40)
        ]
        for article in articles:
            of = None if article is articles[0] else articles[0].id
            indexed = make_indexed(article)._replace(duplicate_of=of, bands=[b"same"], signature=b"same")
            store.writing.commit([indexed], encoder=ENCODER, passage_rule=RULE)
        oldest, latest = articles[0], articles[-1]
        with store.view() as view:
            groups = view.copies([oldest.id, latest.id])
        assert groups[oldest.id] == CopyGroup(articles[: -MOST_COPIES - 1 : -1], 39 - MOST_COPIES)
        assert groups[latest.id] == CopyGroup(articles[-2 : -MOST_COPIES - 2 : -1], 39 - MOST_COPIES)
        with store.view(ArticleFilter(since=date(2024, 1, 31))) as view:
            groups = view.copies([oldest.id, latest.id])
        assert groups[oldest.id] == CopyGroup([*articles[:29:-1]], 0)
        assert groups[latest.id] == CopyGroup([*articles[38:29:-1]], 0)
        assert [near.id for near in store.articles.near([b"same"])] == [article.id for article in articles[:MOST_NEAR]]
        assert [near.id for near in store.articles.near([b"same"], None)] == [article.id for article in articles]

    def test_a_passage_tells_its_text_its_title_and_its_day(self, store: Store) -> None:
        commit(
            store,
            make_article(
                "dated", "The harbour is öpen.\nThe bridge is 𝟑 m high.", published_at=datetime(2024, 2, 1, 23, 59)
            ),
            make_article("undated", "The harbour is closed."),
        )
        with store.view() as view:
            ids = [hit.passage_id for hit in view.dense_search(unit_vector("any"), 10)]
            passages = view.passages([*ids, 10**9]).values()
        texts = sorted((passage.title, passage.text, passage.published) for passage in passages)
        assert texts == [
            ("dated", "The bridge is 𝟑 m high.", date(2024, 2, 1)),
            ("dated", "The harbour is öpen.", date(2024, 2, 1)),
            ("undated", "The harbour is closed.", None),
        ]

    def test_the_newest_day_is_that_of_an_article_that_is_admitted(self, store: Store) -> None:
        assert newest(store) is None
        old, new = (
            make_article("old", "Rain.", published_at=date(2023, 1, 1), publisher="Gazette"),
            make_article("new", "Sun."),
        )
        commit(store, old, new.model_copy(update={"published_at": date(2024, 1, 1)}), make_article("undated", "Snow."))
        assert newest(store) == date(2024, 1, 1)
        assert newest(store, ArticleFilter(publishers=("gazette",))) == date(2023, 1, 1)
        assert newest(store, ArticleFilter(since=date(2025, 1, 1))) is None

    def test_a_rare_term_weighs_more_than_a_common_one(self, store: Store) -> None:
        commit(store, make_article("news", "The harbour opens.\nThe harbour closes.\nA bridge opens."))
        with store.view() as view:
            idf = view.idf(["harbour", "bridg", "tunnel"])
        assert 0 < idf["harbour"] < idf["bridg"] < idf["tunnel"]

    def test_it_knows_what_came_from_where(self, store: Store) -> None:
        article, copy = make_article("a.txt", "alpha"), make_article("b.txt", "alpha")
        commit(store, article, origin="/news")
        commit(store, copy, origin="/other")
        assert [known.id for known in store.articles.known("/news")] == [article.id]
        assert {(k.id, k.source, k.content_hash) for k in store.articles.known()} == {
            (a.id, a.source, a.content_hash) for a in (article, copy)
        }
        assert store.articles.has_text(article.text_hash, other_than=article.id)
        store.writing.remove([copy.id])
        assert not store.articles.has_text(article.text_hash, other_than=article.id)

    def test_vectors_are_handed_out_for_reuse_bit_for_bit(self, store: Store) -> None:
        indexed = make_indexed(make_article("a.txt", "alpha\nbeta"))
        store.writing.commit([indexed], encoder=ENCODER, passage_rule=RULE)
        passage = indexed.passages[1]
        vectors = store.articles.vectors_of([passage.text_hash, b"?" * 16])
        assert list(vectors) == [passage.text_hash]
        assert vectors[passage.text_hash].tobytes() == passage.vector.tobytes()

    # -- searching -----------------------------------------------------------------------------------------------------

    def test_dense_search_finds_the_nearest_best_first(self, store: Store) -> None:
        lines = [f"line {number}" for number in range(60)]
        commit(store, make_article("a.txt", "\n".join(lines)))
        question = unit_vector("question")
        hits = dense_search(store, question, 10)
        exact = sorted(((float(unit_vector(line) @ question), line) for line in lines), reverse=True)
        assert texts_of(store, hits) == [line for _, line in exact[:10]]
        assert [hit.score for hit in hits] == pytest.approx([score for score, _ in exact[:10]], abs=1e-5)
        assert len(dense_search(store, question, 1000)) == 60

    def test_equals_are_cut_off_by_id(self, store: Store) -> None:
        same = unit_vector("same")
        for number in range(30):
            commit(store, make_article(f"{number}.txt", "harbour bridge"), vector=lambda _: same)
        for hits in (dense_search(store, same, 10), lexical_search(store, "harbour", 10)):
            assert len({hit.score for hit in hits}) == 1
            everything = dense_search(store, same, 30)
            assert [hit.passage_id for hit in hits] == sorted(hit.passage_id for hit in everything)[:10]

    def test_similarities_are_the_cosines_of_the_passages(self, store: Store) -> None:
        commit(store, make_article("a.txt", "alpha\nbeta\ngamma"))
        question = unit_vector("question")
        with store.view() as view:
            hits = view.dense_search(question, 3)
            cosines = view.similarities(question, [hit.passage_id for hit in hits])
        assert cosines == pytest.approx({hit.passage_id: hit.score for hit in hits}, abs=1e-6)

    def test_lexical_search_finds_words_in_their_forms_and_in_titles(self, store: Store) -> None:
        commit(
            store,
            make_article("a", "The harbours were closed.\nNothing here.", title="Storm"),
            make_article("b", "A bridge opened in Zürich.", title="Traffic"),
        )
        assert texts_of(store, lexical_search(store, "Which harbour was closed?", 5))[0] == "The harbours were closed."
        assert texts_of(store, lexical_search(store, "zurich", 5)) == ["A bridge opened in Zürich."]
        assert len(lexical_search(store, "storm", 5)) == 2
        assert lexical_search(store, "volcano", 5) == []

    @pytest.mark.parametrize(
        "question",
        [
            *("", "?!", '"', "'", "\\", "…“”„", "港", "AND OR NOT", "har*", "[a TO b]", "title: IN [x]"),
            *("text:harbour", "harbour^9 +(", "-harbour", "NOT harbour", "harbour AND"),
            *("a" * 5000, " ".join(f"w{n}" for n in range(3000))),
        ],
    )
    def test_no_question_breaks_lexical_search(self, store: Store, question: str) -> None:
        commit(store, make_article("a.txt", "the harbour"))
        for hit in lexical_search(store, question, 5):
            assert hit.score > 0
        if "harbour" in question:
            assert texts_of(store, lexical_search(store, question, 5)) == ["the harbour"]

    def test_the_same_search_gives_the_same_result_bit_for_bit(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        rng = np.random.default_rng(1)
        for number in range(8):
            lines = [" ".join(f"w{n}" for n in rng.integers(0, 30, 12)) for _ in range(10)]
            commit(store, make_article(f"{number}.txt", "\n".join(lines)))
        store.writing.remove([article_id("/news/3.txt")])

        def search(where: Store) -> tuple[list[Hit], list[Hit]]:
            return dense_search(where, unit_vector("question"), 20), lexical_search(where, "w1 w2 w3 w4 w5", 20)

        first = search(store)
        assert search(store) == first
        store.writing.save_caches()
        assert search(open_store()) == first

    # -- several at once -----------------------------------------------------------------------------------------------

    def test_an_open_store_sees_what_another_commits(self, store: Store, open_store: Callable[[], Store]) -> None:
        commit(store, make_article("a.txt", "alpha"))
        store.refresh()
        other = open_store()
        commit(other, make_article("b.txt", "beta harbour"))
        assert texts_of(store, lexical_search(store, "harbour", 5)) == ["beta harbour"]
        assert texts_of(store, dense_search(store, unit_vector("beta harbour"), 1)) == ["beta harbour"]
        other.writing.remove([article_id("/news/a.txt")])
        assert store.refresh() is True
        assert store.refresh() is False
        assert texts_of(store, dense_search(store, unit_vector("alpha"), 5)) == ["beta harbour"]

    @pytest.mark.parametrize("only", [EVERYTHING, ArticleFilter(sources=("/news",))], ids=["everything", "a source"])
    def test_an_open_view_shows_one_moment_whatever_others_do(
        self, store: Store, open_store: Callable[[], Store], only: ArticleFilter
    ) -> None:
        def article(name: str, text: str, day: int | None = None) -> Article:
            return make_article(name, text, published_at=day and date(2024, 1, day))

        first = article("a.txt", "the harbour opens\nw1", 1)
        commit(store, first, article("b.txt", "the harbour closes\nbridge", 2), article("c.txt", "a harbour", None))
        copy = make_indexed(article("copy.txt", "the harbour opens\nw1 again", 3))._replace(duplicate_of=first.id)
        store.writing.commit([copy], encoder=ENCODER, passage_rule=RULE)
        store.sources.hold("/more", [first.id])
        other = open_store()
        events: list[Callable[[Store], object]] = [
            lambda writer: commit(writer, article("new.txt", "the harbour is new\nbridge w1", 9)),
            lambda writer: commit(writer, article("b.txt", "the harbour closes again\nbridge", 4)),
            lambda writer: writer.writing.remove([first.id, article_id("/news/copy.txt")]),
            lambda writer: commit(writer, first),
            lambda writer: writer.sources.hold("/more", [first.id]),
            lambda writer: writer.sources.release("/news", [first.id]),
            lambda writer: rebuild(writer, encoder="other:2", vector=lambda text: unit_vector(text, 4)),
            lambda writer: writer.writing.save_caches(),
        ]
        for event, writer in zip(events, [other, store, store, other, other, store, other, store], strict=True):
            with store.view(only) as view, other.view(only) as beside:
                if view.encoder == ENCODER:
                    before = seen_through(view)
                    assert seen_through(beside) == before
                    event(writer)
                    store.refresh()
                    assert seen_through(view) == seen_through(beside) == before
                else:
                    event(writer)
        with store.view() as view:
            assert view.encoder == "other:2"
            hits = view.dense_search(unit_vector("question", 4), 1000)
            assert len(hits) == len(view.passages([hit.passage_id for hit in hits])) == store.status().passages

    def test_two_writers_at_once_lose_nothing(self, open_store: Callable[[], Store]) -> None:
        open_store()
        failures: list[BaseException] = []

        def write(writer: int) -> None:
            try:
                store = open_store()
                for number in range(12):
                    commit(store, make_article(f"{writer}-{number}.txt", f"text {writer} {number}"))
                    lexical_search(store, "text", 3)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        store = open_store()
        assert store.status().articles == 24
        assert len(lexical_search(store, "text", 100)) == len(dense_search(store, unit_vector("x"), 100)) == 24

    def test_searches_go_on_while_articles_come_and_go(self, store: Store) -> None:
        commit(store, make_article("stays.txt", "the harbour stays"))
        failures: list[BaseException] = []
        done = threading.Event()

        def search() -> None:
            try:
                while not done.is_set():
                    hits = lexical_search(store, "harbour", 5), dense_search(store, unit_vector("the harbour stays"), 5)
                    for ranking in hits:
                        articles = {passage.article_id for passage in passages(store, ranking).values()}
                        assert article_id("/news/stays.txt") in articles
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=search) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for number in range(15):
                commit(store, make_article("comes.txt", f"version {number} of the harbour\nand a second line {number}"))
                if number % 3 == 0:
                    store.writing.remove([article_id("/news/comes.txt")])
        finally:
            done.set()
            for thread in threads:
                thread.join()
        assert failures == []
        assert store.status().passages == 3
