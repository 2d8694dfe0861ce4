"""Question -> one answer, or none: what search brings is read, and the best spans are weighed."""

from __future__ import annotations

import time
from collections.abc import Callable

from embeddings.encoder.model import Encoder
from embeddings.errors import QuestionError, QuestionTimeoutError
from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.indexing.chunking import check_encoder
from embeddings.store.protocol import Store
from embeddings.text import squeeze
from qa_bot.answering.candidates import read_candidates
from qa_bot.answering.explanation import Explanation, explain
from qa_bot.answering.missing import what_is_missing
from qa_bot.answering.overview import overview, topic_of
from qa_bot.answering.question_kind import QuestionKind, QuestionKinds
from qa_bot.answering.results import Answer, SourceSentence, Timings, is_possible
from qa_bot.answering.typos import repaired
from qa_bot.answering.weighing import weigh, whole_sentences
from qa_bot.reader.model import Reader
from qa_bot.retrieval.near_duplicates import LOOKED_THROUGH, Copies, without_duplicates
from qa_bot.retrieval.retriever import Retriever

MAX_QUESTION_CHARS = 1000
_AROUND = 2
"""Sentences before an answer's, and after it, that are its context."""


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
        possible_threshold: confidence from which an answer below it is shown as possible, likewise.
        alternatives: further answers that are kept.
        seconds: that a question may take.
    """

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        reader: Reader,
        *,
        passages_read: int,
        threshold: float | None = None,
        possible_threshold: float | None = None,
        alternatives: int = 3,
        seconds: float = 10.0,
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._reader = reader
        self._retriever = Retriever()
        self._kinds = QuestionKinds.packaged()
        self._passages_read = passages_read
        own = reader.calibration
        self._threshold = own.threshold if threshold is None else threshold
        self._possible = own.possible_threshold if possible_threshold is None else possible_threshold
        self._alternatives = alternatives
        self._seconds = seconds

    def in_context(self, answer: Answer) -> Answer:
        """An answer whose sentence is quoted with its neighbours; as it is, if the article has changed since."""
        if answer.sentence is None or answer.article is None:
            return answer
        stored = self._store.articles.get(answer.article.id)
        sentence = answer.sentence
        if stored is None or stored.article.text[sentence.start : sentence.end] != sentence.text:
            return answer
        before = [near for near in stored.sentences if near.end <= sentence.start][-_AROUND:]
        after = [near for near in stored.sentences if near.start >= sentence.end][:_AROUND]
        start = before[0].start if before else sentence.start
        end = after[-1].end if after else sentence.end
        wider = SourceSentence(text=stored.article.text[start:end], start=start, end=end)
        return answer.model_copy(update={"sentence": wider})

    def ask(
        self,
        question: str,
        cancelled: Callable[[], bool] = lambda: False,
        only: ArticleFilter = EVERYTHING,
        explained: Callable[[Explanation], None] | None = None,
    ) -> Answer:
        """Answers a question from one view of the store.

        Args:
            question: as `check_question` returns it.
            cancelled: asked between the steps; True gives the question up.
            only: the articles that may answer; no other is quoted, as an alternative neither.
            explained: is told what led to the answer, unless it is a list of articles.

        Raises:
            EncoderMismatchError: another encoder made the store's vectors.
            Cancelled: `cancelled` said so.
            QuestionTimeoutError: it takes too long.
        """
        clock = _Clock(cancelled, self._seconds)
        kind = self._kinds.kind_of(question)
        if kind is QuestionKind.ARTICLES and (listed := self._articles_on(question, only, clock)):
            return listed
        asked = question
        vector = self._encoder.encode_question(question)
        encode = clock.lap()
        with self._store.view(only) as view:
            check_encoder(view, self._encoder.identity)
            ranking = self._retriever.retrieve(view, question, vector, LOOKED_THROUGH)
            question = repaired(question, view, self._reader, [evidence.passage for evidence in ranking])
            if question != asked:
                vector = self._encoder.encode_question(question)
                ranking = self._retriever.retrieve(view, question, vector, LOOKED_THROUGH)
            copies = Copies(view, [evidence.passage.article_id for evidence in ranking])
            retrieved = without_duplicates(ranking, view, copies)[: self._passages_read]
            search = clock.lap()
            candidates = read_candidates(view, self._reader, question, retrieved, clock.check)
            quotations = weigh(candidates, self._reader.calibration, copies, self._alternatives + 1)
            quotations = whole_sentences(quotations) if kind is QuestionKind.YES_NO else quotations
            missing = None
            if not is_possible(quotations, min(self._threshold, self._possible)):
                del quotations[self._alternatives :]
                passages = [evidence.passage for evidence in retrieved]
                topic = topic_of(question, self._kinds) if kind is QuestionKind.ARTICLES else question
                missing = what_is_missing(self._store, view, self._reader, topic, passages)
            if explained is not None:
                limits = {"threshold": self._threshold, "possible_threshold": self._possible}
                explained(explain(retrieved, candidates, self._reader.calibration, **limits))
        read = clock.lap()
        return Answer(
            question=asked,
            understood_as=question if question != asked else None,
            answered=False,
            answer=None,
            sentence=None,
            article=None,
            alternatives=tuple(quotations),
            missing=missing,
            kind=QuestionKind.YES_NO if kind is QuestionKind.YES_NO else QuestionKind.SPAN,
            timings_ms=Timings(encode=encode, search=search, read=read, total=clock.total()),
        ).at_threshold(self._threshold, self._possible)

    def _articles_on(self, question: str, only: ArticleFilter, clock: _Clock) -> Answer | None:
        """The articles on what a question asks about; None if none has its words."""
        topic = topic_of(question, self._kinds)
        with self._store.view(only) as view:
            check_encoder(view, self._encoder.identity)
            quotations = overview(view, self._encoder, self._retriever, topic, self._alternatives + 1)
        if not quotations or quotations[0].answer.confidence < self._threshold:
            return None
        search = clock.lap()
        return Answer(
            question=question,
            answered=False,
            answer=None,
            sentence=None,
            article=None,
            alternatives=tuple(quotations),
            kind=QuestionKind.ARTICLES,
            timings_ms=Timings(encode=0.0, search=search, read=0.0, total=clock.total()),
        ).at_threshold(self._threshold, self._possible)


class _Clock:
    """Laps in milliseconds; between them, and at each check, the question can be given up."""

    def __init__(self, cancelled: Callable[[], bool], seconds: float) -> None:
        self._cancelled = cancelled
        self._seconds = seconds
        self._began = self._lap = time.perf_counter()

    def check(self) -> None:
        if self._cancelled():
            raise Cancelled
        if time.perf_counter() - self._began > self._seconds:
            raise QuestionTimeoutError(
                f"the passages cannot be read in {self._seconds:g} s; ask a more precise question, or raise the setting "
                "question_seconds"
            )

    def lap(self) -> float:
        self.check()
        before, self._lap = self._lap, time.perf_counter()
        return round((self._lap - before) * 1000, 3)

    def total(self) -> float:
        return round((time.perf_counter() - self._began) * 1000, 3)


def check_question(question: str) -> str:
    """The question with its white space squeezed.

    Raises:
        QuestionError: it is empty, without words, or longer than `MAX_QUESTION_CHARS`.
    """
    squeezed = squeeze(question[: 20 * MAX_QUESTION_CHARS])
    if not squeezed:
        raise QuestionError('the question is empty; ask in words, for example: qa-bot ask "Who spoke in Brussels?"')
    if len(question) > 20 * MAX_QUESTION_CHARS or len(squeezed) > MAX_QUESTION_CHARS:
        raise QuestionError(f"the question is longer than {MAX_QUESTION_CHARS:,} characters; ask a shorter one")
    if not any(character.isalnum() for character in squeezed):
        raise QuestionError("the question has no words in it; ask in words")
    return squeezed
