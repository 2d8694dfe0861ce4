"""What a question comes to: an answer with its quotations, as the command line, the REPL and Slack show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from enum import IntEnum, StrEnum

from pydantic import BaseModel, ConfigDict, computed_field

from embeddings.articles import Article
from qa_bot.answering.datelines import date_in_text
from qa_bot.answering.missing import Missing
from qa_bot.answering.question_kind import QuestionKind
from qa_bot.answering.relative_days import NamedDay, relative_days


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class AnswerSpan(_Frozen):
    """The words that answer: ``article.text[start:end] == text``; `confidence` is the probability that they are right."""

    text: str
    start: int
    end: int
    confidence: float


class AnswerPart(_Frozen):
    """A piece of an answer that lists several things: ``article.text[start:end] == text``."""

    text: str
    start: int
    end: int


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
    date_in_text: date | None = None
    source: str


class Source(_Frozen):
    """Another article that says the same, and its sentence."""

    sentence: SourceSentence
    article: ArticleReference


class Quotation(_Frozen):
    """An answer in its sentence in its article.

    `also` are other articles that have the sentence, the newest first.  `also_more` more articles tell the same story; they
    were not searched for the sentence, as they are so many.  `agreeing` say the same in other words, the newest first.
    `contradicts` says of an alternative that it and the first answer cannot both be right; then `one_of_sides`, of the first
    answer, is the probability that one of these is right, else 0.  `parts` are the pieces of an answer that is a list.
    """

    answer: AnswerSpan
    sentence: SourceSentence
    article: ArticleReference
    also: tuple[ArticleReference, ...] = ()
    also_more: int = 0
    agreeing: tuple[Source, ...] = ()
    parts: tuple[AnswerPart, ...] = ()
    one_of_sides: float = 0.0
    contradicts: bool = False

    @computed_field  # type: ignore[prop-decorator]
    @property
    def days(self) -> tuple[NamedDay, ...]:
        """The days that the sentence names without their dates: ``article.text[day.start:day.end] == day.text``."""
        return _days_in(self.sentence, self.article)


class TeamAnswer(_Frozen):
    """An answer that somebody of the team saved.

    Attributes:
        id: 12 hexadecimal digits, from the workspace and the question.
        question: that it answers.
        text: the answer in the person's own words.
        by: name of who saved it.
        by_id: their id in Slack; None if they saved it elsewhere.
        saved_at: when, in UTC.
        link: where it was said, or where more stands; None if nobody gave one.
        workspace: id of the Slack workspace that it is for; empty for everybody.
    """

    id: str
    question: str
    text: str
    by: str
    by_id: str | None = None
    saved_at: datetime
    link: str | None = None
    workspace: str = ""


class Timings(_Frozen):
    """Wall time of the steps, in milliseconds."""

    encode: float
    search: float
    read: float
    total: float


class AnswerVerdict(StrEnum):
    """The three kinds of reply.

    Attributes:
        ANSWERED: the answer is sure enough.
        POSSIBLE: it is worth showing, and may well be wrong.
        UNANSWERED: the articles don't say.
    """

    ANSWERED = "answered"
    POSSIBLE = "possible"
    UNANSWERED = "unanswered"


class Answer(_Frozen):
    """What the articles say to a question; see `Quotation` for the parts.

    `answered` is True when an answer is sure enough.  When it is only possible, `answered` is False, and the answer is there
    all the same.  When the articles do not say, `answer`, `sentence` and `article` are None, `alternatives` holds what came
    closest, and `missing` says why.

    `understood_as` is the question that was read, where that is not the one that was asked: completed by the conversation, or
    with slips of the finger repaired.
    `kind` says what the answer is: a few words; with `QuestionKind.YES_NO`, the sentence that decides; with
    `QuestionKind.ARTICLES`, a sentence of the newest article on a topic, and in `alternatives` those of further articles.
    `team_answer` is what the team saved as its own answer; it stands beside what the articles say, and changes nothing of it.
    """

    question: str
    understood_as: str | None = None
    answered: bool
    answer: AnswerSpan | None
    sentence: SourceSentence | None
    article: ArticleReference | None
    also: tuple[ArticleReference, ...] = ()
    also_more: int = 0
    agreeing: tuple[Source, ...] = ()
    parts: tuple[AnswerPart, ...] = ()
    one_of_sides: float = 0.0
    alternatives: tuple[Quotation, ...]
    missing: Missing | None = None
    kind: QuestionKind = QuestionKind.SPAN
    team_answer: TeamAnswer | None = None
    timings_ms: Timings

    @computed_field  # type: ignore[prop-decorator]
    @property
    def days(self) -> tuple[NamedDay, ...]:
        """As `Quotation.days`; empty without an answer."""
        return _days_in(self.sentence, self.article) if self.sentence and self.article else ()

    @property
    def asked(self) -> str:
        """The question as it can be asked again, without the conversation."""
        return self.understood_as or self.question

    @property
    def helps(self) -> bool:
        """Whether the articles answer it, or the team."""
        return self.answered or self.team_answer is not None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verdict(self) -> AnswerVerdict:
        """Which of the three kinds of reply it is."""
        if self.answered:
            return AnswerVerdict.ANSWERED
        return AnswerVerdict.UNANSWERED if self.answer is None else AnswerVerdict.POSSIBLE

    def at_threshold(self, threshold: float, possible: float = 1.0) -> Answer:
        """The same with another minimum confidence for an answer, and for a possible one, in [0, 1].

        The lower of the two counts for a possible one; so by default, no answer is only possible.
        """
        quotations = tuple(iterate(self))
        confidence = quotations[0].answer.confidence if quotations else -1.0
        return self._of(quotations, confidence >= threshold, is_possible(quotations, min(threshold, possible)))

    def without_first(self) -> Answer:
        """The same without its best quotation; the next one is the answer, if there was one."""
        quotations = tuple(iterate(self))[1:]
        is_shown = self.answer is not None and bool(quotations)
        return self._of(quotations, self.answered and is_shown, is_shown)

    def _of(self, quotations: Sequence[Quotation], is_answered: bool, is_shown: bool) -> Answer:
        best = quotations[0] if is_shown else None
        return self.model_copy(
            update={
                "answered": is_answered,
                "missing": None if best else self.missing,
                "answer": best and best.answer,
                "sentence": best and best.sentence,
                "article": best and best.article,
                "also": best.also if best else (),
                "also_more": best.also_more if best else 0,
                "agreeing": best.agreeing if best else (),
                "parts": best.parts if best else (),
                "one_of_sides": best.one_of_sides if best else 0.0,
                "alternatives": tuple(quotations[1:] if best else quotations),
            }
        )


def iterate(answer: Answer) -> Iterator[Quotation]:
    """The answer, if there is one, sure or possible, and then its alternatives."""
    if answer.answer and answer.sentence and answer.article:
        yield Quotation(
            answer=answer.answer,
            sentence=answer.sentence,
            article=answer.article,
            also=answer.also,
            also_more=answer.also_more,
            agreeing=answer.agreeing,
            parts=answer.parts,
            one_of_sides=answer.one_of_sides,
        )
    yield from answer.alternatives


def is_possible(quotations: Sequence[Quotation], least: float) -> bool:
    """Whether the first of some quotations, or one of those that contradict it, is right with a probability of `least`."""
    return bool(quotations) and max(quotations[0].answer.confidence, quotations[0].one_of_sides) >= least


def reference(article: Article) -> ArticleReference:
    """What an answer says of its article; `date_in_text` is there only if the article has no date."""
    found = date_in_text(article.text) if article.published_at is None else None
    return ArticleReference.model_validate({**article.model_dump(exclude={"text"}), "date_in_text": found})


def published_on(article: Article) -> date | None:
    """The day of an article: its date, or the one that its first lines give."""
    published = article.published_at
    if published is None:
        return date_in_text(article.text)
    return published.date() if isinstance(published, datetime) else published


def day_of(article: ArticleReference) -> date | None:
    """The same of what an answer says of its article."""
    published = article.published_at or article.date_in_text
    return published.date() if isinstance(published, datetime) else published


def _days_in(sentence: SourceSentence, article: ArticleReference) -> tuple[NamedDay, ...]:
    days = relative_days(sentence.text, day_of(article))
    shifted = ({"start": day.start + sentence.start, "end": day.end + sentence.start} for day in days)
    return tuple(day.model_copy(update=places) for day, places in zip(days, shifted, strict=True))


def newest_first(sources: Iterable[Source]) -> list[Source]:
    """Sources by their days, those without a day last."""
    return sorted(sources, key=lambda source: day_of(source.article) or date.min, reverse=True)


class Sureness(IntEnum):
    """A step of confidence; the value is its place in a list of words, the surest first."""

    VERY = 0
    FAIRLY = 1
    NOT_VERY = 2
    GUESS = 3


_FROM = {Sureness.VERY: 0.85, Sureness.FAIRLY: 0.6, Sureness.NOT_VERY: 0.3}
"""Confidence from which a step counts."""


def sureness_of(confidence: float) -> Sureness:
    """The step of a confidence in [0, 1]."""
    return next((step for step, least in _FROM.items() if confidence >= least), Sureness.GUESS)


def percent_of(confidence: float) -> int:
    """A confidence as a whole percentage in [1, 99]: nobody can be surer than that."""
    return min(max(round(confidence * 100), 1), 99)
