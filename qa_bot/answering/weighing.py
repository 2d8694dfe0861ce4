"""Candidates -> quotations: the same answer from several articles counts as one, and answers that contradict it are marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from embeddings.sentences import Span
from qa_bot.answering.candidates import Candidate
from qa_bot.answering.list_parts import list_parts
from qa_bot.answering.normalize import normalize_answer
from qa_bot.answering.results import AnswerPart, AnswerSpan, Quotation, Source, newest_first, published_on, reference
from qa_bot.answering.same_answer import Meaning, groups, meaning_of
from qa_bot.reader.confidence import Calibration, shares
from qa_bot.retrieval.near_duplicates import Copies

STANDS = 0.4
"""Probability from which a candidate counts as a source or a contradiction, if nothing else had been found."""

RIVALS = 0.1
"""Share of the first answer's confidence from which an answer counts as contradicting it.

On the half `tune` of tests/benchmarks/questions, this finds 5 of 8 contradictions whose answers are both read, and says of one of
130 ordinary questions that the articles differ.
"""

NEAR = 0.05
"""Difference of two such probabilities up to which the newer of two articles comes first: 0.05 does best there."""

MOST_SOURCES = 10


class Weighed(NamedTuple):
    """A candidate and what it weighs.

    Attributes:
        candidate: that is weighed.
        meaning: what it says.
        group: place of the first candidate that says the same.
        confidence: probability that it is right, in view of the others.
        alone: the same, if nothing else had been found.
        score: what it is ranked by.
        share: of the weight of all candidates, that of its group; see `qa_bot.reader.confidence.shares`.
    """

    candidate: Candidate
    meaning: Meaning
    group: int
    confidence: float
    alone: float
    score: float
    share: float


def weigh(candidates: Sequence[Candidate], calibration: Calibration, copies: Copies, count: int) -> list[Quotation]:
    """The best candidates that say different things, best first.

    Args:
        candidates: what the reader found.
        calibration: of the reader.
        copies: the articles that tell the same as others.
        count: how many to return at most.
    """
    ranking = ranked(candidates, calibration)
    if ranking:
        best = _newer_of_near_equals(ranking)
        ranking = [best, *(other for other in ranking if other is not best)]
    chosen: list[Weighed] = []
    for weighed in ranking:
        if len(chosen) >= count:
            break
        if not any(weighed.group == other.group or weighed.candidate.overlaps(other.candidate) for other in chosen):
            chosen.append(weighed)
    quotations: list[Quotation] = []
    against = [weighed for weighed in chosen if _contradicts(weighed, chosen[0])]
    for weighed in chosen:
        before = quotations[-1].answer.confidence if quotations else 1.0
        quotation = weighed.candidate.quote(min(before, round(weighed.confidence, 6)), copies)
        facts = {
            "agreeing": _sources(weighed, ranking, quotation),
            "parts": _parts(weighed, ranking, quotation),
            "contradicts": weighed in against,
        }
        quotations.append(quotation.model_copy(update=facts))
    if against:
        one_of_sides = round(_one_of([chosen[0], *against], calibration), 6)
        quotations[0] = quotations[0].model_copy(update={"one_of_sides": one_of_sides})
    return quotations


def whole_sentences(quotations: Sequence[Quotation]) -> list[Quotation]:
    """Quotations whose answers are their sentences, each sentence once: where a question wants no words but a yes or no."""
    sentences: dict[tuple[str, int], Quotation] = {}
    for quotation in quotations:
        sentence, confidence = quotation.sentence, quotation.answer.confidence
        answer = AnswerSpan(text=sentence.text, start=sentence.start, end=sentence.end, confidence=confidence)
        widened = quotation.model_copy(
            update={"answer": answer, "agreeing": (), "parts": (), "contradicts": False, "one_of_sides": 0.0}
        )
        sentences.setdefault((quotation.article.id, sentence.start), widened)
    return list(sentences.values())


def ranked(candidates: Sequence[Candidate], calibration: Calibration) -> list[Weighed]:
    """The candidates by their scores, with the probabilities that follow from them."""
    scores = calibration.scores(
        np.array([candidate.span_score for candidate in candidates], np.float64),
        np.array([candidate.retrieval_score for candidate in candidates], np.float64),
    )
    order = sorted(zip(candidates, scores.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0].place))
    texts = [candidate.text for candidate, _ in order]
    labels = groups(texts)
    sorted_scores = np.array([score for _, score in order], np.float64)
    firsts = [order[label][0] for label in labels]
    words = [_counts_as(candidate, first) for (candidate, _), first in zip(order, firsts, strict=True)]
    confidences = calibration.probabilities(sorted_scores, words)
    parts = shares(sorted_scores, list(map(str, labels))).tolist()
    return [
        Weighed(candidate, meaning_of(candidate.text), label, confidence, calibration.probability(score), score, share)
        for (candidate, score), label, confidence, share in zip(order, labels, confidences, parts, strict=True)
    ]


def _one_of(sides: Sequence[Weighed], calibration: Calibration) -> float:
    """The probability that one of some sides is right: sides that contradict each other take weight from each other."""
    return calibration.probability(max(side.score for side in sides), min(1.0, sum(side.share for side in sides)))


def _counts_as(candidate: Candidate, first: Candidate) -> str:
    """The words whose weight a candidate adds to, given the first one that says the same.

    In one sentence, a longer and a shorter piece are rivals, as they are where the calibration is fitted; from another
    sentence, it is further evidence.
    """
    same_place = (candidate.article.id, candidate.sentence) == (first.article.id, first.sentence)
    return normalize_answer((candidate if same_place else first).text)


def _newer_of_near_equals(ranking: Sequence[Weighed]) -> Weighed:
    """The first candidate, or one that says the same or contradicts it about as surely in a newer article."""
    first = ranking[0]
    day = published_on(first.candidate.article)
    rivals = [
        other
        for other in ranking[1:]
        if other.alone >= max(STANDS, first.alone - NEAR)
        and other.candidate.article.id != first.candidate.article.id
        and (other.group == first.group or other.meaning.contradicts(first.meaning))
        and (newer := published_on(other.candidate.article)) is not None
        and (day is None or newer > day)
    ]
    return max(rivals, key=lambda other: str(published_on(other.candidate.article)), default=first)


def _sources(weighed: Weighed, ranking: Sequence[Weighed], quotation: Quotation) -> tuple[Source, ...]:
    """Other articles that say the same in other words, the newest first."""
    seen = {quotation.article.id, weighed.candidate.article.id, *(other.id for other in quotation.also)}
    sources = []
    for other in ranking:
        article = other.candidate.article
        if other.group == weighed.group and other.alone >= STANDS and article.id not in seen:
            seen.add(article.id)
            sources.append(Source(sentence=other.candidate.source_sentence(), article=reference(article)))
    return tuple(newest_first(sources[:MOST_SOURCES]))


def _parts(weighed: Weighed, ranking: Sequence[Weighed], quotation: Quotation) -> tuple[AnswerPart, ...]:
    """The pieces of an answer that is a list, in the article that is quoted."""
    own = weighed.candidate
    same_sentence = [
        Span(other.candidate.start, other.candidate.end)
        for other in ranking
        if other is not weighed
        and (other.candidate.article.id, other.candidate.sentence) == (own.article.id, own.sentence)
    ]
    text, shift = own.article.text, quotation.answer.start - own.start
    pieces = list_parts(text, Span(own.start, own.end), same_sentence)
    return tuple(AnswerPart(text=text[start:end], start=start + shift, end=end + shift) for start, end in pieces)


def _contradicts(weighed: Weighed, first: Weighed) -> bool:
    return (
        weighed is not first
        and min(weighed.alone, first.alone) >= STANDS
        and weighed.confidence >= RIVALS * first.confidence
        and weighed.candidate.article.id != first.candidate.article.id
        and weighed.meaning.contradicts(first.meaning)
    )
