"""What every store must do with retracted articles; part of `StoreContract`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import numpy as np
import pytest

from embeddings.articles import Article, article_id
from embeddings.sentences import split_sentences
from embeddings.store.protocol import IndexedArticle, NewPassage, Store

ENCODER, RULE = "random:1", "one passage a line"


def make(name: str, text: str, **facts: object) -> Article:
    """An article from the file /news/NAME."""
    source = f"/news/{name}"
    return Article.model_validate({"id": article_id(source), "title": name, "text": text, "source": source} | facts)


def indexed(article: Article) -> IndexedArticle:
    """An article with one passage."""
    vector = np.zeros(8, np.float32)
    vector[len(article.text) % 8] = 1
    passage = NewPassage(0, len(article.text), hashlib.sha256(article.text.encode()).digest()[:16], vector)
    return IndexedArticle(article, "/news", split_sentences(article.text), [passage])


def commit(store: Store, *articles: Article, retractions: int | None = None) -> bool:
    """Stores articles."""
    batch = [indexed(article) for article in articles]
    return store.writing.commit(batch, encoder=ENCODER, passage_rule=RULE, retractions=retractions)


def ids(store: Store) -> set[str]:
    """The ids of the articles in the store."""
    return {article.id for article in store.articles.list()}


def words_found(store: Store, words: str) -> list[str]:
    """The passages that a search by words finds."""
    with store.view() as view:
        hits = view.lexical_search(words, 10)
        return [passage.text for passage in view.passages([hit.passage_id for hit in hits]).values()]


def none(_: Article) -> Sequence[str]:
    """No copies."""
    return ()


class RetractionContract:
    """Tests of one engine; see `StoreContract`."""

    def test_a_retracted_article_and_its_copies_are_in_no_search(self, store: Store) -> None:
        alpha, beta, gamma = make("a", "the harbour"), make("b", "the harbour wall"), make("c", "the harbour pier")
        commit(store, alpha, beta, gamma)
        asked: list[Article] = []

        def copies(article: Article) -> Sequence[str]:
            asked.append(article)
            assert ids(store) == {alpha.id, beta.id, gamma.id}, "nothing has gone yet"
            return [beta.id]

        retracted = store.retractions.add(alpha.id, reason="wrong", url=None, copies_of=copies)
        assert asked == [alpha]
        assert [(one.id, one.named, one.reason, one.origin) for one in retracted] == [
            (alpha.id, alpha.id, "wrong", "/news"),
            (beta.id, alpha.id, "wrong", "/news"),
        ]
        assert [one.article for one in retracted] == [alpha, beta]
        assert datetime.fromisoformat(retracted[0].retracted_at).tzinfo is not None
        assert store.retractions.list() == retracted
        assert ids(store) == {gamma.id}
        assert words_found(store, "harbour") == ["the harbour pier"]

    @pytest.mark.parametrize("published", [None, date(2024, 2, 29), datetime(2024, 2, 29, tzinfo=UTC)])
    def test_a_retracted_article_is_kept_as_it_was(
        self, open_store: Callable[[], Store], published: date | datetime | None
    ) -> None:
        store = open_store()
        facts = {"url": "https://news.example/a", "author": "Ann", "publisher": "“The” Ex", "published_at": published}
        article = make("a", "the “harbour” 港\n\nis old", **facts)
        commit(store, article)
        store.retractions.add(article.id, reason="", url=None, copies_of=none)
        (kept,) = open_store().retractions.list()
        assert kept.article == article
        assert type(kept.article.published_at) is type(published)
        assert kept.article.content_hash == article.content_hash
        assert kept.url == article.url

    def test_what_the_store_does_not_hold_can_be_retracted_by_its_address(self, store: Store) -> None:
        url = "https://news.example/a"
        (retracted,) = store.retractions.add(article_id(url), reason="x", url=url, copies_of=none)
        assert (retracted.article, retracted.url, retracted.origin) == (None, url, "")
        assert store.retractions.add(article_id(url), reason="again", url=url, copies_of=none) == []
        assert store.retractions.list() == [retracted]

    def test_a_commit_that_was_not_compared_with_the_latest_list_stores_nothing(self, store: Store) -> None:
        alpha, beta = make("a", "the harbour"), make("b", "the bridge")
        mark = store.retractions.mark()
        assert commit(store, alpha, retractions=mark)
        store.retractions.add(alpha.id, reason="", url=None, copies_of=none)
        assert store.retractions.mark() != mark
        assert not commit(store, alpha, beta, retractions=mark)
        assert ids(store) == set()
        assert commit(store, beta, retractions=store.retractions.mark())
        assert ids(store) == {beta.id}

    def test_a_restored_article_is_as_it_was(self, store: Store) -> None:
        alpha, beta = make("a", "the harbour"), make("b", "the bridge")
        commit(store, alpha, beta)
        store.retractions.add(alpha.id, reason="", url=None, copies_of=none)
        mark = store.retractions.mark()
        store.writing.restore([alpha.id], [indexed(alpha)], encoder=ENCODER, passage_rule=RULE)
        assert store.retractions.list() == []
        assert store.retractions.mark() not in (mark, 0)
        assert store.articles.list() == sorted([alpha, beta], key=lambda article: article.title)
        assert words_found(store, "harbour") == ["the harbour"]
        assert store.articles.origin(alpha.id) == "/news"
