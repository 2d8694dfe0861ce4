"""An answer at another minimum confidence, as a channel of Slack may set it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa_bot.answering.results import Answer, AnswerSpan, ArticleReference, Quotation, SourceSentence, Timings, iterate


def article(name: str) -> ArticleReference:
    return ArticleReference(id=name, title=name, url=None, publisher=None, published_at=None, source=f"/news/{name}")


def quotation(name: str, confidence: float, also: tuple[str, ...] = ()) -> Quotation:
    return Quotation(
        answer=AnswerSpan(text=name, start=0, end=3, confidence=confidence),
        sentence=SourceSentence(text=f"{name} did.", start=0, end=8),
        article=article(name),
        also=tuple(article(other) for other in also),
    )


def unanswered(*quotations: Quotation) -> Answer:
    return Answer(
        question="Who did it?",
        answered=False,
        answer=None,
        sentence=None,
        article=None,
        alternatives=quotations,
        timings_ms=Timings(encode=1, search=2, read=3, total=6),
    )


def test_a_promoted_answer_brings_the_other_articles_that_have_its_sentence() -> None:
    ann, bob = quotation("Ann", 0.4, also=("wire", "archive")), quotation("Bob", 0.2)
    answer = unanswered(ann, bob).at_threshold(0.3)
    assert answer.answered
    assert (answer.answer, answer.sentence, answer.article, answer.also) == (
        ann.answer,
        ann.sentence,
        ann.article,
        ann.also,
    )
    assert [other.id for other in answer.also] == ["wire", "archive"]
    assert answer.alternatives == (bob,)


def test_an_answer_that_is_not_sure_enough_is_an_alternative_with_its_other_articles() -> None:
    ann, bob = quotation("Ann", 0.8, also=("wire",)), quotation("Bob", 0.4)
    answer = unanswered(ann, bob).at_threshold(0.5).at_threshold(0.9)
    assert not answer.answered
    assert (answer.answer, answer.sentence, answer.article, answer.also) == (None, None, None, ())
    assert answer.alternatives == (ann, bob)
    assert answer.alternatives[0].also == (article("wire"),)


def test_an_answer_between_the_thresholds_is_possible() -> None:
    ann, bob = quotation("Ann", 0.5), quotation("Bob", 0.2)
    sure, possible, unsure = (
        unanswered(ann, bob).at_threshold(*pair) for pair in ((0.5, 0.3), (0.6, 0.5), (0.6, 0.51))
    )
    assert [answer.verdict for answer in (sure, possible, unsure)] == ["answered", "possible", "unanswered"]
    assert [answer.answered for answer in (sure, possible, unsure)] == [True, False, False]
    assert (possible.answer, possible.alternatives) == (ann.answer, (bob,))
    assert unanswered(ann).at_threshold(0.4, 0.9).verdict == "answered"  # the second threshold is never above the first
    assert unanswered(ann).at_threshold(0.6, 0.9).verdict == "unanswered"


def test_answers_that_contradict_each_other_are_possible_together() -> None:
    ann, bob = quotation("Ann", 0.25), quotation("Bob", 0.2)
    side, against = ann.model_copy(update={"one_of_sides": 0.5}), bob.model_copy(update={"contradicts": True})
    assert unanswered(ann, bob).at_threshold(0.6, 0.4).verdict == "unanswered"
    assert unanswered(side, against).at_threshold(0.6, 0.4).verdict == "possible"
    assert unanswered(side, against).at_threshold(0.4).verdict == "possible"
    assert list(iterate(unanswered(side, against).at_threshold(0.4))) == [side, against]


def test_nothing_found_is_no_answer_at_any_threshold() -> None:
    assert unanswered().at_threshold(0.0) == unanswered()


@given(
    confidences=st.lists(st.floats(0, 1), max_size=4).map(lambda values: sorted(values, reverse=True)),
    first=st.floats(0, 1),
    second=st.floats(0, 1),
)
def test_the_last_threshold_decides_and_no_quotation_is_lost(
    confidences: list[float], first: float, second: float
) -> None:
    quotations = [quotation(f"{place}", confidence, also=("x",)) for place, confidence in enumerate(confidences)]
    answer = unanswered(*quotations)
    assert answer.at_threshold(first).at_threshold(second) == answer.at_threshold(second)
    assert list(iterate(answer.at_threshold(first))) == quotations
    assert answer.at_threshold(first).answered == bool(confidences and confidences[0] >= first)
