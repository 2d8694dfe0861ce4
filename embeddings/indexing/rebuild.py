"""Cuts and embeds all articles of the store anew, from the texts that it holds, beside what answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from embeddings.encoder.model import Encoder
from embeddings.indexing.chunking import PassageRule, cut
from embeddings.indexing.report import Progress
from embeddings.store.protocol import Store


class Rebuilt(NamedTuple):
    """How many articles a rebuild cut, and how many passages it embedded."""

    articles: int
    embedded: int


def rebuild(
    store: Store,
    encoder: Encoder,
    rule: PassageRule,
    progress: Callable[[Progress], None],
    batch_passages: int,
) -> Rebuilt:
    """Makes other passages and vectors, and puts them in the place of those that answer when there are some for each article.

    Until then the old ones answer, and articles come, change and go as ever.  What is made is committed a batch at a time:
    if the rebuild is broken off, the next one with the same encoder and rule goes on where it was.

    Raises:
        StoreError: the store cannot be written.
    """
    if store.encoder is None:
        return Rebuilt(0, 0)  # there is nothing yet
    store.writing.begin_rebuild(encoder=encoder.identity, passage_rule=str(rule))
    articles = embedded = 0
    total = store.status().articles
    while not store.writing.finish_rebuild():
        held = [
            store.articles.get(article_id) for article_id in store.writing.awaiting_rebuild(max(1, batch_passages // 4))
        ]
        texts = [one.article for one in held if one is not None]
        pieces = [cut(article, rule) for article in texts]
        found = dict(
            zip(
                (text_hash for piece in pieces for text_hash in piece.hashes),
                encoder.encode_passages([text for piece in pieces for text in piece.texts]),
                strict=True,
            )
        )
        store.writing.commit_rebuilt([piece.with_vectors("", found) for piece in pieces])
        embedded += sum(len(piece.texts) for piece in pieces)
        articles += len(texts)
        progress(Progress(articles, max(total, articles), embedded))
    return Rebuilt(articles, embedded)
