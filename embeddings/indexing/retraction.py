"""Retracting articles with their copies, keeping them out, and restoring them.

An article stays out by its id, its address and its text: whatever has one of these is not indexed, from whichever source it
comes.  A text is the same if `embeddings.indexing.near_duplicates` takes it for the same story.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from embeddings.articles import Article, article_id
from embeddings.encoder.model import Encoder
from embeddings.errors import SourceError, StoreError
from embeddings.indexing.chunking import PassageRule, check_encoder, cut
from embeddings.indexing.near_duplicates import CopyFinder, Fingerprint, bands, fingerprint, is_copy, shares_enough
from embeddings.sources.web.addresses import is_web_address, normal_url
from embeddings.store.protocol import IndexedArticle, Store
from embeddings.store.retractions import Retraction


class RetractedArticles:
    """What a reindex must leave out.

    Args:
        store: knows what is retracted.

    Attributes:
        mark: see `embeddings.store.retractions.Retractions.mark`.
    """

    def __init__(self, store: Store) -> None:
        self.mark = store.retractions.mark()  # before the list is read: one that is newer than its mark is harmless
        self._retractions = store.retractions.list() if self.mark else []
        self._ids = {retraction.id for retraction in self._retractions}
        self._addresses = {address_key(retraction.url) for retraction in self._retractions if retraction.url}

    def has_source(self, source: str) -> bool:
        """Whether what comes from here is left out, whatever it is: by its id, or as a page with a retracted address."""
        if not self._retractions:
            return False
        return article_id(source) in self._ids or (is_web_address(source) and address_key(source) in self._addresses)

    def has(self, article: Article) -> bool:
        """Whether an article is left out: by its id, its address or its text."""
        if not self._retractions:
            return False
        if article.id in self._ids or self.has_source(article.source):
            return True
        if article.url and address_key(article.url) in self._addresses:
            return True
        story = fingerprint(article)
        pieces = bands(story.signature)
        shared = Counter(number for band in pieces for number in self._by_band.get(band, ()))
        likely = [number for number, parts in shared.items() if shares_enough(parts, pieces)]
        return any(is_copy(story, self._stories[number]) for number in likely)

    @cached_property
    def _stories(self) -> list[Fingerprint]:
        return [fingerprint(retraction.article) for retraction in self._retractions if retraction.article]

    @cached_property
    def _by_band(self) -> dict[bytes, list[int]]:
        by_band: defaultdict[bytes, list[int]] = defaultdict(list)
        for number, story in enumerate(self._stories):
            for band in bands(story.signature):
                by_band[band].append(number)
        return dict(by_band)


def address_key(url: str) -> str:
    """An address as retractions are compared by: in its normal form, without its scheme and a slash at its end.

    Example:
        >>> address_key("HTTP://News.example:80/a/#top")
        'news.example/a'
    """
    try:
        url = normal_url(url)
    except SourceError:
        return url.strip()
    return url.partition("://")[2].rstrip("/")


def retract(store: Store, article: str, *, reason: str = "", url: str | None = None) -> list[Retraction]:
    """Retracts an article and its copies: no answer quotes them from now on, and no reindex stores them again.

    Args:
        store: that may hold it.
        article: its id.
        reason: why, in a person's words.
        url: of an article that the store does not hold.

    Returns:
        What is retracted now, the article first; nothing if it was retracted before.

    Raises:
        StoreError: the store cannot be written.
    """
    retracted = store.retractions.add(article, reason=reason, url=url, copies_of=lambda one: copies_of(store, one))
    store.refresh()
    store.writing.save_caches()
    return retracted


def copies_of(store: Store, article: Article) -> list[str]:
    """Ids of the articles that the store holds at the same address, or with the same text or story."""
    key = address_key(article.url) if article.url else None
    same = [
        known.id
        for known in store.articles.known()
        if key and key in {address_key(url) for url in (known.url, known.source) if url and is_web_address(url)}
    ]
    story = fingerprint(article)
    pieces = bands(story.signature)
    for near in store.articles.near(pieces, None) if pieces else ():
        if shares_enough(len(set(bands(near.signature)).intersection(pieces)), pieces):
            stored = store.articles.get(near.id)
            if stored is not None and is_copy(story, fingerprint(stored.article)):
                same.append(near.id)
    return [one for one in dict.fromkeys(same) if one != article.id]


class Restored(NamedTuple):
    """What became of a retraction that was undone.

    Attributes:
        articles: that are in the store again.
        left_out: retractions without an article, or whose source is no longer remembered: they may be indexed again.
    """

    articles: list[Article]
    left_out: list[Retraction]


def restore(store: Store, encoder: Encoder, rule: PassageRule, retractions: Sequence[Retraction]) -> Restored:
    """Undoes retractions: their articles are stored again as they were, and may be indexed again.

    Raises:
        EncoderMismatchError: the store was made with another encoder or passage rule.
        StoreError: the store cannot be written.
    """
    check_encoder(store, encoder.identity, str(rule))
    remembered = {record.location for record in store.sources.list()}
    back = [one for one in retractions if one.article is not None and one.origin in remembered]
    finder = CopyFinder(store)
    indexed = [_indexed(one, encoder, rule, finder) for one in back]
    store.writing.restore([one.id for one in retractions], indexed, encoder=encoder.identity, passage_rule=str(rule))
    store.refresh()
    store.writing.save_caches()
    return Restored([one.article for one in back if one.article], [one for one in retractions if one not in back])


def _indexed(retraction: Retraction, encoder: Encoder, rule: PassageRule, finder: CopyFinder) -> IndexedArticle:
    if retraction.article is None:
        raise StoreError(f"{retraction.id}: there is no article to restore")
    piece = cut(retraction.article, rule)
    vectors = dict(zip(piece.hashes, encoder.encode_passages(piece.texts), strict=True))
    copy = finder.add(retraction.article)
    indexed = piece.with_vectors(retraction.origin, vectors)
    return indexed._replace(signature=copy.signature, bands=copy.bands, duplicate_of=copy.of)
