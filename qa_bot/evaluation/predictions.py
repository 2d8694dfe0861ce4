"""What was predicted for each question, and the figures that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from qa_bot.evaluation.datasets import Question
from qa_bot.evaluation.metrics import RiskCoverage, best_over_references, best_threshold, risk_coverage


class Latency(BaseModel, frozen=True):
    """Percentiles of the time that one question takes, in milliseconds."""

    p50: float
    p95: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> Latency:
        """The percentiles of what was measured, interpolated; zeros for nothing."""
        p50, p95 = np.percentile(milliseconds, [50, 95]) if milliseconds else (0.0, 0.0)
        return cls(p50=round(float(p50), 3), p95=round(float(p95), 3))


class Prediction(BaseModel, frozen=True):
    """The best span for one question, whether or not it is given as the answer.

    Attributes:
        id: of the question.
        question: its text.
        expected: the annotators' answers; none for an unanswerable question.
        text: the best span's text; empty if there is no span at all.
        score: by which predictions are ranked, higher is better: log-odds against "no answer" in reader mode, the
            answer's confidence in end-to-end mode.
        confidence: calibrated probability, in [0, 1], that the span is right.
        answered: whether the confidence reaches the threshold.
        exact_match, f1: of the best span, in [0, 1], whether or not it is given; on an unanswerable question 0 for any
            span.
        milliseconds: that the question took.
        file: name of the question's file.
        title, paragraph: of the question's article, and what answers it there, if anything does.
        sentence: that the span was quoted in; empty in reader mode.
    """

    id: str
    question: str
    expected: tuple[str, ...]
    text: str
    score: float
    confidence: float
    answered: bool
    exact_match: float
    f1: float
    milliseconds: float
    file: str = ""
    title: str = Field("", exclude=True, repr=False)
    paragraph: str = Field("", exclude=True, repr=False)
    sentence: str = Field("", exclude=True, repr=False)

    @classmethod
    def of(
        cls,
        question: Question,
        text: str,
        *,
        score: float,
        confidence: float,
        threshold: float,
        milliseconds: float,
        sentence: str = "",
    ) -> Prediction:
        """The prediction of a span for a question, scored against its references."""
        expected = tuple(reference.text for reference in question.references)
        exact, f1 = best_over_references(text, expected)
        return cls(
            id=question.id,
            question=question.text,
            expected=expected,
            text=text,
            score=score,
            confidence=confidence,
            answered=bool(text) and confidence >= threshold,
            exact_match=exact,
            f1=f1,
            milliseconds=round(milliseconds, 3),
            file=question.file,
            title=question.title,
            paragraph=question.paragraph,
            sentence=sentence,
        )


class AnswerFigures(BaseModel, frozen=True):
    """Figures of a set of questions; exact match and F1 in percent, shares in [0, 1].

    Where all questions are answerable (SQuAD 1.1), `exact_match` and `f1` are those of the best span, which is forced.
    With unanswerable questions among them (SQuAD 2.0) they are those of the bot as it is deployed: a question is
    answered if the confidence reaches `threshold`, and refusing is right if it is unanswerable.  The fields below
    that can be None are for these sets alone, and follow the official script of SQuAD 2.0 (Rajpurkar et al., 2018,
    https://arxiv.org/abs/1806.03822).

    Attributes:
        questions: how many there are.
        exact_match, f1: as said above.
        threshold: confidence from which a question is answered, in [0, 1].
        answered: share of the questions that are answered at the threshold.
        answered_exact, answered_f1: of these alone; unanswerable ones among them count 0.
        has_ans_exact, has_ans_f1: at the threshold, over the answerable questions.
        no_ans_exact, no_ans_f1: at the threshold, over the unanswerable ones: the percentage that is refused.
        best_exact, best_f1: with the threshold of the score, chosen after the fact, that is best for each.
        best_exact_threshold, best_f1_threshold: these; a question is answered if its score is at least that.
        risk_coverage: see `qa_bot.evaluation.metrics`.
        latency_ms: see `Latency`.
    """

    questions: int
    exact_match: float
    f1: float
    threshold: float
    answered: float
    answered_exact: float
    answered_f1: float
    has_ans_exact: float | None = None
    has_ans_f1: float | None = None
    no_ans_exact: float | None = None
    no_ans_f1: float | None = None
    best_exact: float | None = None
    best_exact_threshold: float | None = None
    best_f1: float | None = None
    best_f1_threshold: float | None = None
    risk_coverage: RiskCoverage | None = None
    latency_ms: Latency


def answer_figures(predictions: Sequence[Prediction], threshold: float, *, curve: bool = True) -> AnswerFigures:
    """The figures for a set of predictions.

    Args:
        predictions: at least one.
        threshold: that decided which of them are answered.
        curve: whether the risk-coverage curve is wanted even if every question is answerable.
    """

    def column(name: str) -> NDArray[Any]:
        return np.array([getattr(prediction, name) for prediction in predictions])

    exact, f1, scores, answered = map(column, ("exact_match", "f1", "score", "answered"))
    answerable = np.array([bool(prediction.expected) for prediction in predictions])
    refusing = (~answerable).astype(np.float64)
    figures = AnswerFigures(
        questions=len(predictions),
        exact_match=_percent(exact),
        f1=_percent(f1),
        threshold=round(threshold, 6),
        answered=round(float(answered.mean()), 6),
        answered_exact=_percent(exact[answered]),
        answered_f1=_percent(f1[answered]),
        risk_coverage=risk_coverage(scores, exact) if curve or not answerable.all() else None,
        latency_ms=Latency.of([prediction.milliseconds for prediction in predictions]),
    )
    if answerable.all():
        return figures
    update: dict[str, float] = {}
    for name, short, gains in (("exact_match", "exact", exact), ("f1", "f1", f1)):
        deployed, best = np.where(answered, gains, refusing), best_threshold(scores, gains, refusing)
        update |= {
            name: _percent(deployed),
            f"has_ans_{short}": _percent(deployed[answerable]),
            f"no_ans_{short}": _percent(deployed[~answerable]),
            f"best_{short}": round(100 * best.mean, 4),
            f"best_{short}_threshold": best.threshold,
        }
    return figures.model_copy(update=update)


def _percent(values: NDArray[np.float64]) -> float:
    return round(100 * float(values.mean()), 4) if len(values) else 0.0
