"""The report of an evaluation: its figures and predictions, a table for the terminal, and a folder of files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, Field

from embeddings.errors import SettingsError
from qa_bot.evaluation.baselines import BaselineFigures, baseline_rows
from qa_bot.evaluation.conversations import ConversationFigures, conversation_tables
from qa_bot.evaluation.metrics import RankFigures, RiskCoverage
from qa_bot.evaluation.own_archive import ArchiveFigures, archive_rows
from qa_bot.evaluation.predictions import AnswerFigures, Latency, Prediction

Row = tuple[str, ...]
NO_PAGES: Mapping[str, str] = MappingProxyType({})


class RetrievalFigures(RankFigures):
    """Where the gold paragraph stands among the files' paragraphs; those at the top are of the deployed search.

    Attributes:
        questions: answerable ones; the others have no gold paragraph.
        paragraphs: distinct ones, each one passage.
        dense, lexical, rrf: the figures of each search alone, and of their reciprocal rank fusion.
        latency_ms: to encode the question and to find the passages as deployed.
    """

    questions: int
    paragraphs: int
    dense: RankFigures
    lexical: RankFigures
    rrf: RankFigures
    latency_ms: Latency


class Ranking(BaseModel, frozen=True):
    """Where the gold paragraph of one question stood, from 1 to `metrics.DEPTH`; 0 if it was not found so far up."""

    id: str
    question: str
    rank: int
    dense: int
    lexical: int
    rrf: int
    milliseconds: float


class Provenance(BaseModel, frozen=True):
    """What the figures come from.

    Attributes:
        files: that were evaluated.
        questions: how many there are in them.
        evaluated: how many of these were looked at.
        encoder, reader: identities of the models; None where none was needed.
        version: of qa_bot.
        settings: that the figures depend on, as text.
    """

    files: tuple[str, ...]
    questions: int
    evaluated: int
    encoder: str | None
    reader: str | None
    version: str
    settings: dict[str, str] = Field({}, exclude=True)


class EvaluationReport(BaseModel, frozen=True):
    """The figures of the modes that ran; None for the others."""

    provenance: Provenance
    reader: AnswerFigures | None = None
    retrieval: RetrievalFigures | None = None
    end_to_end: AnswerFigures | None = None
    conversation: ConversationFigures | None = None
    archive: ArchiveFigures | None = None
    baselines: dict[str, BaselineFigures] | None = None
    reader_predictions: tuple[Prediction, ...] = Field((), exclude=True, repr=False)
    rankings: tuple[Ranking, ...] = Field((), exclude=True, repr=False)
    end_to_end_predictions: tuple[Prediction, ...] = Field((), exclude=True, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The figures as `qa-bot eval --json` prints them: one key for each mode that ran, and `provenance`."""
        return self.model_dump(mode="json", exclude_none=True)


def text_table(report: EvaluationReport) -> str:
    """The figures for a terminal, one table for each mode that ran."""
    return "\n\n".join(f"{title}\n{_aligned(rows)}" for title, rows in _tables(report))


def prepare_folder(folder: Path) -> None:
    """Makes the folder of a report, so that an evaluation does not end with nowhere to write to.

    Raises:
        SettingsError: the folder can't be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise _unwritable(folder, error) from error


def write_report(report: EvaluationReport, folder: Path, pages: Mapping[str, str] = NO_PAGES) -> None:
    """Writes `report.md`, `report.json`, `predictions.jsonl` and, for each mode with a curve, `risk-coverage-MODE.svg`.

    Args:
        report: to write.
        folder: made if it is missing.
        pages: further files, by their names.

    Raises:
        SettingsError: the folder can't be written to.
    """
    prepare_folder(folder)
    files = {
        "report.md": _markdown(report),
        "report.json": json.dumps(report.to_json(), indent=1, ensure_ascii=False) + "\n",
        "predictions.jsonl": "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _predictions(report)),
        **pages,
    }
    for mode, figures in _answer_modes(report):
        if figures.risk_coverage:
            files[f"risk-coverage-{mode}.svg"] = curve_svg(figures.risk_coverage)
    try:
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> SettingsError:
    return SettingsError(f"--report {folder}: cannot be written to ({error.strerror or error}); name another folder")


def _answer_modes(report: EvaluationReport) -> list[tuple[str, AnswerFigures]]:
    modes = (("reader", report.reader), ("end-to-end", report.end_to_end))
    return [(mode, figures) for mode, figures in modes if figures is not None]


def _tables(report: EvaluationReport) -> Iterator[tuple[str, list[Row]]]:
    if report.reader:
        yield f"Reader, on the gold paragraph: {report.reader.questions:,} questions", _answer_rows(report.reader)
    if figures := report.retrieval:
        title = f"Retrieval: {figures.questions:,} answerable questions, {figures.paragraphs:,} paragraphs"
        yield title, _retrieval_rows(figures)
    if report.end_to_end:
        yield f"End to end: {report.end_to_end.questions:,} questions", _answer_rows(report.end_to_end)
    if report.baselines:
        yield "Without reading: the first sentence of the best passage, in percent", baseline_rows(report.baselines)
    if report.archive:
        yield f"Your archive: {report.provenance.evaluated:,} questions of yours", archive_rows(report.archive)
    if report.conversation:
        yield from conversation_tables(report.conversation)


def _answer_rows(figures: AnswerFigures) -> list[Row]:
    def row(name: str, exact: float | None, f1: float | None, note: str = "") -> Row:
        return (name, *("" if value is None else f"{value:.2f}" for value in (exact, f1)), note)

    rows: list[Row] = [("", "exact match", "F1", "")]
    threshold = f"from confidence {figures.threshold:.3f}"
    if figures.best_f1 is None:
        rows.append(row("best span, forced", figures.exact_match, figures.f1))
    else:
        best = f"{figures.best_exact_threshold:.3f}, {figures.best_f1_threshold:.3f}"
        rows += [
            row("as deployed", figures.exact_match, figures.f1, f"answered {threshold}"),
            row("- answerable", figures.has_ans_exact, figures.has_ans_f1),
            row("- unanswerable", figures.no_ans_exact, figures.no_ans_f1, "refused"),
            row("best threshold", figures.best_exact, figures.best_f1, f"answered from score {best}"),
        ]
    share = f"{figures.answered:.1%} of all, {threshold}"
    rows.append(row("answered questions only", figures.answered_exact, figures.answered_f1, share))
    if figures.risk_coverage:
        rows.append(("area under risk-coverage", f"{figures.risk_coverage.aurc:.4f}", "", "lower is better"))
        rows.append(("surest 25/50/75/100 %", "", "", f"wrong: {_risks(figures.risk_coverage)} %"))
    return [*rows, _latency(figures.latency_ms)]


def _risks(curve: RiskCoverage) -> str:
    """The curve in a few figures: the share of wrong answers, in percent, among the surest quarter, half ... of all."""
    shares = (0.25, 0.5, 0.75, 1.0)
    risks = [next(point.risk for point in curve.points if point.coverage >= share) for share in shares]
    return " / ".join(f"{100 * risk:.1f}" for risk in risks)


def _retrieval_rows(figures: RetrievalFigures) -> list[Row]:
    def row(name: str, ranks: RankFigures) -> Row:
        values = (ranks.recall_at_1, ranks.recall_at_5, ranks.recall_at_10, ranks.recall_at_20, ranks.mrr_at_10)
        return (name, *(f"{value:.4f}" for value in values))

    return [
        ("", "recall@1", "@5", "@10", "@20", "MRR@10"),
        row("as deployed", figures),
        row("dense", figures.dense),
        row("lexical (BM25)", figures.lexical),
        row("reciprocal rank fusion", figures.rrf),
        (*_latency(figures.latency_ms), "", ""),
    ]


def _latency(latency: Latency) -> Row:
    return ("p50 / p95, ms", f"{latency.p50:.1f}", f"{latency.p95:.1f}", "")


def _aligned(rows: Sequence[Row]) -> str:
    """The rows in columns: words begin in line, numbers end in line."""
    columns = []
    for column in zip(*rows, strict=True):
        width = max(map(len, column))
        numbers = all(cell.replace(".", "").isdigit() for cell in column[1:] if cell)
        columns.append([cell.rjust(width) if numbers else cell.ljust(width) for cell in column])
    return "\n".join("  " + "  ".join(cells).rstrip() for cells in zip(*columns, strict=True))


def _markdown(report: EvaluationReport) -> str:
    facts = report.provenance
    scope = f"qa_bot {facts.version}, {facts.evaluated:,} of {facts.questions:,} questions of:"
    lines = ["# Evaluation", "", scope, "", *(f"- `{file}`" for file in facts.files)]
    models = [f"{kind} `{name}`" for kind, name in (("encoder", facts.encoder), ("reader", facts.reader)) if name]
    lines += ["", "Models: " + ", ".join(models) + "."]
    for title, rows in _tables(report):
        lines += ["", f"## {title}", "", *_markdown_rows(rows)]
    for mode, figures in _answer_modes(report):
        if figures.risk_coverage:
            points = [(f"{point.coverage:.2f}", f"{point.risk:.4f}") for point in figures.risk_coverage.points]
            lines += ["", f"## Risk and coverage, {mode}", "", f"![risk over coverage](risk-coverage-{mode}.svg)", ""]
            lines += _markdown_rows([("coverage", "risk"), *points])
    return "\n".join(lines) + "\n"


def _markdown_rows(rows: Sequence[Row]) -> list[str]:
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return [head, "|" + " --- |" * len(rows[0]), *body]


def _predictions(report: EvaluationReport) -> Iterator[dict[str, Any]]:
    modes = {
        "reader": report.reader_predictions,
        "retrieval": report.rankings,
        "end-to-end": report.end_to_end_predictions,
    }
    for mode, records in modes.items():
        yield from ({"mode": mode, **record.model_dump(mode="json")} for record in records)


def curve_svg(curve: RiskCoverage) -> str:
    """The risk-coverage curve as an SVG picture: coverage to the right, risk upwards, both from 0 to 1."""
    width, height = 480, 320
    left, bottom, right, top = 48, height - 40, width - 16, 16

    def place(coverage: float, risk: float) -> str:
        return f"{left + coverage * (right - left):.1f},{bottom - risk * (bottom - top):.1f}"

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="12"><rect width="{width}" height="{height}" fill="white"/>'
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = place(tick, tick).split(",")
        lines += [
            f'<path d="M{left},{y}H{right}M{x},{top}V{bottom}" stroke="#ddd"/>',
            f'<text x="{left - 6}" y="{y}" text-anchor="end" dominant-baseline="middle">{tick:g}</text>',
            f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>',
        ]
    points = " ".join(place(point.coverage, point.risk) for point in curve.points)
    lines += [
        f'<text x="{(left + right) / 2}" y="{height - 6}" text-anchor="middle">coverage</text>',
        f'<text x="{right}" y="{top + 14}" text-anchor="end">risk; area under the curve {curve.aurc:.4f}</text>',
        f'<polyline points="{points}" fill="none" stroke="#06c" stroke-width="2"/>',
        "</svg>\n",
    ]
    return "\n".join(lines)
