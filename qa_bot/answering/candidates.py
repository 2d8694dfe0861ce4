"""Spans that may answer a question: whole words inside one sentence of an article, and the quotation that each makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from embeddings.articles import Article
from embeddings.sentences import Span
from embeddings.store.protocol import ArticleText, View
from qa_bot.answering.results import AnswerSpan, Quotation, SourceSentence, reference
from qa_bot.answering.span_edges import whole_words
from qa_bot.reader.model import Reader, ReadingPassage, ScoredSpan
from qa_bot.retrieval.near_duplicates import Copies
from qa_bot.retrieval.retriever import RetrievedPassage


class Candidate(NamedTuple):
    """A span that may be the answer: whole words inside one sentence of an article.

    Attributes:
        article: that it is of.
        start, end: in characters of the article's text.
        sentence: that it lies in, likewise.
        span_score: the reader's, in logits.
        retrieval_score: its passage's, see `qa_bot.retrieval.retriever.RetrievedPassage`.
    """

    article: Article
    start: int
    end: int
    sentence: Span
    span_score: float
    retrieval_score: float

    @property
    def text(self) -> str:
        """The words that may answer."""
        return self.article.text[self.start : self.end]

    @property
    def place(self) -> tuple[str, int, int]:
        """The article's id, start and end: an order for candidates that are equal otherwise."""
        return self.article.id, self.start, self.end

    def source_sentence(self) -> SourceSentence:
        """The sentence that it lies in."""
        start, end = self.sentence
        return SourceSentence(text=self.article.text[start:end], start=start, end=end)

    def overlaps(self, other: Candidate) -> bool:
        """Whether it overlaps with another candidate."""
        return self.article.id == other.article.id and self.start < other.end and other.start < self.end

    def quote(self, confidence: float, copies: Copies) -> Quotation:
        """The words with their sentence, in the newest article that has the sentence; the confidence is in [0, 1]."""
        words = self.article.text[self.sentence.start : self.sentence.end]
        others = copies.with_words(self.article, words)
        newest = copies.newest(self.article)
        quoted = newest if newest in others else self.article
        shift = quoted.text.index(words) - self.sentence.start if quoted is not self.article else 0
        return Quotation(
            answer=AnswerSpan(text=self.text, start=self.start + shift, end=self.end + shift, confidence=confidence),
            sentence=SourceSentence(text=words, start=self.sentence.start + shift, end=self.sentence.end + shift),
            article=reference(quoted),
            also=tuple(reference(other) for other in (*others, self.article) if other.id != quoted.id),
            also_more=copies.more(self.article.id),
        )


def read_candidates(
    view: View,
    reader: Reader,
    question: str,
    retrieved: Sequence[RetrievedPassage],
    check: Callable[[], None] = lambda: None,
) -> list[Candidate]:
    """Reads passages; the spans that the reader finds, in its order.  `check` may give the question up."""
    articles = view.articles(list(dict.fromkeys(evidence.passage.article_id for evidence in retrieved)))
    evidence = [
        _Evidence(passage, article)
        for passage in retrieved
        if (article := articles.get(passage.passage.article_id)) is not None  # it is missing in a damaged store
    ]
    spans = reader.read(question, [passage.reading() for passage in evidence], check=check)
    return [candidate for span in spans if (candidate := evidence[span.passage].candidate(span)) is not None]


class _Evidence(NamedTuple):
    """A passage that is read, and the article that it is of."""

    retrieved: RetrievedPassage
    article: ArticleText

    def _sentences(self) -> list[Span]:
        passage = self.retrieved.passage
        return [s for s in self.article.sentences if s.end > passage.start and s.start < passage.end]

    def reading(self) -> ReadingPassage:
        passage = self.retrieved.passage
        sentences = [
            Span(max(s.start, passage.start) - passage.start, min(s.end, passage.end) - passage.start)
            for s in self._sentences()
        ]
        article = self.article.article
        return ReadingPassage(article.text[passage.start : passage.end], article.title, sentences)

    def candidate(self, span: ScoredSpan) -> Candidate | None:
        offset = self.retrieved.passage.start
        sentence = next((s for s in self._sentences() if s.start <= span.start + offset < s.end), None)
        if sentence is None:
            return None
        article = self.article.article
        start, end = whole_words(article.text, span.start + offset, min(span.end + offset, sentence.end), sentence)
        if start >= end:
            return None
        return Candidate(article, start, end, sentence, span.score, self.retrieved.score)
