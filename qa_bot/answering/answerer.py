"""Spans -> one answer, or none: aggregation, calibration, the source sentence, alternatives."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from embeddings.articles import Article
from embeddings.encoder.model import Encoder
from embeddings.errors import QuestionError
from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.sentences import Span
from embeddings.store.protocol import ArticleText, Store, View
from qa_bot.answering.span_edges import whole_words
from qa_bot.evaluation.metrics import normalize_answer
from qa_bot.reader.model import Reader, ReadingPassage, ScoredSpan
from qa_bot.retrieval.near_duplicates import Copies, retrieve_once
from qa_bot.retrieval.retriever import RetrievedPassage, Retriever

MAX_QUESTION_CHARS = 1000
RIGHT_F1 = 2 / 3
"""F1 against a reference from which an answer counts as right, where that is asked of it."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class AnswerSpan(_Frozen):
    """The words that answer: ``article.text[start:end] == text``; `confidence` is the probability that they are right."""

    text: str
    start: int
    end: int
    confidence: float


class SourceSentence(_Frozen):
    """The sentence that an answer stands in: ``article.text[start:end] == text``."""

    text: str
    start: int
    end: int


class ArticleReference(_Frozen):
    """The article that an answer is quoted from."""

    id: str
    title: str
    url: str | None
    author: str | None = None
    publisher: str | None
    published_at: date | datetime | None
    source: str


class Quotation(_Frozen):
    """An answer in its sentence in its article; `also` are other articles that have the sentence, the newest first."""

    answer: AnswerSpan
    sentence: SourceSentence
    article: ArticleReference
    also: tuple[ArticleReference, ...] = ()


class Timings(_Frozen):
    """Wall time of the steps, in milliseconds."""

    encode: float
    search: float
    read: float
    total: float


class Answer(_Frozen):
    """What the articles say to a question; see `Quotation` for the parts.

    `answered` is False when they do not say: then `answer` and `sentence` are None, and `alternatives` holds what came
    closest.
    """

    question: str
    answered: bool
    answer: AnswerSpan | None
    sentence: SourceSentence | None
    article: ArticleReference | None
    also: tuple[ArticleReference, ...] = ()
    alternatives: tuple[Quotation, ...]
    timings_ms: Timings


class Cancelled(Exception):
    """The question was given up while it was worked on."""


class Answerer:
    """Answers questions from a store.

    Args:
        store: the articles.
        encoder: the one that made the store's vectors.
        reader: finds the spans.
        passages_read: passages that are read for a question, at least 1.
        threshold: confidence from which an answer is given, in [0, 1]; None for the reader's own.
        alternatives: further answers that are kept.
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        reader: Reader,
        *,
        passages_read: int,
        threshold: float | None = None,
        alternatives: int = 3,
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._reader = reader
        self._retriever = Retriever()
        self._passages_read = passages_read
        self._threshold = reader.calibration.threshold if threshold is None else threshold
        self._alternatives = alternatives

    def ask(
        self, question: str, cancelled: Callable[[], bool] = lambda: False, only: ArticleFilter = EVERYTHING
    ) -> Answer:
        """Answers a question.

        Args:
            question: in words; white space around and in it does not matter.
            cancelled: asked between the steps; True gives the question up.
            only: the articles that may answer; no other is quoted, as an alternative neither.

        Raises:
            QuestionError: the question is empty, without words, or longer than `MAX_QUESTION_CHARS`.
            Cancelled: `cancelled` said so.
        """
        question = check_question(question)
        clock = _Clock(cancelled)
        vector = self._encoder.encode_question(question)
        encode = clock.lap()
        with self._store.view(only) as view:
            copies = Copies(view)
            retrieved = retrieve_once(
                lambda count: self._retriever.retrieve(view, question, vector, count),
                view,
                copies,
                self._passages_read,
            )
            search = clock.lap()
            kept = self._best(candidates(view, self._reader, question, retrieved), copies)
            read = clock.lap()
        answered = bool(kept) and kept[0].answer.confidence >= self._threshold
        best = kept[0] if answered else None
        return Answer(
            question=question,
            answered=answered,
            answer=best.answer if best else None,
            sentence=best.sentence if best else None,
            article=best.article if best else None,
            also=best.also if best else (),
            alternatives=tuple(kept[1:] if answered else kept[: self._alternatives]),
            timings_ms=Timings(encode=encode, search=search, read=read, total=clock.total()),
        )

    def _best(self, found: Sequence[Candidate], copies: Copies) -> list[Quotation]:
        """The best candidates that are really different, one more than the alternatives, best first."""
        calibration = self._reader.calibration
        scores = calibration.scores(
            np.array([candidate.span_score for candidate in found], np.float64),
            np.array([candidate.retrieval_score for candidate in found], np.float64),
        )
        confidences = calibration.probabilities(scores, [normalize_answer(candidate.text) for candidate in found])
        order = sorted(
            range(len(found)), key=lambda at: (-scores[at], found[at].article.id, found[at].start, found[at].end)
        )
        quotations: list[Quotation] = []
        for at in _different(found, order, self._alternatives + 1):
            before = quotations[-1].answer.confidence if quotations else 1.0
            quotations.append(found[at].quote(min(before, round(confidences[at], 6)), copies))
        return quotations


class _Clock:
    """Laps in milliseconds; between them the question can be given up."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self._cancelled = cancelled
        self._began = self._lap = time.perf_counter()

    def lap(self) -> float:
        if self._cancelled():
            raise Cancelled
        before, self._lap = self._lap, time.perf_counter()
        return round((self._lap - before) * 1000, 3)

    def total(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 3)


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
        """The words."""
        return self.article.text[self.start : self.end]

    def quote(self, confidence: float, copies: Copies | None = None) -> Quotation:
        """The same with its sentence and its article's facts: those of the newest article that has the sentence.

        Args:
            confidence: that it is right, in [0, 1].
            copies: of the articles; None if there are none.
        """
        words = self.article.text[self.sentence.start : self.sentence.end]
        others = copies.with_words(self.article, words) if copies else []
        newest = copies.newest(self.article) if copies else self.article
        quoted = newest if newest in others else self.article
        shift = quoted.text.index(words) - self.sentence.start if quoted is not self.article else 0
        return Quotation(
            answer=AnswerSpan(text=self.text, start=self.start + shift, end=self.end + shift, confidence=confidence),
            sentence=SourceSentence(text=words, start=self.sentence.start + shift, end=self.sentence.end + shift),
            article=reference(quoted),
            also=tuple(reference(other) for other in (*others, self.article) if other.id != quoted.id),
        )


def candidates(
    view: View,
    reader: Reader,
    question: str,
    retrieved: Sequence[RetrievedPassage],
) -> list[Candidate]:
    """Reads passages; the spans that the reader finds, in its order."""
    articles = view.articles(list(dict.fromkeys(found.passage.article_id for found in retrieved)))
    places = [
        _Place(found, held)
        for found in retrieved
        if (held := articles.get(found.passage.article_id)) and found.passage.end <= len(held.article.text)
    ]
    spans = reader.read(question, [place.reading() for place in places])
    return [candidate for span in spans if (candidate := places[span.passage].candidate(span)) is not None]


class _Place(NamedTuple):
    """A passage that is read, and the article that it is of."""

    found: RetrievedPassage
    held: ArticleText

    def _sentences(self) -> list[Span]:
        start, end = self.found.passage.start, self.found.passage.end
        return [s for s in self.held.sentences if s.end > start and s.start < end]

    def reading(self) -> ReadingPassage:
        start, end = self.found.passage.start, self.found.passage.end
        sentences = [Span(max(s.start, start) - start, min(s.end, end) - start) for s in self._sentences()]
        return ReadingPassage(self.held.article.text[start:end], self.held.article.title, sentences)

    def candidate(self, span: ScoredSpan) -> Candidate | None:
        offset = self.found.passage.start
        sentence = next((s for s in self._sentences() if s.start <= span.start + offset < s.end), None)
        if sentence is None:
            return None
        text = self.held.article.text
        start, end = whole_words(text, span.start + offset, min(span.end + offset, sentence.end), sentence)
        if start >= end:
            return None
        return Candidate(self.held.article, start, end, sentence, span.score, self.found.score)


def reference(article: Article) -> ArticleReference:
    """What an answer says of its article."""
    return ArticleReference.model_validate(article.model_dump(exclude={"text"}))


def check_question(question: str) -> str:
    """The question with its white space squeezed.

    Raises:
        QuestionError: it is empty, without words, or longer than `MAX_QUESTION_CHARS`.
    """
    printable = "".join(
        c if unicodedata.category(c) not in ("Cc", "Cs") else " " for c in question[: 20 * MAX_QUESTION_CHARS]
    )
    squeezed = " ".join(printable.split())
    if not squeezed:
        raise QuestionError('the question is empty; ask in words, for example: qa-bot ask "Who spoke in Brussels?"')
    if len(question) > 20 * MAX_QUESTION_CHARS or len(squeezed) > MAX_QUESTION_CHARS:
        raise QuestionError(f"the question is longer than {MAX_QUESTION_CHARS:,} characters; ask a shorter one")
    if not any(character.isalnum() for character in squeezed):
        raise QuestionError("the question has no words in it; ask in words")
    return squeezed


def _different(found: Sequence[Candidate], order: Sequence[int], count: int) -> list[int]:
    """Of `order`, the first `count` candidates that neither overlap one before them nor say the same in other places."""
    kept: list[int] = []
    for at in order:
        if len(kept) == count:
            break
        if not any(_same(found[at], found[other]) for other in kept):
            kept.append(at)
    return kept


def _same(one: Candidate, other: Candidate) -> bool:
    if normalize_answer(one.text) == normalize_answer(other.text):
        return True
    return one.article.id == other.article.id and one.start < other.end and other.start < one.end


def iterate(answer: Answer) -> Iterator[Quotation]:
    """The answer, if there is one, and then its alternatives."""
    if answer.answer and answer.sentence and answer.article:
        yield Quotation(answer=answer.answer, sentence=answer.sentence, article=answer.article, also=answer.also)
    yield from answer.alternatives
