"""The report as a page: it stands alone, shows what was measured, and nothing from a question file comes alive in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from qa_bot.evaluation import breakdown
from qa_bot.evaluation.charts import Bar, Series, bar_chart, histogram, line_chart
from qa_bot.evaluation.html_report import html_page
from qa_bot.evaluation.predictions import Prediction
from qa_bot.evaluation.report import EvaluationReport


def prediction(
    place: int = 0, *, confidence: float = 0.9, f1: float = 1.0, expected: tuple[str, ...] = ("Ann",)
) -> Prediction:
    return Prediction(
        id=f"q{place}",
        question="Who did it?",
        expected=expected,
        text="Ann",
        score=confidence,
        confidence=confidence,
        answered=confidence >= 0.5,
        exact_match=f1,
        f1=f1,
        milliseconds=10.0 + place,
        file="a.json",
        title="The case",
        paragraph="It was Ann.",
        sentence="It was Ann.",
    )


def test_the_page_stands_alone(mixed_report: EvaluationReport) -> None:
    page = html_page(mixed_report)
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|https?://(?!www\.w3\.org)", page)
    assert "default-src 'none'" in page
    tree = html.fromstring(page)
    assert tree.xpath("//meta[@name='viewport']")
    assert len(tree.xpath("//svg")) >= 10


def test_the_page_shows_the_figures_of_each_mode(mixed_report: EvaluationReport) -> None:
    text = " ".join(html.fromstring(html_page(mixed_report)).text_content().split())
    for part in (
        "19 of 19 questions",
        "From the question to the answer",
        "Reading the given paragraph",
        "Finding the paragraph",
        "The worst errors",
        "Expected calibration error",
        "By what a question asks with",
        "By the length of the answer",
        "passages_read",
    ):
        assert part in text, part


def test_what_a_question_file_holds_is_only_text(mixed_report: EvaluationReport) -> None:
    hostile = "<script>alert(1)</script>\"'&"
    bad = prediction(f1=0.0, confidence=0.99).model_copy(
        update=dict.fromkeys(("question", "text", "title", "paragraph", "sentence", "id", "file"), hostile)
    )
    report = mixed_report.model_copy(update={"end_to_end_predictions": (bad, prediction(1))})
    page = html_page(report)
    assert "<script" not in page
    assert "alert(1)" in page


def test_an_error_shows_what_was_expected_and_what_was_given(mixed_report: EvaluationReport) -> None:
    wrong = prediction(f1=0.0).model_copy(
        update={"expected": ("Bob",), "paragraph": "Not Ann but Bob did it.", "sentence": "It was Ann & co."}
    )
    tree = html.fromstring(html_page(mixed_report.model_copy(update={"end_to_end_predictions": (wrong,)})))
    (error,) = tree.find_class("error")
    assert [mark.text for mark in error.iter("mark")] == ["Bob", "Bob", "Ann", "Ann"]
    assert "It was Ann & co." in error.text_content()


def test_the_worst_errors_are_the_surest_ones() -> None:
    sure, unsure, refused = prediction(1, f1=0.0), prediction(2, f1=0.0, confidence=0.6), prediction(3, confidence=0.4)
    right, rightly_refused = prediction(4), prediction(5, confidence=0.1, expected=())
    assert breakdown.worst([right, refused, unsure, rightly_refused, sure]) == [sure, unsure, refused]


def test_groups_and_intervals_are_those_of_the_questions() -> None:
    many = [prediction(place, f1=float(place % 2)) for place in range(400)]
    (group,) = breakdown.groups_by(many, breakdown.question_word)
    assert (group.name, group.questions, group.right.mean) == ("who", 400, 0.5)
    assert 0.44 < group.right.low < 0.46
    assert 0.54 < group.right.high < 0.56
    assert breakdown.answer_length(prediction(expected=("one two three", "one two"))) == "2 or 3 words"
    assert breakdown.answer_length(prediction(expected=())) == "no answer"


def test_a_difference_is_measured_question_by_question() -> None:
    before, after = [0.0, 1.0, 0.0, 1.0] * 50, [1.0, 1.0, 0.0, 1.0] * 50
    gained = breakdown.difference(before, after)
    assert gained.mean == 0.25
    assert 0.18 < gained.low < gained.high < 0.32


def test_calibration_compares_confidence_with_what_is_right() -> None:
    error, bins = breakdown.calibration(
        [prediction(place, confidence=0.95, f1=float(place < 8)) for place in range(10)]
    )
    assert error == pytest.approx(0.15)
    assert [(b.predictions, b.accuracy) for b in bins] == [(10, 0.8)]


numbers = st.floats(0, 1)


@given(st.lists(st.tuples(numbers, numbers), max_size=5), st.text(max_size=9))
def test_any_figures_make_a_chart(points: list[tuple[float, float]], name: str) -> None:
    values = [x for x, _ in points]
    for chart in (
        line_chart([Series(points, name), Series(points, name, 2)], name, name, dots=True, diagonal=True),
        bar_chart([Bar(name, x, y, x) for x, y in points], name),
        histogram([(name, values)], name, name),
    ):
        assert html.fromstring(f"<div>{chart}</div>").xpath(".//svg")
        assert "nan" not in chart
