"""Confidence is a probability: of the answers given with 70 %, about 70 % are right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from qa_bot.reader.model import Reader, ReadingPassage
from qa_bot.training.__main__ import main
from qa_bot.training.calibrate import SMALL, archives
from qa_bot.training.calibration import Asked, calibration_error, fit
from qa_bot.training.data import load_data

PACKAGED = Path(__file__).parents[3] / "qa_bot" / "reader" / "packaged"


def _asked(count: int, slope: float, intercept: float, seed: int) -> list[Asked]:
    """Questions with one candidate each, right with the probability that a known calibration gives its score."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 6, count)
    right = rng.random(count) < 1 / (1 + np.exp(-(slope * scores + intercept)))
    return [Asked(True, np.array([s]), np.zeros(1), np.array([r])) for s, r in zip(scores, right, strict=True)]


@pytest.mark.slow
def test_a_known_calibration_is_found_again() -> None:
    fitted = fit(_asked(20_000, slope=0.4, intercept=-1.0, seed=1))
    assert fitted.calibration.slope == pytest.approx(0.4, abs=0.03)
    assert fitted.calibration.intercept == pytest.approx(-1.0, abs=0.1)
    assert fitted.error_after < 0.02 < fitted.error_before
    assert sum(bin_.share for bin_ in fitted.reliability_after) == pytest.approx(1)
    assert all(abs(bin_.confidence - bin_.accuracy) < 0.1 for bin_ in fitted.reliability_after)


def test_a_calibration_is_judged_on_articles_that_it_was_not_fitted_on() -> None:
    rng = np.random.default_rng(6)
    # In each article the scores mean something else, so what is learnt from some says nothing of the others.
    asked = [
        Asked(True, np.array([score]), np.zeros(1), np.array([score > article]), f"article {article}")
        for article in range(-8, 9, 4)
        for score in rng.normal(article, 1, 200)
    ]
    assert fit(asked).error_after > 0.1
    as_one = [question._replace(article="") for question in asked]
    assert fit(as_one).error_after < 0.1


def test_the_retrieval_score_is_weighed_if_it_tells_right_from_wrong() -> None:
    rng = np.random.default_rng(2)
    asked = []
    for _ in range(2000):
        spans, retrievals = rng.normal(0, 1, 3), rng.random(3)
        right = np.arange(3) == int(np.argmax(spans + 4 * retrievals))
        asked.append(Asked(True, spans, retrievals, right))
    fitted = fit(asked)
    assert fitted.calibration.retrieval_weight == 4.0
    assert fitted.top_right == 1.0


def test_an_answer_with_a_near_rival_counts_as_less_probable_if_it_is_more_often_wrong() -> None:
    rng = np.random.default_rng(4)

    def ask(agreed: bool) -> Asked:
        spans = np.array([5.0, 5.0 - rng.random()])
        right = np.array([rng.random() < (0.9 if agreed else 0.4), False])
        return Asked(True, spans, np.zeros(2), right, words=("1904", "1904" if agreed else "1961"))

    calibration = fit([ask(agreed) for agreed in [True, False] * 2000]).calibration
    assert calibration.share_weight > 1
    assert calibration.probability(5.0, 1.0) == pytest.approx(0.9, abs=0.03)
    assert calibration.probability(5.0, 0.55) == pytest.approx(0.4, abs=0.05)


def test_rivals_never_speak_for_an_answer() -> None:
    asked = [
        Asked(True, np.array([5.0, 5.0 - gap]), np.zeros(2), np.array([gap < 1, False]))
        for gap in np.linspace(0, 4, 200)
    ]
    asked += [question._replace(spans=question.spans - 9, right=np.zeros(2, bool)) for question in asked]
    assert fit(asked).calibration.share_weight == 0.0


def test_four_of_five_answers_at_the_threshold_are_right() -> None:
    rng = np.random.default_rng(3)
    answerable = [Asked(True, np.array([s]), np.zeros(1), np.array([s > 2])) for s in rng.normal(3, 2, 2000)]
    others = [Asked(False, np.array([s]), np.zeros(1), np.array([False])) for s in rng.normal(-1, 2, 2000)]
    calibration = fit(answerable + others).calibration
    given = [q for q in answerable + others if calibration.probability(q.spans[0]) >= calibration.threshold]
    assert np.mean([q.right[0] for q in given]) == pytest.approx(0.8, abs=0.01)
    stricter = fit(answerable + others * 3).calibration
    assert stricter.threshold == pytest.approx(calibration.threshold, abs=0.15)


def test_calibration_error_is_the_gap_of_confidence_and_accuracy() -> None:
    probability = np.array([0.9, 0.9, 0.9, 0.9, 0.1, 0.1])
    right = np.array([True, True, False, False, False, False])
    assert calibration_error(probability, right, np.ones(6)) == pytest.approx((4 * 0.4 + 2 * 0.1) / 6)


@pytest.mark.slow
def test_a_reader_is_calibrated_in_its_folder(
    question_files: Path, cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_BOT_CACHE_DIR", str(cache_dir))
    folder = tmp_path / "reader"
    shutil.copytree(PACKAGED, folder)
    options = ["--data", str(question_files), "--held-out-percent", "60", "--questions", "40"]
    assert main(["calibrate", str(folder), *options]) == 0
    facts = json.loads((folder / "compiled.json").read_text())
    before = json.loads((PACKAGED / "compiled.json").read_text())
    assert facts["calibration"] != before["calibration"]
    assert {**facts, "calibration": None} == {**before, "calibration": None}
    reader = Reader(folder, facts)
    assert reader.calibration.slope > 0
    assert reader.read("Who spoke?", [ReadingPassage("James Mattis spoke.")])


def test_all_is_asked_of_everything_and_some_of_a_small_archive(question_files: Path) -> None:
    [data] = load_data(question_files, 90)
    assert len({question.title for question in data.held_out}) >= SMALL, "too few to choose from"
    (everything, asked), (small, asked_of_small) = archives([data], 10)
    assert everything == data.held_out
    assert (len(asked), len(asked_of_small)) == (10, 5)
    assert len({question.title for question in small}) == SMALL
    assert all(question in small for question in asked_of_small)
    few = data._replace(held_out=[q for q in data.held_out if q.title == data.held_out[0].title])
    assert len(list(archives([few], 10))) == 1


def test_a_folder_that_is_no_reader_is_named(
    question_files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", str(tmp_path), "--data", str(question_files)]) == 2
    error = capsys.readouterr().err
    assert f"{tmp_path}: not a reader" in error
    assert "Traceback" not in error
