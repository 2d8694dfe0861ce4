"""An article -> the sentences and passages that are stored of it, by one rule for the whole store."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.articles import Article, opening_words
from embeddings.errors import EncoderMismatchError
from embeddings.passages import Passage, embedded_text, split_passages
from embeddings.sentences import Span
from embeddings.store.protocol import IndexedArticle, NewPassage, Store, View

BATCH_PASSAGES = 256
"""Passages after which a batch of articles is committed: a few seconds of work on two cores."""


class PassageRule(NamedTuple):
    """How articles are cut into passages; see `embeddings.passages.split_passages`."""

    max_chars: int = 800
    overlap_sentences: int = 1

    def __str__(self) -> str:
        return f"at most {self.max_chars} characters, overlap {self.overlap_sentences}, under the title"


def check_encoder(store: Store | View, encoder: str, passage_rule: str | None = None) -> None:
    """Refuses a store whose vectors come from another encoder, or whose passages follow another rule.

    Raises:
        EncoderMismatchError: with the command that rebuilds the store.
    """
    if store.encoder not in (None, encoder):
        made = f"the store was made with the encoder {store.encoder}, the settings name {encoder}; set the encoder back"
        raise EncoderMismatchError(f"{made}, or rebuild the store: qa-bot index --rebuild")
    if passage_rule is not None and store.passage_rule not in (None, passage_rule):
        cut_by = f"the store's passages are {store.passage_rule}, the settings say {passage_rule}; set them back"
        raise EncoderMismatchError(f"{cut_by}, or rebuild the store: qa-bot index --rebuild")


class CutArticle(NamedTuple):
    """An article in passages.

    Attributes:
        article: as it was read.
        passages: of its text.
        texts: what is embedded of each passage.
        hashes: of each of the texts, 16 bytes; equal texts have equal vectors.
    """

    article: Article
    passages: Sequence[Passage]
    texts: list[str]
    hashes: Sequence[bytes]

    @property
    def sentences(self) -> list[Span]:
        """The article's sentences, in order; each is in at least one passage."""
        return list(dict.fromkeys(sentence for passage in self.passages for sentence in passage.sentences))

    def with_vectors(self, origin: str, vectors: Mapping[bytes, NDArray[np.float32]]) -> IndexedArticle:
        """The article as it is stored: with the location of its source, and with its vectors by the hashes of the texts."""
        passages = [
            NewPassage(passage.start, passage.end, text_hash, vectors[text_hash])
            for passage, text_hash in zip(self.passages, self.hashes, strict=True)
        ]
        return IndexedArticle(self.article, origin, self.sentences, passages)


def cut(article: Article, rule: PassageRule) -> CutArticle:
    """Cuts an article into passages."""
    passages = split_passages(article.text, max_chars=rule.max_chars, overlap_sentences=rule.overlap_sentences)
    # Opening words that stand in for a title say nothing that the text does not, and change with it.
    title = "" if article.title == opening_words(article.text) else article.title
    texts = [embedded_text(title, article.text[passage.start : passage.end]) for passage in passages]
    return CutArticle(article, passages, texts, [hashlib.sha256(text.encode()).digest()[:16] for text in texts])
