"""What there is on something: the articles on a topic, the newest first, each with the sentence that says most of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from embeddings.encoder.model import Encoder
from embeddings.sentences import Span
from embeddings.store.protocol import ArticleText, View
from embeddings.words import Stemmer, split_words
from qa_bot.answering.question_kind import QuestionKinds
from qa_bot.answering.results import AnswerSpan, Quotation, SourceSentence, published_on, reference
from qa_bot.retrieval.near_duplicates import LOOKED_THROUGH, Copies, without_duplicates
from qa_bot.retrieval.retriever import RetrievedPassage, Retriever

ABOUT = 0.12
"""How far an article's best passage may fall behind the best of all, in retrieval score, and still be on the topic."""


_SHORTEST = 6


class _Found(NamedTuple):
    passage: RetrievedPassage
    article: ArticleText
    coverage: float

    @property
    def day(self) -> date:
        return published_on(self.article.article) or date.min


def topic_of(question: str, kinds: QuestionKinds) -> str:
    """What a request for articles is about: its words without those that only ask; all of them if there are no others."""
    words = split_words(question)
    topic = [word for at, word in enumerate(words) if (at and word[0].isupper()) or not kinds.asks_for_articles(word)]
    topic = [word for word in topic if len(word) > 1 or not word.islower()]  # the "s" of "what's"
    stemmer = Stemmer()
    while topic and not stemmer.says_something(topic[0]):
        topic.pop(0)
    return " ".join(topic or words)


def overview(view: View, encoder: Encoder, retriever: Retriever, topic: str, count: int) -> list[Quotation]:
    """The newest articles on a topic.

    Args:
        view: of the store.
        encoder: the one that made the store's vectors.
        retriever: finds the passages.
        topic: in words.
        count: how many articles to return at most.

    Returns:
        Each article's sentence on the topic, as an answer whose confidence is the share of the topic's words, weighted by
        their rarity, that its passage has.
    """
    ranking = retriever.retrieve(view, topic, encoder.encode_question(topic), LOOKED_THROUGH)
    copies = Copies(view, [hit.passage.article_id for hit in ranking])
    best: dict[str, RetrievedPassage] = {}
    for hit in without_duplicates(ranking, view, copies):
        best.setdefault(hit.passage.article_id, hit)
    stemmer = Stemmer()
    terms = {stemmer.stem(word) for word in split_words(topic) if stemmer.says_something(word)}
    idf = view.idf(list(terms))
    articles = view.articles(list(best))
    found = [
        _Found(hit, articles[article_id], _weight(f"{hit.passage.title} {hit.passage.text}", idf, stemmer))
        for article_id, hit in best.items()
        if article_id in articles
    ]
    limit = max((one.passage.score for one in found), default=0.0) - ABOUT
    widest = max((one.coverage for one in found), default=0.0)
    about = [one for one in found if one.passage.score >= limit and one.coverage >= 0.99 * widest]
    about.sort(key=lambda one: (-one.day.toordinal(), -one.passage.score, one.passage.passage.id))
    total = sum(idf.values()) or 1.0
    return [_quotation(one, idf, stemmer, min(1.0, one.coverage / total), copies) for one in about[:count]]


def _weight(text: str, idf: Mapping[str, float], stemmer: Stemmer) -> float:
    present = set(stemmer.stems(split_words(text)))
    return sum(rarity for term, rarity in idf.items() if term in present)


def _tells(sentence: str, title: str) -> bool:
    """Whether a sentence is more than a heading, a name or a date."""
    words = split_words(sentence)
    return len(words) >= _SHORTEST and " ".join(words) != " ".join(split_words(title))


def _quotation(
    found: _Found, idf: Mapping[str, float], stemmer: Stemmer, confidence: float, copies: Copies
) -> Quotation:
    article, passage = found.article.article, found.passage.passage
    told = [s for s in found.article.sentences if _tells(article.text[s.start : s.end], article.title)]
    inside = told or [Span(passage.start, passage.end)]
    start, end = max(inside, key=lambda s: (_weight(article.text[s.start : s.end], idf, stemmer), -s.start))
    text = article.text[start:end]
    return Quotation(
        answer=AnswerSpan(text=text, start=start, end=end, confidence=round(confidence, 6)),
        sentence=SourceSentence(text=text, start=start, end=end),
        article=reference(article),
        also=tuple(reference(copy) for copy in copies.with_words(article, text)),
        also_more=copies.more(article.id),
    )
