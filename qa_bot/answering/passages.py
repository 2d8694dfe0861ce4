"""Search without reading: the passages that a question would be answered from, as people and programs see them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from embeddings.encoder.model import Encoder
from embeddings.filters import ArticleFilter
from embeddings.indexing.chunking import check_encoder
from embeddings.store.protocol import Store
from qa_bot.answering.results import ArticleReference, reference
from qa_bot.retrieval.near_duplicates import LOOKED_THROUGH, Copies, without_duplicates
from qa_bot.retrieval.retriever import Retriever

MOST_FOUND = LOOKED_THROUGH


class FoundPassage(BaseModel):
    """A passage that a search found: ``article.text[start:end] == text``; the higher the score, the better."""

    model_config = ConfigDict(frozen=True)

    text: str
    start: int
    end: int
    score: float
    article: ArticleReference


def found_passages(store: Store, encoder: Encoder, words: str, count: int, only: ArticleFilter) -> list[FoundPassage]:
    """The best passages, best first; of those that tell the same, one.

    Args:
        store: the articles.
        encoder: the one that made the store's vectors.
        words: as `qa_bot.answering.answerer.check_question` returns them.
        count: how many to return at most, from 1 to `MOST_FOUND`.
        only: the articles that may be found.

    Raises:
        EncoderMismatchError: another encoder made the store's vectors.
    """
    vector = encoder.encode_question(words)
    with store.view(only) as view:
        check_encoder(view, encoder.identity)
        ranking = Retriever().retrieve(view, words, vector, LOOKED_THROUGH)
        copies = Copies(view, [hit.passage.article_id for hit in ranking])
        hits = without_duplicates(ranking, view, copies)[:count]
        articles = view.articles(list(dict.fromkeys(hit.passage.article_id for hit in hits)))
    return [
        FoundPassage(
            text=passage.text,
            start=passage.start,
            end=passage.end,
            score=round(float(hit.score), 4),
            article=reference(articles[passage.article_id].article),
        )
        for hit in hits
        for passage in (hit.passage,)
        if passage.article_id in articles
    ]
