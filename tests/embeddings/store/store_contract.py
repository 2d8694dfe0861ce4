"""What every store must do: inherit `StoreContract` and say how the store is opened."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.articles import Article, article_id
from embeddings.errors import StoreError
from embeddings.filters import ArticleFilter
from embeddings.sentences import split_sentences
from embeddings.store.protocol import Hit, IndexedArticle, NewPassage, SignedArticle, Store

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
    article: Article,
    *,
    origin: str = "/news",
    vector: Callable[[str], Vector] = unit_vector,
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
    store.commit([make_indexed(article, **options) for article in articles], encoder=ENCODER, passage_rule=RULE)


def rebuild(store: Store, *, encoder: str = ENCODER, passage_rule: str = RULE, vector: Any = unit_vector) -> None:
    """Makes passages and vectors of all articles anew."""
    store.begin_rebuild(encoder=encoder, passage_rule=passage_rule)
    while not store.finish_rebuild():
        held = [store.article(article_id) for article_id in store.awaiting_rebuild(3)]
        store.commit_rebuilt([make_indexed(one.article, vector=vector) for one in held if one is not None])


def texts_of(store: Store, hits: Sequence[Hit]) -> list[str]:
    """The texts of the passages that were found."""
    held = store.passages([hit.passage_id for hit in hits])
    found = []
    for hit in hits:
        passage = held[hit.passage_id]
        article = store.article(passage.article_id)
        assert article is not None
        found.append(article.article.text[passage.start : passage.end])
    return found


class _Broken(Sequence[NewPassage]):
    """Passages that cannot be read to the end, as when the power goes."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: Any) -> Any:
        if index:
            raise InterruptedError("the power went")
        return NewPassage(0, 1, b"0" * 16, unit_vector("x"))


class StoreContract:
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
        assert store.sources() == []
        assert store.known() == []
        assert store.articles() == []
        assert store.dense_search(unit_vector("x"), 5) == []
        assert store.lexical_search("harbour", 5) == []
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
            held = reader.article(article.id)
            assert held is not None
            assert held.article == article
            assert held.article.content_hash == article.content_hash
            assert list(held.sentences) == split_sentences(article.text)
            assert reader.articles() == [article]
            assert reader.origin(article.id) == "/news"

    def test_what_is_not_there_is_none(self, store: Store) -> None:
        commit(store, make_article("a.txt", "alpha"))
        assert store.article("0" * 12) is None
        assert store.origin("0" * 12) is None
        assert store.passages([10**9]) == {}
        assert store.similarities(unit_vector("x"), [10**9]) == {}
        assert store.remove(["0" * 12]) == 0

    def test_a_later_version_takes_the_place_of_an_earlier_one(self, store: Store) -> None:
        commit(store, make_article("a.txt", "alpha harbour\nbeta"), make_article("b.txt", "gamma"))
        before = store.lexical_search("harbour", 5)
        commit(store, make_article("a.txt", "delta\nepsilon bridge"))
        assert store.passages([hit.passage_id for hit in before]) == {}
        assert store.lexical_search("harbour", 5) == []
        assert texts_of(store, store.lexical_search("bridge", 5)) == ["epsilon bridge"]
        assert texts_of(store, store.dense_search(unit_vector("delta"), 1)) == ["delta"]
        assert (store.status().articles, store.status().passages) == (2, 3)

    def test_removed_articles_are_found_no_more(self, store: Store) -> None:
        one, two = make_article("a.txt", "alpha harbour"), make_article("b.txt", "beta harbour")
        commit(store, one, two)
        assert store.remove([one.id, "0" * 12]) == 1
        assert texts_of(store, store.lexical_search("harbour", 5)) == ["beta harbour"]
        assert texts_of(store, store.dense_search(unit_vector("alpha harbour"), 5)) == ["beta harbour"]
        assert [known.id for known in store.known()] == [two.id]

    def test_a_commit_is_all_or_nothing(self, store: Store, open_store: Callable[[], Store]) -> None:
        commit(store, make_article("a.txt", "alpha"))
        good = make_indexed(make_article("b.txt", "beta"))
        bad = IndexedArticle(make_article("a.txt", "broken"), "/news", [], _Broken())
        with pytest.raises(InterruptedError):
            store.commit([good, bad], encoder=ENCODER, passage_rule=RULE)
        for reader in (store, open_store()):
            assert [article.text for article in reader.articles()] == ["alpha"]
            assert texts_of(reader, reader.dense_search(unit_vector("beta"), 5)) == ["alpha"]

    def test_until_a_rebuild_is_whole_the_old_passages_answer(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        articles = [make_article(f"{name}.txt", f"{name} harbour") for name in ("alpha", "beta", "gamma")]
        commit(store, *articles)
        before = store.dense_search(unit_vector("x"), 9), store.lexical_search("harbour", 9)

        def vector(text: str) -> Vector:
            return unit_vector(f"other {text}", 4)

        def half_done(rebuilder: Store) -> list[str]:
            rebuilder.begin_rebuild(encoder="other:2", passage_rule="another")
            awaited = rebuilder.awaiting_rebuild(9)
            rebuilder.commit_rebuilt([make_indexed(articles[0], vector=vector)])
            assert not rebuilder.finish_rebuild()
            return awaited

        assert half_done(open_store()) == [article.id for article in articles]
        for reader in (store, open_store()):
            assert (reader.encoder, reader.passage_rule) == (ENCODER, RULE)
            assert (reader.dense_search(unit_vector("x"), 9), reader.lexical_search("harbour", 9)) == before
            assert reader.status().passages == 3
            (held,) = reader.vectors_of([make_indexed(articles[0]).passages[0].text_hash]).values()
            assert held.shape == (DIMENSION,)
        assert half_done(open_store()) == [article.id for article in articles[1:]], "it goes on where it was"
        rebuild(open_store(), encoder="other:2", passage_rule="another", vector=vector)
        for reader in (store, open_store()):
            assert (reader.encoder, reader.passage_rule) == ("other:2", "another")
            assert texts_of(reader, reader.dense_search(vector("beta harbour"), 1)) == ["beta harbour"]
            assert len(reader.lexical_search("harbour", 9)) == reader.status().passages == 3
            assert reader.articles() == sorted(articles, key=lambda article: article.title)

    def test_a_rebuild_for_another_encoder_takes_the_place_of_one_that_was_broken_off(self, store: Store) -> None:
        commit(store, make_article("a.txt", "alpha"), make_article("b.txt", "beta"))
        store.begin_rebuild(encoder="other:2", passage_rule=RULE)
        store.commit_rebuilt([make_indexed(make_article("a.txt", "alpha"), vector=lambda text: unit_vector(text, 4))])
        rebuild(store, encoder="third:3", vector=lambda text: unit_vector(text, 5))
        assert store.encoder == "third:3"
        assert texts_of(store, store.dense_search(unit_vector("alpha", 5), 1)) == ["alpha"]
        store.save_caches()
        assert store.status().passages == 2

    def test_two_rebuilds_at_once_do_not_mix(self, store: Store, open_store: Callable[[], Store]) -> None:
        articles = [make_article("a.txt", "alpha"), make_article("b.txt", "beta")]
        commit(store, *articles)
        late, same = open_store(), open_store()
        store.begin_rebuild(encoder="other:2", passage_rule=RULE)
        late.begin_rebuild(encoder="third:3", passage_rule=RULE)
        same.begin_rebuild(encoder="third:3", passage_rule=RULE)
        remade = [make_indexed(article, vector=lambda text: unit_vector(text, 5)) for article in articles]
        for broken_off in (lambda: store.commit_rebuilt(remade), store.finish_rebuild):
            with pytest.raises(StoreError, match="another process has begun to rebuild"):
                broken_off()
        late.commit_rebuilt(remade[:1])
        same.commit_rebuilt(remade)
        assert late.finish_rebuild()
        same.commit_rebuilt(remade)
        assert same.finish_rebuild()
        assert store.encoder == "third:3"
        assert sorted(texts_of(store, store.dense_search(unit_vector("x", 5), 9))) == ["alpha", "beta"]

    def test_articles_that_come_change_and_go_during_a_rebuild_end_up_right(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        goes, changes = make_article("goes.txt", "goes"), make_article("changes.txt", "before")
        commit(store, goes, changes, make_article("stays.txt", "stays"))

        def vector(text: str) -> Vector:
            return unit_vector(text, 4)

        def remade(name: str, text: str) -> IndexedArticle:
            return make_indexed(make_article(name, text), vector=vector)

        store.begin_rebuild(encoder="other:2", passage_rule=RULE)
        store.commit_rebuilt(
            [remade("goes.txt", "goes"), remade("changes.txt", "before"), remade("stays.txt", "stays")]
        )
        writer = open_store()
        writer.remove([goes.id])
        commit(writer, make_article("changes.txt", "after"), make_article("comes.txt", "comes"))
        assert texts_of(store, store.dense_search(unit_vector("after"), 1)) == ["after"]
        assert not store.finish_rebuild()
        store.commit_rebuilt([remade("changes.txt", "before")])
        assert len(store.awaiting_rebuild(9)) == 2, "what was made of the text before is not taken"
        rebuild(store, encoder="other:2", vector=vector)
        for reader in (store, writer, open_store()):
            assert sorted(texts_of(reader, reader.dense_search(vector("x"), 9))) == ["after", "comes", "stays"]
            assert len(reader.lexical_search("before goes", 9)) == 0
            assert len(reader.lexical_search("after comes stays", 9)) == 3
        with pytest.raises(StoreError):
            commit(store, make_article("late.txt", "late"))
        store.save_caches()
        assert store.status().passages == 3

    def test_another_encoder_needs_a_rebuild(self, store: Store) -> None:
        commit(store, make_article("a.txt", "alpha"))
        with pytest.raises(StoreError):
            store.commit([make_indexed(make_article("b.txt", "beta"))], encoder="other:2", passage_rule=RULE)
        assert [article.text for article in store.articles()] == ["alpha"]

    def test_a_rebuild_with_another_encoder_is_seen_by_who_has_the_store_open(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        articles = [make_article("a.txt", "alpha"), make_article("b.txt", "beta")]
        commit(store, *articles)
        store.dense_search(unit_vector("alpha"), 1)
        other = open_store()

        def vector(text: str) -> Vector:
            return unit_vector(text, 4)

        rebuild(other, encoder="other:2", vector=vector)
        for reader in (store, other, open_store()):
            assert reader.encoder == "other:2"
            assert texts_of(reader, reader.dense_search(vector("beta"), 1)) == ["beta"]
            assert texts_of(reader, reader.lexical_search("alpha", 5)) == ["alpha"]
            assert reader.status().passages == 2

    def test_articles_are_listed_newest_first_and_undated_last(self, store: Store) -> None:
        dates = {"old": date(1999, 1, 1), "new": datetime(2024, 5, 1, 12, 0), "middle": date(2024, 4, 30), "none": None}
        commit(store, *[make_article(name, name, published_at=at) for name, at in dates.items()])
        assert [article.title for article in store.articles()] == ["new", "middle", "old", "none"]
        assert [article.title for article in store.articles(offset=1, limit=2)] == ["middle", "old"]
        assert store.articles(offset=4) == []

    def test_sources_are_remembered_once_in_their_order(self, store: Store, open_store: Callable[[], Store]) -> None:
        for location in ("/b", "/a", "/b"):
            store.add_source(location)
        store.add_source("/a", '{"include": ["*.md"]}')
        store.note_result("/b", "2 new")
        assert store.sources() == open_store().sources()
        assert [(held.location, held.options, held.last_result) for held in store.sources()] == [
            ("/b", "{}", "2 new"),
            ("/a", '{"include": ["*.md"]}', None),
        ]
        for held in store.sources():
            assert held.added_at is not None
            assert datetime.fromisoformat(held.added_at).tzinfo == UTC
        assert store.sources()[0].last_indexed_at is not None
        store.add_source("/a")
        assert store.sources()[1].options == '{"include": ["*.md"]}'

    def test_what_is_remembered_is_there_with_the_commit_or_not_at_all(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        assert store.recall("feed") is None
        store.remember({"feed": "etag 1", "other": "x"})
        indexed = make_indexed(make_article("a.txt", "alpha"))
        store.commit([indexed], encoder=ENCODER, passage_rule=RULE, memories={"feed": "etag 2"})
        bad = IndexedArticle(make_article("a.txt", "broken"), "/news", [], _Broken())
        with pytest.raises(InterruptedError):
            store.commit([bad], encoder=ENCODER, passage_rule=RULE, memories={"feed": "etag 3"})
        assert (open_store().recall("feed"), store.recall("other")) == ("etag 2", "x")

    def test_removing_a_source_removes_what_no_other_source_holds(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        only, shared, other = (make_article(name, f"the harbour of {name}") for name in ("only", "shared", "other"))
        for location in ("/news", "/more", "/most"):
            store.add_source(location)
        commit(store, only, shared, origin="/news")
        commit(store, other, origin="/more")
        store.hold("/most", [shared.id])
        store.hold("/more", [shared.id, other.id, "0" * 12])
        assert [known.id for known in store.known("/more")] == [shared.id, other.id]
        assert len(store.lexical_search("harbour", 9, ArticleFilter(sources=("/news",)))) == 2
        assert store.remove_source("/news") == 1
        for reader in (store, open_store()):
            assert [held.location for held in reader.sources()] == ["/more", "/most"]
            assert {known.id for known in reader.known()} == {shared.id, other.id}
            assert reader.origin(shared.id) == "/more"
            assert reader.known("/news") == []
            for hits in (
                reader.lexical_search("harbour", 9, ArticleFilter(sources=("/more",))),
                reader.dense_search(unit_vector("x"), 9, ArticleFilter(sources=("/more",))),
            ):
                assert sorted(texts_of(reader, hits)) == ["the harbour of other", "the harbour of shared"]
        assert store.remove_source("/more") == 1
        assert [known.id for known in store.known()] == [shared.id]
        assert store.remove_source("/most") == 1
        assert store.remove_source("/none") == 0
        assert store.lexical_search("harbour", 9) == store.dense_search(unit_vector("x"), 9) == []

    def test_a_source_lets_go_of_an_article_and_another_keeps_it(self, store: Store) -> None:
        one, two = make_article("a.txt", "alpha"), make_article("b.txt", "beta")
        commit(store, one, two, origin="/news")
        store.hold("/more", [one.id])
        assert store.release("/news", [one.id, two.id]) == 1
        assert (store.origin(one.id), [known.id for known in store.known()]) == ("/more", [one.id])
        commit(store, make_article("a.txt", "alpha 2"), origin="/news")
        assert store.origin(one.id) == "/news"
        assert [known.id for known in store.known("/more")] == [one.id]
        assert store.release("/news", [one.id]) == 0
        assert store.release("/more", [one.id]) == 1

    # -- copies --------------------------------------------------------------------------------------------------------

    def test_articles_that_share_a_band_are_near(self, store: Store) -> None:
        for name, signature, bands in (("a", b"s1", [b"x", b"y"]), ("b", b"s2", [b"y", b"z"]), ("c", b"", [b"z"])):
            indexed = make_indexed(make_article(name, f"text {name}"))._replace(signature=signature, bands=bands)
            store.commit([indexed], encoder=ENCODER, passage_rule=RULE)
        ids = [article_id(f"/news/{name}") for name in "abc"]
        assert store.near([b"x", b"y"]) == [SignedArticle(ids[0], b"s1"), SignedArticle(ids[1], b"s2")]
        assert store.near([b"z"]) == [SignedArticle(ids[1], b"s2"), SignedArticle(ids[2], b"")]
        assert len(store.near([bytes([n, m]) for n in range(10) for m in range(200)] + [b"x"])) == 1
        assert store.near([]) == store.near([b"?"]) == []
        store.remove([ids[1]])
        assert store.near([b"y", b"z"]) == [SignedArticle(ids[0], b"s1"), SignedArticle(ids[2], b"")]

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
            store.commit([indexed._replace(duplicate_of=of)], encoder=ENCODER, passage_rule=RULE)
        a, b, c, d, e = articles.values()
        for reader in (store, open_store()):
            found = reader.copies([a.id, c.id, d.id, "0" * 12])
            assert found == {a.id: [c, b], c.id: [b, a], d.id: [e]}
        store.remove([a.id])
        assert store.copies([a.id, b.id]) == {b.id: [c]}
        commit(store, make_article("b", "quite another text"))
        assert store.copies([b.id, c.id]) == {}
        assert store.copies([d.id]) == {d.id: [e]}

    def test_a_passage_tells_its_text_its_title_and_its_day(self, store: Store) -> None:
        commit(
            store,
            make_article(
                "dated", "The harbour is öpen.\nThe bridge is 𝟑 m high.", published_at=datetime(2024, 2, 1, 23, 59)
            ),
            make_article("undated", "The harbour is closed."),
        )
        passages = [hit.passage_id for hit in store.dense_search(unit_vector("any"), 10)]
        texts = sorted(store.texts([*passages, 10**9]).values())
        assert texts == [
            ("dated", "The bridge is 𝟑 m high.", date(2024, 2, 1)),
            ("dated", "The harbour is öpen.", date(2024, 2, 1)),
            ("undated", "The harbour is closed.", None),
        ]

    def test_the_newest_day_is_that_of_an_article_that_is_admitted(self, store: Store) -> None:
        assert store.newest() is None
        old, new = (
            make_article("old", "Rain.", published_at=date(2023, 1, 1), publisher="Gazette"),
            make_article("new", "Sun."),
        )
        commit(store, old, new.model_copy(update={"published_at": date(2024, 1, 1)}), make_article("undated", "Snow."))
        assert store.newest() == date(2024, 1, 1)
        assert store.newest(ArticleFilter(publishers=("gazette",))) == date(2023, 1, 1)
        assert store.newest(ArticleFilter(since=date(2025, 1, 1))) is None

    def test_a_rare_term_weighs_more_than_a_common_one(self, store: Store) -> None:
        commit(store, make_article("news", "The harbour opens.\nThe harbour closes.\nA bridge opens."))
        rarity = store.rarity(["harbour", "bridg", "tunnel"])
        assert 0 < rarity["harbour"] < rarity["bridg"] < rarity["tunnel"]

    def test_it_knows_what_came_from_where(self, store: Store) -> None:
        one, two = make_article("a.txt", "alpha"), make_article("b.txt", "alpha")
        commit(store, one, origin="/news")
        commit(store, two, origin="/other")
        assert [known.id for known in store.known("/news")] == [one.id]
        assert {(k.id, k.source, k.content_hash) for k in store.known()} == {
            (a.id, a.source, a.content_hash) for a in (one, two)
        }
        assert store.has_text(one.text_hash, other_than=one.id)
        store.remove([two.id])
        assert not store.has_text(one.text_hash, other_than=one.id)

    def test_vectors_are_handed_out_for_reuse_bit_for_bit(self, store: Store) -> None:
        indexed = make_indexed(make_article("a.txt", "alpha\nbeta"))
        store.commit([indexed], encoder=ENCODER, passage_rule=RULE)
        wanted = indexed.passages[1]
        found = store.vectors_of([wanted.text_hash, b"?" * 16])
        assert list(found) == [wanted.text_hash]
        assert found[wanted.text_hash].tobytes() == wanted.vector.tobytes()

    # -- searching -----------------------------------------------------------------------------------------------------

    def test_dense_search_finds_the_nearest_best_first(self, store: Store) -> None:
        lines = [f"line {number}" for number in range(60)]
        commit(store, make_article("a.txt", "\n".join(lines)))
        question = unit_vector("question")
        hits = store.dense_search(question, 10)
        exact = sorted(((float(unit_vector(line) @ question), line) for line in lines), reverse=True)
        assert texts_of(store, hits) == [line for _, line in exact[:10]]
        assert [hit.score for hit in hits] == pytest.approx([score for score, _ in exact[:10]], abs=1e-5)
        assert len(store.dense_search(question, 1000)) == 60

    def test_equals_are_cut_off_by_id(self, store: Store) -> None:
        same = unit_vector("same")
        for number in range(30):
            commit(store, make_article(f"{number}.txt", "harbour bridge"), vector=lambda _: same)
        for hits in (store.dense_search(same, 10), store.lexical_search("harbour", 10)):
            assert len({hit.score for hit in hits}) == 1
            everything = store.dense_search(same, 30)
            assert [hit.passage_id for hit in hits] == sorted(hit.passage_id for hit in everything)[:10]

    def test_similarities_are_the_cosines_of_the_passages(self, store: Store) -> None:
        commit(store, make_article("a.txt", "alpha\nbeta\ngamma"))
        question = unit_vector("question")
        hits = store.dense_search(question, 3)
        found = store.similarities(question, [hit.passage_id for hit in hits])
        assert found == pytest.approx({hit.passage_id: hit.score for hit in hits}, abs=1e-6)

    def test_lexical_search_finds_words_in_their_forms_and_in_titles(self, store: Store) -> None:
        commit(
            store,
            make_article("a", "The harbours were closed.\nNothing here.", title="Storm"),
            make_article("b", "A bridge opened in Zürich.", title="Traffic"),
        )
        assert texts_of(store, store.lexical_search("Which harbour was closed?", 5))[0] == "The harbours were closed."
        assert texts_of(store, store.lexical_search("zurich", 5)) == ["A bridge opened in Zürich."]
        assert len(store.lexical_search("storm", 5)) == 2
        assert store.lexical_search("volcano", 5) == []

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
        for hit in store.lexical_search(question, 5):
            assert hit.score > 0
        if "harbour" in question:
            assert texts_of(store, store.lexical_search(question, 5)) == ["the harbour"]

    def test_the_same_search_gives_the_same_result_bit_for_bit(
        self, store: Store, open_store: Callable[[], Store]
    ) -> None:
        rng = np.random.default_rng(1)
        for number in range(8):
            lines = [" ".join(f"w{n}" for n in rng.integers(0, 30, 12)) for _ in range(10)]
            commit(store, make_article(f"{number}.txt", "\n".join(lines)))
        store.remove([article_id("/news/3.txt")])

        def search(where: Store) -> tuple[list[Hit], list[Hit]]:
            return where.dense_search(unit_vector("question"), 20), where.lexical_search("w1 w2 w3 w4 w5", 20)

        first = search(store)
        assert search(store) == first
        store.save_caches()
        assert search(open_store()) == first

    # -- several at once -----------------------------------------------------------------------------------------------

    def test_an_open_store_sees_what_another_commits(self, store: Store, open_store: Callable[[], Store]) -> None:
        commit(store, make_article("a.txt", "alpha"))
        store.refresh()
        other = open_store()
        commit(other, make_article("b.txt", "beta harbour"))
        assert texts_of(store, store.lexical_search("harbour", 5)) == ["beta harbour"]
        assert texts_of(store, store.dense_search(unit_vector("beta harbour"), 1)) == ["beta harbour"]
        other.remove([article_id("/news/a.txt")])
        assert store.refresh() is True
        assert store.refresh() is False
        assert texts_of(store, store.dense_search(unit_vector("alpha"), 5)) == ["beta harbour"]

    def test_two_writers_at_once_lose_nothing(self, open_store: Callable[[], Store]) -> None:
        open_store()
        failures: list[BaseException] = []

        def write(writer: int) -> None:
            try:
                store = open_store()
                for number in range(12):
                    commit(store, make_article(f"{writer}-{number}.txt", f"text {writer} {number}"))
                    store.lexical_search("text", 3)
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
        assert len(store.lexical_search("text", 100)) == len(store.dense_search(unit_vector("x"), 100)) == 24

    def test_searches_go_on_while_articles_come_and_go(self, store: Store) -> None:
        commit(store, make_article("stays.txt", "the harbour stays"))
        failures: list[BaseException] = []
        done = threading.Event()

        def search() -> None:
            try:
                while not done.is_set():
                    hits = store.lexical_search("harbour", 5), store.dense_search(unit_vector("the harbour stays"), 5)
                    for found in hits:
                        held = store.passages([hit.passage_id for hit in found])
                        assert any(passage.article_id == article_id("/news/stays.txt") for passage in held.values())
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=search) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for number in range(15):
                commit(store, make_article("comes.txt", f"version {number} of the harbour\nand a second line {number}"))
                if number % 3 == 0:
                    store.remove([article_id("/news/comes.txt")])
        finally:
            done.set()
            for thread in threads:
                thread.join()
        assert failures == []
        assert store.status().passages == 3
