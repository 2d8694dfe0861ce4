"""What got better and worse between two evaluations, and the threshold for a wanted share of right answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.errors import DatasetError
from qa_bot.cli import main
from qa_bot.evaluation.comparison import compare, earlier_predictions, propose
from qa_bot.evaluation.predictions import Prediction
from qa_bot.settings import Settings


def prediction(
    place: int, confidence: float, *, right: bool = True, expected: tuple[str, ...] = ("Ann",)
) -> Prediction:
    return Prediction(
        id=f"q{place}",
        question=f"Who did {place}?",
        expected=expected,
        text="Ann",
        score=confidence,
        confidence=confidence,
        answered=confidence >= 0.5,
        exact_match=float(right),
        f1=float(right),
        milliseconds=1.0,
    )


def test_what_got_better_and_worse_is_told_question_by_question() -> None:
    before = [prediction(place, 0.9, right=place % 2 == 0) for place in range(200)]
    after = [prediction(place, 0.9, right=place % 2 == 0 or place < 60) for place in range(150)]
    result = compare("reader", before, after)
    assert (result.common, len(result.better), len(result.worse)) == (150, 30, 0)
    assert result.change.mean == pytest.approx(0.2)
    lines = "\n".join(result.lines())
    assert "more than chance" in lines
    assert "better: Who did 1? -> Ann" in lines
    assert "better: and 25 more" in lines
    assert "may be chance" in "\n".join(compare("reader", before, before).lines())


def test_the_lowest_threshold_that_brings_the_wanted_share_is_proposed() -> None:
    asked = [prediction(place, 1 - place / 100, right=place < 40) for place in range(60)]
    asked += [prediction(100 + place, 0.2, right=False, expected=()) for place in range(10)]
    proposal = propose(asked, 0.8)
    assert proposal.threshold == pytest.approx(0.51)
    assert proposal.precision == 0.8
    assert proposal.answered == pytest.approx(40 / 60)
    assert proposal.refused == 1
    assert propose([prediction(0, 0.9, right=False)], 0.5).threshold > 1
    assert "No threshold" in propose([prediction(0, 0.9, right=False)], 0.5).line()


def test_questions_with_one_confidence_are_answered_together_or_not_at_all() -> None:
    asked = [prediction(place, 0.5, right=place < 1) for place in range(2)]
    assert propose(asked, 0.9).threshold > 1
    assert propose(asked, 0.5).threshold == 0.5


def test_a_folder_without_a_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="name a folder that --report has written"):
        earlier_predictions(tmp_path)
    (tmp_path / "predictions.jsonl").write_text('{"mode": "reader"}\n')
    with pytest.raises(DatasetError, match="cannot be compared with"):
        earlier_predictions(tmp_path)


def test_the_command_compares_with_its_own_report_and_proposes_a_threshold(
    mixed_file: Path, user_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--cache-dir", str(user_settings.cache_dir), "--data-dir", str(tmp_path / "data"), "--mode", "reader"]
    out = str(tmp_path / "out")
    assert main(["eval", str(mixed_file), "--report", out, *places]) == 0
    assert (tmp_path / "out" / "report.html").read_text().startswith("<!doctype html>")
    capsys.readouterr()
    assert main(["eval", str(mixed_file), "--compare", out, "--tune", "--precision", "0.8", *places]) == 0
    printed = capsys.readouterr().out
    assert "reader: 19 questions in both, 0 better, 0 worse" in printed
    assert "reader: threshold = 0." in printed
