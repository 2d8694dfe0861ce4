"""Each mode, run with the shipped models on questions about three seed articles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from embeddings.errors import DatasetError, SettingsError
from qa_bot.evaluation.modes import Mode, evaluate
from qa_bot.evaluation.predictions import AnswerFigures
from qa_bot.evaluation.report import EvaluationReport, text_table, write_report
from qa_bot.settings import Settings

ONLY_V2 = {
    "has_ans_exact",
    "has_ans_f1",
    "no_ans_exact",
    "no_ans_f1",
    "best_exact",
    "best_f1",
    "best_exact_threshold",
    "best_f1_threshold",
}


def _check(figures: AnswerFigures) -> None:
    assert 0 <= figures.exact_match <= figures.f1 <= 100
    assert 0 < figures.latency_ms.p50 <= figures.latency_ms.p95
    assert 0 <= figures.answered <= 1


def test_all_questions_answerable(answerable_report: EvaluationReport) -> None:
    figures = answerable_report.to_json()
    for mode in ("reader", "end_to_end"):
        assert figures[mode]["questions"] == 15
        assert not ONLY_V2 & set(figures[mode])
    assert answerable_report.reader is not None
    assert answerable_report.end_to_end is not None
    _check(answerable_report.reader)
    _check(answerable_report.end_to_end)
    assert answerable_report.reader.risk_coverage is None
    assert answerable_report.end_to_end.risk_coverage is not None
    assert answerable_report.reader.f1 > 30


def test_the_best_span_is_forced_where_all_questions_are_answerable(
    answerable_file: Path, answerable_report: EvaluationReport, user_settings: Settings
) -> None:
    strict = user_settings.model_copy(update={"threshold": 1.0})
    report = evaluate([answerable_file], settings=strict, modes=[Mode.READER])
    assert report.reader is not None
    assert answerable_report.reader is not None
    assert report.reader.answered == 0
    assert report.reader.f1 == answerable_report.reader.f1


def test_some_questions_unanswerable(mixed_report: EvaluationReport) -> None:
    for figures, predictions in (
        (mixed_report.reader, mixed_report.reader_predictions),
        (mixed_report.end_to_end, mixed_report.end_to_end_predictions),
    ):
        assert figures is not None
        _check(figures)
        assert set(figures.model_dump(exclude_none=True)) >= ONLY_V2
        assert figures.best_exact is not None
        assert figures.best_f1 is not None
        assert figures.has_ans_f1 is not None
        assert figures.no_ans_f1 is not None
        assert figures.best_exact >= figures.exact_match
        assert figures.best_f1 >= max(figures.f1, 100 * 4 / 19 - 0.01)
        assert figures.f1 == pytest.approx((15 * figures.has_ans_f1 + 4 * figures.no_ans_f1) / 19, abs=1e-3)
        assert figures.answered == pytest.approx(sum(p.answered for p in predictions) / 19, abs=1e-6)
        assert figures.risk_coverage is not None


def test_retrieval_finds_paragraphs(mixed_report: EvaluationReport) -> None:
    figures = mixed_report.retrieval
    assert figures is not None
    assert figures.questions == len(mixed_report.rankings) == 15
    assert figures.paragraphs == 16
    assert figures.recall_at_1 > 0.5
    for ranks in (figures, figures.dense, figures.lexical, figures.rrf):
        assert 0 <= ranks.recall_at_1 <= ranks.recall_at_5 <= ranks.recall_at_10 <= ranks.recall_at_20 <= 1
        assert ranks.recall_at_1 <= ranks.mrr_at_10 <= ranks.recall_at_10


def test_only_the_modes_that_were_asked_for_run(mixed_file: Path, user_settings: Settings) -> None:
    seen: list[tuple[int, int, str]] = []
    report = evaluate(
        [mixed_file, mixed_file],
        settings=user_settings,
        modes=[Mode.READER],
        limit=4,
        progress=lambda done, total, what: seen.append((done, total, what)),
    )
    assert set(report.to_json()) == {"provenance", "reader"}
    assert seen == [(done, 4, "questions read") for done in (1, 2, 3, 4)]
    assert len({prediction.id for prediction in report.reader_predictions}) == 2
    assert report.provenance.questions == 38
    assert report.provenance.evaluated == 4
    assert report.provenance.encoder is None


@pytest.mark.slow
def test_two_runs_bring_the_same(mixed_file: Path, mixed_report: EvaluationReport, user_settings: Settings) -> None:
    again = evaluate([mixed_file], settings=user_settings)
    for name in ("reader_predictions", "rankings", "end_to_end_predictions"):
        before, after = (
            [record.model_dump(exclude={"milliseconds"}) for record in getattr(report, name)]
            for report in (mixed_report, again)
        )
        assert before == after


def test_the_users_archive_is_neither_made_nor_touched(
    mixed_file: Path, mixed_report: EvaluationReport, user_settings: Settings
) -> None:
    assert mixed_report.end_to_end is not None
    assert not user_settings.data_dir.exists()
    user_settings.data_dir.mkdir()
    database = user_settings.data_dir / "qa_bot.sqlite3"
    database.write_bytes(b"not even a database")
    evaluate([mixed_file], settings=user_settings, limit=2)
    assert [path.name for path in user_settings.data_dir.iterdir()] == ["qa_bot.sqlite3"]
    assert database.read_bytes() == b"not even a database"
    database.unlink()
    user_settings.data_dir.rmdir()


def test_what_cannot_be_asked_counts_as_unanswered(tmp_path: Path, user_settings: Settings) -> None:
    entries = [
        {"id": str(number), "question": question, "answers": [{"text": "Ada", "answer_start": 0}]}
        for number, question in enumerate(["", "???", "Who wrote it?", "Who? " * 1000])
    ]
    empty = {"context": "", "qas": [{"id": "e", "question": "Who?", "is_impossible": True, "answers": []}]}
    document = {"data": [{"paragraphs": [{"context": "Ada \0 wrote it.", "qas": entries}, empty]}]}
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(document))
    report = evaluate([path], settings=user_settings)
    assert [bool(prediction.text) for prediction in report.end_to_end_predictions] == [False, False, True, False, True]
    assert len(report.reader_predictions) == 5
    assert report.reader_predictions[-1].exact_match == 1


def test_a_wrong_file_stops_before_anything_runs(mixed_file: Path, tmp_path: Path, user_settings: Settings) -> None:
    with pytest.raises(DatasetError):
        evaluate([mixed_file, tmp_path / "missing.json"], settings=user_settings)


def test_answers_that_do_not_stand_at_their_offset_are_told_of_and_count(
    mixed_file: Path, mixed_report: EvaluationReport, tmp_path: Path, user_settings: Settings
) -> None:
    document = json.loads(mixed_file.read_text())
    answers = [
        answer
        for article in document["data"]
        for paragraph in article["paragraphs"]
        for entry in paragraph["qas"]
        for answer in entry["answers"]
    ]
    for answer in answers:
        answer["answer_start"] += 1
    path = tmp_path / "off_by_one.json"
    path.write_text(json.dumps(document))
    messages: list[str] = []
    report = evaluate([path], settings=user_settings, modes=[Mode.READER], say=messages.append)
    assert len(messages) == 1
    assert f"{path}: 15 of 19 questions have answers that do not stand at their answer_start" in messages[0]
    assert report.reader is not None
    assert mixed_report.reader is not None
    assert report.reader.exact_match == mixed_report.reader.exact_match


def test_the_table_has_the_curve_in_four_figures(mixed_report: EvaluationReport) -> None:
    assert mixed_report.end_to_end is not None
    assert mixed_report.end_to_end.risk_coverage is not None
    row = next(line for line in text_table(mixed_report).splitlines()[::-1] if "surest 25/50/75/100 %" in line)
    figures = [float(figure) for figure in row.partition("wrong: ")[2].removesuffix(" %").split(" / ")]
    points = mixed_report.end_to_end.risk_coverage.points
    assert len(figures) == 4
    assert figures[-1] == pytest.approx(100 * points[-1].risk, abs=0.06)


def test_the_table_names_what_ran(mixed_report: EvaluationReport, answerable_report: EvaluationReport) -> None:
    table = text_table(mixed_report)
    for words in ("Reader, on the gold paragraph: 19 questions", "unanswerable", "recall@1", "End to end", "p50 / p95"):
        assert words in table
    assert "best span, forced" in text_table(answerable_report)


def test_the_report_folder_holds_figures_predictions_and_curves(mixed_report: EvaluationReport, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    write_report(mixed_report, folder)
    assert json.loads((folder / "report.json").read_text()) == mixed_report.to_json()
    lines = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    assert {line["mode"] for line in lines} == {"reader", "retrieval", "end-to-end"}
    assert len(lines) == 19 + 15 + 19
    markdown = (folder / "report.md").read_text()
    assert "seeds-v2.0.json" in markdown
    for mode in ("reader", "end-to-end"):
        assert f"risk-coverage-{mode}.svg" in markdown
        assert "<polyline" in (folder / f"risk-coverage-{mode}.svg").read_text()


def test_a_report_folder_that_cannot_be_is_refused(mixed_report: EvaluationReport, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match=r"--report .*cannot be written to"):
        write_report(mixed_report, tmp_path / "file")
